//! The first screen of a source file.

use super::tree::{Finding, Tree};

pub(super) const KEEPS: &str = "every Rust file begins with what it is for";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let silent = tree.with_extension("rs").filter(|file| !file.text.starts_with("//! "));
    silent.map(|file| file.finding(1, "begin with `//!` and what this file is for")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_does_not_say_what_it_is_for_is_found() {
        let tree = Tree::of(&[("a.rs", "//! A.\n"), ("b.rs", "use std::fmt;\n"), ("c.md", "C\n")]);
        let findings = check(&tree);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].path, "b.rs");
    }
}
