//! Promises in the documents, and the checks that keep them.

use super::tree::{File, Finding, Tree};

pub(super) const KEEPS: &str = "a document that states a rule names a check that exists";

/// The documents that state rules. In a section whose heading says "Invariants" or "Rules", every
/// item of a list names its check after "Kept by", and every row of a table in its last column.
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
    for (line, row) in rows(file) {
        let keepers = row.trim().trim_matches('|').rsplit('|').next().unwrap_or_default();
        if keepers.trim().is_empty() {
            findings.push(file.finding(line, "a rule without a check: name it in the last column"));
        }
        for keeper in keepers.split('`').skip(1).step_by(2) {
            if !exists(tree, keeper) && !is_somewhere(tree, keeper) {
                let message = format!("`{keeper}` keeps nothing: there is no such thing any more");
                findings.push(file.finding(line, message));
            }
        }
    }
    findings
}

/// The rows of tables in the sections that state rules, without their heads.
fn rows(file: &File) -> Vec<(usize, &str)> {
    let mut states_rules = false;
    let mut found = Vec::new();
    let mut below_head = false;
    for (number, line) in file.lines() {
        if line.starts_with('#') {
            states_rules = heading_of_rules(line);
        }
        if !line.starts_with('|') {
            below_head = false;
        } else if line.starts_with("|-") || line.starts_with("| -") {
            below_head = true;
        } else if states_rules && below_head {
            found.push((number, line));
        }
    }
    found
}

fn heading_of_rules(line: &str) -> bool {
    line.contains("Invariants") || line.contains("Rules")
}

/// The list items of the sections that state rules, their continued lines joined.
fn items(file: &File) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut states_rules = false;
    let mut open = false;
    for (number, line) in file.lines() {
        if line.starts_with('#') {
            states_rules = heading_of_rules(line);
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

/// Whether what a table names in its own words is there: a command, a file, a module, or words of
/// the code or of a manifest.
fn is_somewhere(tree: &Tree, keeper: &str) -> bool {
    if let Some(command) = keeper.strip_prefix("cargo xtask ") {
        return crate::COMMANDS.iter().any(|known| known.name == command);
    }
    let path = keeper.replace("::", "/");
    let as_module = [format!("/{path}/"), format!("/{path}.rs")];
    tree.files.iter().any(|file| {
        let named = file.path == keeper || as_module.iter().any(|part| file.path.contains(part));
        let said =
            file.code.contains(keeper) || file.extension() == "toml" && file.text.contains(keeper);
        named || said
    })
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
    fn a_table_names_in_its_last_column_what_is_there() {
        let head = "| rule | kept by |\n|---|---|\n";
        let fine = "| A | `cargo xtask tidy`; `a.rs` |\n| B | `unwrap_used = \"warn\"` |\n";
        assert_eq!(found(&format!("{head}{fine}| C | review |\n")), []);
        for keeper in ["", "`cargo xtask fly`", "`gone::queue`", "`Vanished`"] {
            assert_eq!(found(&format!("{head}| D | {keeper} |\n"))[0].line, 7, "{keeper}");
        }
    }

    #[test]
    fn a_check_that_does_not_exist_is_found() {
        for keeper in ["tidy x", "test x", "clippy x", "deny x", "lint x", "hope", "test"] {
            assert_eq!(found(&format!("- Rule. Kept by `{keeper}`.\n")).len(), 1, "{keeper}");
        }
    }
}
