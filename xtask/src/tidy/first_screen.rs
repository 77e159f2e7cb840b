//! The first screen of a source file.

use super::tree::{File, Finding, Tree};

pub(super) const KEEPS: &str = "every Rust and Swift file begins with what it is for";

/// A file this short is its own first screen.
const SHORT: usize = 10;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let rust = silent(tree, "rs", "//! ")
        .map(|file| file.finding(1, "begin with `//!` and what this file is for"));
    let swift = silent(tree, "swift", "// ")
        .map(|file| file.finding(1, "begin with `//` and what this file is for"));
    rust.chain(swift).collect()
}

/// Files with this extension that do not begin with such a comment.
fn silent<'a>(
    tree: &'a Tree,
    extension: &'a str,
    comment: &'a str,
) -> impl Iterator<Item = &'a File> {
    tree.with_extension(extension).filter(move |file| {
        // Attributes of the whole crate may come before its words.
        let mut lines = file.text.lines().skip_while(|line| line.starts_with("#!["));
        let first = lines.find(|line| !line.is_empty()).unwrap_or_default();
        // A module's own tests are introduced by the module.
        let exempt = file.path.ends_with("tests.rs") || file.text.lines().count() < SHORT;
        !exempt && !first.starts_with(comment)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_does_not_say_what_it_is_for_is_found() {
        let long = "use std::fmt;\n".repeat(SHORT);
        let told = format!("#![no_main]\n\n//! D.\n{long}");
        let files = [
            ("a.rs", "//! A.\n"),
            ("b.rs", &long),
            ("c.md", &long),
            ("d.rs", &told),
            ("e.rs", "e\n"),
            ("f.swift", &long),
            ("g.swift", &format!("// G.\n{long}")),
        ];
        let findings = check(&Tree::of(&files));
        let paths: Vec<_> = findings.iter().map(|finding| finding.path.as_str()).collect();
        assert_eq!(paths, ["b.rs", "f.swift"]);
    }
}
