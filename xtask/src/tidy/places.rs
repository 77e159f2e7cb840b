//! Places that exist on one machine only.

use super::tree::{Finding, Tree};

pub(super) const KEEPS: &str = "no file names a path of somebody's machine or a registry's host";

/// Beginnings of such places, joined here so that this file does not find itself.
const PLACES: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("C:\\Us", "ers"),
    concat!("/tmp/", "wt"),
    concat!("deb.", "debian.org"),
    concat!("archive.", "ubuntu.com"),
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("registry.", "npmjs.org"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    // A lock file is cargo's, and says where a package comes from.
    for file in tree.files.iter().filter(|file| file.extension() != "lock") {
        for place in PLACES {
            let message = format!("`{place}` is a place of one machine: make it configurable");
            let found = file.text.match_indices(place).map(|(at, _)| at);
            findings.extend(found.map(|at| file.finding_at(at, message.clone())));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_is_found_in_any_kind_of_file() {
        for place in PLACES {
            let text = format!("one\nfrom {place}x\n");
            assert_eq!(check(&Tree::of(&[("a.md", &text)]))[0].line, 2, "{place}");
            assert!(check(&Tree::of(&[("Cargo.lock", &text)])).is_empty());
        }
        assert!(check(&Tree::of(&[("a.rs", "/usr/lib network/x homework")])).is_empty());
    }
}
