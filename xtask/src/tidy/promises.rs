//! Promises in the documents, and the checks that keep them.

use super::tree::{File, Finding, Tree};

pub(super) const KEEPS: &str = "a document that states a rule names a check that exists";

/// The documents that state rules. In a section whose heading says "Invariants" or "Rules", every
/// item of a list names its check after "Kept by".
const DOCUMENTS: &[&str] = &["ARCHITECTURE.md", "CONTRIBUTING.md"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let documents = DOCUMENTS.iter().filter_map(|path| tree.get(path));
    documents.flat_map(|file| in_document(tree, file)).collect()
}

fn in_document(tree: &Tree, file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, item) in items(file) {
        let Some((_, keepers)) = item.split_once("Kept by ") else {
            let message = "a rule without a check: end it with \"Kept by `tidy NAME`\" (or \
                           `test NAME`, `clippy LINT`, `lint NAME`, `deny SECTION`, `review`)";
            findings.push(file.finding(line, message));
            continue;
        };
        for keeper in keepers.split('`').skip(1).step_by(2) {
            if !exists(tree, keeper) {
                let message = format!("`{keeper}` keeps nothing: there is no such check");
                findings.push(file.finding(line, message));
            }
        }
    }
    findings
}

/// The list items of the sections that state rules, their continued lines joined.
fn items(file: &File) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut states_rules = false;
    let mut open = false;
    for (number, line) in file.lines() {
        if line.starts_with('#') {
            states_rules = line.contains("Invariants") || line.contains("Rules");
            open = false;
        } else if states_rules && begins_item(line) {
            found.push((number, line.to_owned()));
            open = true;
        } else if line.trim().is_empty() {
            open = false;
        } else if let Some((_, item)) = found.last_mut().filter(|_| open) {
            item.push(' ');
            item.push_str(line.trim());
        }
    }
    found
}

fn begins_item(line: &str) -> bool {
    let number = line.trim_start_matches(|character: char| character.is_ascii_digit());
    line.starts_with("- ") || number.len() < line.len() && number.starts_with(". ")
}

/// Whether a named check is really there.
fn exists(tree: &Tree, keeper: &str) -> bool {
    let (kind, name) = keeper.split_once(' ').unwrap_or((keeper, ""));
    let holds = |path: &str, text: &str| tree.get(path).is_some_and(|it| it.text.contains(text));
    match kind {
        "tidy" => super::rule_names().any(|rule| rule == name),
        "test" => {
            let function = format!("fn {name}(");
            !name.is_empty() && tree.with_extension("rs").any(|file| file.code.contains(&function))
        }
        "clippy" => {
            let configured = |file: &File| {
                file.path.ends_with("clippy.toml") && file.text.contains(&name.replace('_', "-"))
            };
            holds("Cargo.toml", &format!("{name} = ")) || tree.files.iter().any(configured)
        }
        "lint" => holds("Cargo.toml", &format!("{name} = ")),
        "deny" => holds("deny.toml", &format!("[{name}]")),
        "rustfmt" | "compiler" | "review" => name.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(items: &str) -> Vec<Finding> {
        let page = format!("# Map\n- no rule\n\n## Invariants\n{items}\n## More\n1. no rule\n");
        check(&Tree::of(&[
            ("ARCHITECTURE.md", &page),
            ("Cargo.toml", "unwrap_used = \"warn\"\n"),
            ("sdk-core/proto/clippy.toml", "disallowed-methods = []\n"),
            ("deny.toml", "[licenses]\n"),
            ("a.rs", "fn a_lost_frame_is_asked_for() {}\n"),
        ]))
    }

    #[test]
    fn a_rule_with_a_check_that_exists_is_fine() {
        let items = "1. Arrows point\n   down. Kept by `tidy modules` and `tidy crates`.\n\
                     2. Frames. Kept by `test a_lost_frame_is_asked_for`.\n\
                     - Lints. Kept by `clippy unwrap_used`, `clippy disallowed_methods`.\n\
                     - Licences. Kept by `deny licenses`. \n- Names. Kept by `review`.\n";
        assert_eq!(found(items), []);
    }

    #[test]
    fn a_rule_without_a_check_is_found() {
        assert_eq!(found("1. Be good.\n\n   Kept by hope\n")[0].line, 5);
    }

    #[test]
    fn a_check_that_does_not_exist_is_found() {
        for keeper in ["tidy x", "test x", "clippy x", "deny x", "lint x", "hope", "test"] {
            assert_eq!(found(&format!("- Rule. Kept by `{keeper}`.\n")).len(), 1, "{keeper}");
        }
    }
}
