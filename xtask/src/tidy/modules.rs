//! The arrows between the modules of `golive-proto`.

use super::code;
use super::tree::{File, Finding, Tree};

pub(super) const KEEPS: &str =
    "a module of golive-proto imports only from those above it in lib.rs";

const SOURCES: &str = "sdk-core/proto/src/";
const LIST: &str = "sdk-core/proto/src/lib.rs";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(list) = tree.get(LIST) else { return Vec::new() };
    let order = documented_order(&list.text);
    let mut findings = undocumented(list, &order);
    for file in tree.with_extension("rs") {
        let Some(own) = module_of(&file.path) else { continue };
        let Some(position) = order.iter().position(|name| *name == own) else { continue };
        for (at, target) in references(file) {
            if order.iter().position(|name| *name == target).is_some_and(|it| it > position) {
                findings.push(file.finding_at(
                    at,
                    format!(
                        "`{own}` may not use `{target}`, which stands below it in {LIST}: \
                     move what is shared up, or hand the value in"
                    ),
                ));
            }
        }
    }
    findings
}

/// The modules in the order in which the crate's documentation lists them.
fn documented_order(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("//! - [`")?.split('`').next()).collect()
}

fn undocumented(list: &File, order: &[&str]) -> Vec<Finding> {
    let declared = list.code.lines().enumerate().filter_map(|(index, line)| {
        let name = line.strip_prefix("pub mod ").or(line.strip_prefix("mod "))?;
        Some((index + 1, name.trim_end_matches(';').trim()))
    });
    declared
        .filter(|(_, name)| !order.contains(name))
        .map(|(line, name)| {
            list.finding(line, format!("module `{name}` has no place in the list of modules above"))
        })
        .collect()
}

/// `rate` for `sdk-core/proto/src/rate/target.rs` and for `sdk-core/proto/src/rate.rs`.
fn module_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix(SOURCES)?.strip_suffix(".rs")?;
    inside.split('/').next().filter(|name| *name != "lib")
}

/// The modules that a file names, with where it does: after `crate::`, and after as many `super::`
/// as lead from the file to the crate. In a module inside the file one more would be needed, so
/// that a module deeper down may be taken for one of the crate's if it has the same name.
fn references(file: &File) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (root, climbs_needed) in [("crate", 1), ("super", depth(&file.path))] {
        for at in code::words(&file.code, root) {
            let (climbs, rest) = climb(file.code.get(at..).unwrap_or_default(), root);
            if climbs < climbs_needed {
                continue;
            }
            match rest.strip_prefix('{') {
                Some(group) => found.extend(group_heads(group).map(|name| (at, name))),
                None => found.push((at, first_word(rest))),
            }
        }
    }
    found
}

/// How many `super::` lead from a file to the crate: 1 for `rate.rs` and `rate/mod.rs`.
fn depth(path: &str) -> usize {
    let inside = path.strip_prefix(SOURCES).unwrap_or_default();
    inside.trim_end_matches("/mod.rs").split('/').count()
}

/// How often `step::` stands at the beginning of `code`, and what comes after.
fn climb<'a>(mut code: &'a str, step: &str) -> (usize, &'a str) {
    let mut count = 0;
    while let Some(rest) = code.strip_prefix(step).and_then(|it| it.trim_start().strip_prefix("::"))
    {
        code = rest.trim_start();
        count += 1;
    }
    (count, code)
}

/// The first name of each path in a `{…}` group, nested groups left out.
fn group_heads(group: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    let mut heads = Vec::new();
    let mut begin = Some(0);
    for (at, character) in group.char_indices() {
        let ends_path = depth == 0 && matches!(character, ',' | '}');
        if let Some(from) = begin.filter(|_| ends_path) {
            heads.extend(group.get(from..at).map(|path| first_word(path.trim_start())));
            begin = Some(at + 1);
        }
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            _ => {}
        }
    }
    heads.into_iter().filter(|name| !name.is_empty())
}

fn first_word(text: &str) -> &str {
    text.split(|character| !code::is_word(character)).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIB: (&str, &str) = (
        LIST,
        "//! - [`units`]: times.\n//! - [`media`]: units.\n//! - [`rate`]: targets.\n\
         pub mod media;\npub mod rate;\npub mod units;\n",
    );

    fn found(path: &str, text: &str) -> Vec<Finding> {
        check(&Tree::of(&[LIB, (path, text)]))
    }

    #[test]
    fn an_arrow_that_points_up_is_fine() {
        assert!(
            found("sdk-core/proto/src/rate/target.rs", "use crate::{media, units::Time};")
                .is_empty()
        );
        assert!(found("sdk-core/proto/src/rate/mod.rs", "use super::units;").is_empty());
        assert!(
            found("sdk-core/proto/src/rate/a/b.rs", "use super::rate; use super::a;").is_empty()
        );
    }

    #[test]
    fn an_arrow_that_points_down_is_found_however_it_is_written() {
        let texts = [
            "use crate::rate::Target;",
            "\n\nfn f(x: crate::rate::Target) {}",
            "use crate::{units::{Time, x}, rate::Target};",
            "use crate::{\n    units,\n    rate,\n};",
        ];
        for text in texts {
            assert_eq!(found("sdk-core/proto/src/media/unit.rs", text).len(), 1, "{text}");
        }
        assert_eq!(found("sdk-core/proto/src/media/mod.rs", "use super::rate;").len(), 1);
        assert_eq!(found("sdk-core/proto/src/units.rs", "mod m;\nuse crate::media;")[0].line, 2);
    }

    #[test]
    fn comments_and_strings_draw_no_arrow() {
        let text = "//! [`crate::rate`]\nconst X: &str = \"crate::rate\";";
        assert!(found("sdk-core/proto/src/units/x.rs", text).is_empty());
    }

    #[test]
    fn climbing_out_of_the_module_is_an_arrow_too() {
        for path in ["units.rs", "units/mod.rs"] {
            assert_eq!(found(&format!("{SOURCES}{path}"), "use super::rate;").len(), 1, "{path}");
        }
        let deep = "sdk-core/proto/src/units/a/x.rs";
        assert_eq!(found(deep, "use super::super::super::{rate, x};").len(), 1);
        assert!(found(deep, "use super::super::rate;").is_empty(), "that is units::rate");
    }

    #[test]
    fn a_module_without_a_place_in_the_list_is_found() {
        let tree = Tree::of(&[(LIST, "//! - [`units`]: times.\npub mod units;\npub mod pace;\n")]);
        let findings = check(&tree);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].message.contains("pace") && findings[0].line == 3);
    }
}
