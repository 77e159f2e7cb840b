//! Tests that are left out of a run.

use super::tree::{File, Finding, Tree};

pub(super) const KEEPS: &str = "a test that is left out says why and which command runs it";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.with_extension("rs").flat_map(|file| tests(file).chain(examples(file))).collect()
}

fn tests(file: &File) -> impl Iterator<Item = Finding> {
    let attributes = file.code.match_indices("#[ignore").map(|(at, _)| at);
    let silent = attributes.filter(|at| {
        let line = file.text.get(*at..).and_then(|rest| rest.split("]\n").next());
        !line.is_some_and(|line| line.contains("\"") && line.contains("cargo xtask"))
    });
    let message = "give a reason and the command that runs it: \
                   `#[ignore = \"takes a minute: cargo xtask test --long\"]`";
    silent.map(move |at| file.finding_at(at, message))
}

/// A documentation example that is not compiled is text.
fn examples(file: &File) -> impl Iterator<Item = Finding> {
    let fences = file.lines().filter(|(_, line)| {
        let line = line.trim_start();
        line.starts_with("//") && line.ends_with("```ignore")
    });
    let message = "an example that is never compiled goes stale: compile it, or call it `text`";
    fences.map(move |(line, _)| file.finding(line, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        check(&Tree::of(&[("a.rs", text)])).len()
    }

    #[test]
    fn an_ignored_test_needs_a_reason_and_a_command() {
        assert_eq!(found("#[test]\n#[ignore]\nfn t() {}\n"), 1);
        assert_eq!(found("#[ignore = \"slow\"]\nfn t() {}\n"), 1);
        assert_eq!(found("#[ignore = \"a minute: cargo xtask test --long\"]\nfn t() {}\n"), 0);
        assert_eq!(found("// #[ignore] in words\n"), 0);
    }

    #[test]
    fn an_example_that_is_not_compiled_is_found() {
        assert_eq!(found("/// ```ignore\n/// x\n/// ```\n"), 1);
        assert_eq!(found("/// ```text\n/// x\n/// ```\n"), 0);
    }
}
