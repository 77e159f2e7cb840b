//! The first screen of a source file.

use super::tree::{Finding, Tree};

pub(super) const KEEPS: &str = "every Rust file begins with what it is for";

/// A file this short is its own first screen.
const SHORT: usize = 10;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let silent = tree.with_extension("rs").filter(|file| {
        // Attributes of the whole crate may come before its words.
        let mut lines = file.text.lines().skip_while(|line| line.starts_with("#!["));
        let first = lines.find(|line| !line.is_empty()).unwrap_or_default();
        // A module's own tests are introduced by the module.
        let exempt = file.path.ends_with("tests.rs") || file.text.lines().count() < SHORT;
        !exempt && !first.starts_with("//! ")
    });
    silent.map(|file| file.finding(1, "begin with `//!` and what this file is for")).collect()
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
        ];
        let findings = check(&Tree::of(&files));
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0].path, "b.rs");
    }
}
