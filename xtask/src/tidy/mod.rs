//! `cargo xtask tidy`: what the documents promise, enforced.
//!
//! Each rule is a pure function from the repository's files to findings, in a file of its own,
//! with tests that make it fail. What clippy, rustfmt or the compiler can keep is left to them.

mod code;
mod crates;
mod deny;
mod first_screen;
mod foreign;
mod ignored;
mod length;
mod licences;
mod links;
mod manifest;
mod modules;
mod places;
mod promises;
mod secrets;
mod tree;
mod unfinished;
mod unsafety;

use crate::arguments::Arguments;
use crate::failure::Failure;
use tree::{Finding, Tree};

pub(crate) use deny::{cargo_deny, cargo_deny_is_here};

pub(crate) const SUMMARY: &str = "check the rules that the documents state";

pub(crate) const HELP: &str = "\
Checks the rules that the documents state and that neither the compiler nor clippy keeps: the
arrows between crates and modules, file length, licences, links and more. It takes seconds.

Usage: cargo xtask tidy [--rules]

  --rules   name the rules and what each keeps";

/// One promise and what keeps it.
struct Rule {
    name: &'static str,
    keeps: &'static str,
    check: fn(&Tree) -> Vec<Finding>,
}

const RULES: &[Rule] = &[
    Rule { name: "modules", keeps: modules::KEEPS, check: modules::check },
    Rule { name: "crates", keeps: crates::KEEPS, check: crates::check },
    Rule { name: "manifest", keeps: manifest::KEEPS, check: manifest::check },
    Rule { name: "length", keeps: length::KEEPS, check: length::check },
    Rule { name: "first-screen", keeps: first_screen::KEEPS, check: first_screen::check },
    Rule { name: "unfinished", keeps: unfinished::KEEPS, check: unfinished::check },
    Rule { name: "ignored", keeps: ignored::KEEPS, check: ignored::check },
    Rule { name: "unsafe", keeps: unsafety::KEEPS, check: unsafety::check },
    Rule { name: "secrets", keeps: secrets::KEEPS, check: secrets::check },
    Rule { name: "places", keeps: places::KEEPS, check: places::check },
    Rule { name: "foreign", keeps: foreign::KEEPS, check: foreign::check },
    Rule { name: "links", keeps: links::KEEPS, check: links::check },
    Rule { name: "promises", keeps: promises::KEEPS, check: promises::check },
];

pub(crate) fn run(mut arguments: Arguments) -> Result<(), Failure> {
    let list = arguments.flag("--rules");
    arguments.finish()?;
    if list {
        for rule in RULES {
            println!("{:<13} {}", rule.name, rule.keeps);
        }
        println!("{:<13} {}", licences::NAME, licences::KEEPS);
        return Ok(());
    }
    check(true)
}

/// Checks every rule and prints what was found; `say_so` also when nothing was.
pub(crate) fn check(say_so: bool) -> Result<(), Failure> {
    let tree = Tree::of_the_repository()?;
    let mut count = 0;
    for rule in RULES {
        count += report(rule.name, &(rule.check)(&tree));
    }
    count += report(licences::NAME, &licences::check(&tree)?);
    if count > 0 {
        return Err(Failure::failed(format!("tidy found {count} that break a rule")));
    }
    if say_so {
        println!("{} files keep {} rules.", tree.files.len(), RULES.len() + 1);
    }
    Ok(())
}

fn report(rule: &str, findings: &[Finding]) -> usize {
    for Finding { path, line, message } in findings {
        eprintln!("{path}:{line}: [{rule}] {message}");
    }
    findings.len()
}

/// The names that a document may give as `tidy NAME`.
fn rule_names() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.name).chain([licences::NAME])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_names_of_their_own() {
        let mut names: Vec<_> = rule_names().collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RULES.len() + 1);
    }
}
