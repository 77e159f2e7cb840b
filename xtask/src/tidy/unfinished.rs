//! Work that was put off.

use super::code;
use super::tree::{Finding, Tree};

pub(super) const KEEPS: &str = "nothing is left for later in the code or the documents";

/// Joined here, so that this file does not find itself.
const MARKS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("HA", "CK"),
    concat!("to", "do!"),
    concat!("unimpl", "emented!"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        for mark in MARKS {
            // The `!` of a macro is no letter, so that whole words are looked for without it.
            let word = mark.trim_end_matches('!');
            let places = code::words(&file.text, word)
                .filter(|at| file.text.get(*at..).is_some_and(|rest| rest.starts_with(mark)));
            let message = format!("`{mark}`: finish it, or file an issue and leave it out");
            findings.extend(places.map(|at| file.finding_at(at, message.clone())));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_is_found_in_code_and_in_documents() {
        for mark in MARKS {
            let text = format!("fine\n// {mark} later\n");
            assert_eq!(check(&Tree::of(&[("a.rs", &text)]))[0].line, 2, "{mark}");
            assert_eq!(check(&Tree::of(&[("a.md", &text)])).len(), 1, "{mark}");
        }
    }

    #[test]
    fn other_words_that_hold_a_mark_are_fine() {
        assert!(check(&Tree::of(&[("a.rs", "TODOS XXXL HACKNEY unimplemented todo")])).is_empty());
    }
}
