//! Licences and origins of what the crates are built from, against `deny.toml`.
//!
//! `cargo deny` checks the same and more, but takes minutes to install; this check needs nothing
//! but cargo, so that it can run every time.

use super::tree::{Finding, Tree};
use crate::failure::Failure;
use crate::process;

pub(super) const NAME: &str = "licences";
pub(super) const KEEPS: &str =
    "dependencies come from crates.io under a licence that deny.toml allows";

const POLICY: &str = "deny.toml";
const LOCK: &str = "Cargo.lock";

pub(super) fn check(tree: &Tree) -> Result<Vec<Finding>, Failure> {
    let mut list = process::cargo();
    list.args(["tree", "--workspace", "--all-features", "--target", "all", "--prefix", "none"]);
    list.args(["--edges", "normal,build,dev", "--quiet", "--format", "{p}|{l}"]);
    let packages = process::output(&mut list)?;
    Ok(licences(tree, &packages).into_iter().chain(origins(tree)).collect())
}

/// Findings for `packages`, lines of `name vVERSION (…)|LICENCE`.
fn licences(tree: &Tree, packages: &str) -> Vec<Finding> {
    let Some(policy) = tree.get(POLICY) else {
        let message = "missing: it says which licences are allowed".to_owned();
        return vec![Finding { path: POLICY.into(), line: 1, message }];
    };
    let allowed = quoted_list(&policy.text, "allow");
    let mut refused = Vec::new();
    for line in packages.lines() {
        let Some((package, licence)) = line.split_once('|') else { continue };
        // cargo marks a package that it has listed before.
        let licence = licence.trim_end_matches(" (*)").trim();
        let name = package.split(' ').next().unwrap_or_default();
        if !is_allowed(licence, &allowed) && !is_excepted(&policy.text, name, licence) {
            refused.push(format!("{name} is under `{licence}`, which is not allowed"));
        }
    }
    refused.sort();
    refused.dedup();
    refused.into_iter().map(|message| policy.finding(1, message)).collect()
}

/// Whether an SPDX expression can be met with the allowed licences.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    // An old way to write OR, which the registry still holds.
    let expression = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = expression.split_whitespace().collect();
    let mut rest = words.as_slice();
    let met = any_of(&mut rest, allowed);
    met && rest.is_empty()
}

fn any_of(words: &mut &[&str], allowed: &[&str]) -> bool {
    let mut met = all_of(words, allowed);
    while let [first, rest @ ..] = *words {
        if *first != "OR" {
            break;
        }
        *words = rest;
        met |= all_of(words, allowed);
    }
    met
}

fn all_of(words: &mut &[&str], allowed: &[&str]) -> bool {
    let mut met = one(words, allowed);
    while let [first, rest @ ..] = *words {
        if *first != "AND" {
            break;
        }
        *words = rest;
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut &[&str], allowed: &[&str]) -> bool {
    let [first, rest @ ..] = *words else { return false };
    *words = rest;
    if *first == "(" {
        let met = any_of(words, allowed);
        if let [")", rest @ ..] = *words {
            *words = rest;
        }
        return met;
    }
    if let ["WITH", exception, rest @ ..] = *words {
        *words = rest;
        return allowed.contains(&format!("{first} WITH {exception}").as_str());
    }
    allowed.contains(first)
}

/// Whether `[[licenses.exceptions]]`-like lines `{ crate = "NAME", allow = ["LICENCE"] }` hold it.
fn is_excepted(policy: &str, name: &str, licence: &str) -> bool {
    policy
        .lines()
        .filter(|line| line.contains(&format!("\"{name}\"")))
        .any(|line| is_allowed(licence, &quoted_list(line, "allow")))
}

/// The strings of `KEY = [ "…", "…" ]`, which may span lines and hold comments.
fn quoted_list<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    let begin = format!("{key} = [");
    let Some((_, rest)) = text.split_once(&begin) else { return Vec::new() };
    let mut strings = Vec::new();
    for line in rest.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let inside = line.split(']').next().unwrap_or_default();
        strings.extend(inside.split('"').skip(1).step_by(2));
        if line.contains(']') {
            break;
        }
    }
    strings
}

/// Every package in the lock file comes from crates.io.
fn origins(tree: &Tree) -> Vec<Finding> {
    let Some(lock) = tree.get(LOCK) else { return Vec::new() };
    let sources = lock.lines().filter(|(_, line)| line.starts_with("source = "));
    sources
        .filter(|(_, line)| {
            !line.contains("\"registry+https://github.com/rust-lang/crates.io-index\"")
        })
        .map(|(number, line)| lock.finding(number, format!("{line}: only crates.io is allowed")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: &[&str] = &["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"];

    #[test]
    fn an_expression_is_met_by_one_choice_and_by_all_parts() {
        for met in [
            "MIT",
            "GPL-3.0 OR MIT",
            "MIT/Unlicense",
            "(MIT OR GPL-3.0) AND Apache-2.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
        ] {
            assert!(is_allowed(met, ALLOWED), "{met}");
        }
        for unmet in ["", "GPL-3.0", "MIT AND GPL-3.0", "MIT WITH x", "MIT )", "OR MIT"] {
            assert!(!is_allowed(unmet, ALLOWED), "{unmet}");
        }
    }

    fn tree() -> Tree {
        let policy = "[licenses]\nallow = [\n  \"MIT\", # no \"GPL-3.0\"\n  \"Apache-2.0\",\n]\n\
                      exceptions = [\n  { crate = \"odd\", allow = [\"Zlib\"] },\n]\n";
        Tree::of(&[(POLICY, policy), (LOCK, "source = \"git+https://example.org/x\"\n")])
    }

    #[test]
    fn a_licence_that_is_not_allowed_is_found_once() {
        let packages = "a v1.0.0|MIT\nb v1.0.0|GPL-3.0\nb v1.0.0|GPL-3.0 (*)\nodd v1.0.0|Zlib\n";
        let findings = licences(&tree(), packages);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].message.starts_with("b is under `GPL-3.0`"));
        assert_eq!(licences(&tree(), "even v1.0.0|Zlib\n").len(), 1);
    }

    #[test]
    fn a_package_from_elsewhere_is_found() {
        assert_eq!(origins(&tree()).len(), 1);
    }
}
