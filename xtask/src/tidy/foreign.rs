//! Files that a program made.

use super::tree::{Finding, Tree};

pub(super) const KEEPS: &str = "nothing that is built or generated is committed";

/// What compilers, recorders and test runs leave behind.
const BUILT: &[&str] = &[
    "a", "o", "so", "dylib", "dll", "lib", "exe", "class", "jar", "aar", "pyc", "rlib", "rmeta",
    "profraw", "pdb", "deb", "ts", "log", "orig", "rej", "whl",
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        if BUILT.contains(&file.extension()) {
            findings.push(file.finding(1, "this was built or recorded: leave it out of git"));
        }
        let mark = concat!("@gene", "rated");
        let marked = file.lines().take(5).find(|(_, line)| line.contains(mark));
        // A lock file is cargo's to write, and ours to commit.
        if let Some((line, _)) = marked.filter(|_| file.extension() != "lock") {
            findings.push(file.finding(line, "generated: generate it while building instead"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_and_generated_files_are_found() {
        let generated = format!("// {}\n", concat!("@gene", "rated by a tool"));
        let files = [("lib/a.so", "x"), ("b.kt", generated.as_str()), ("c.rs", "//! C.\n")];
        let findings = check(&Tree::of(&files));
        assert_eq!(findings.len(), 2);
        assert_eq!(findings[1].path, "b.kt");
    }
}
