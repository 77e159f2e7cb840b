//! How long a file may be.

use super::tree::{Finding, Tree};

pub(super) const KEEPS: &str = "a file is one idea: at most 500 lines of code, 800 in all, 1 MB";

const CODE_LINES: usize = 500;
const LINES: usize = 800;
const BYTES: usize = 1_000_000;

/// What a person writes and reads; data and lock files are not held to a number of lines.
const WRITTEN: &[&str] = &["rs", "kt", "swift", "py", "js", "ts", "html", "css", "sh", "md"];

/// Files that may be longer, each with its reason.
const LONGER: &[(&str, &str)] = &[];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    check_with(tree, LONGER)
}

fn check_with(tree: &Tree, longer: &[(&str, &str)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        if file.bytes > BYTES {
            let message = "over 1 MB: make it when it is needed, or leave it out";
            findings.push(file.finding(1, message));
        }
        let excused = longer.iter().any(|(path, _)| *path == file.path);
        if !WRITTEN.contains(&file.extension()) || excused {
            continue;
        }
        let lines = file.text.lines().count();
        let code = file.text.lines().filter(|line| is_code(line)).count();
        if code > CODE_LINES || lines > LINES {
            findings.push(file.finding(
                lines,
                format!(
                    "{code} lines of code, {lines} in all: more than one idea; split it (at most \
                 {CODE_LINES} and {LINES})"
                ),
            ));
        }
    }
    for (path, _) in longer.iter().filter(|(path, _)| tree.get(path).is_none()) {
        let message = format!("{path} may be longer, but is not there: take it off the list");
        findings.push(Finding { path: "xtask/src/tidy/length.rs".into(), line: 1, message });
    }
    findings
}

fn is_code(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with("//")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_hundred_lines_of_code_are_enough() {
        let fits = "// why\n\nlet x = 1;\n".repeat(260);
        let exact = "x();\n".repeat(500);
        let over = "x();\n".repeat(501);
        let files = [("a.rs", fits.as_str()), ("b.rs", &exact), ("c.rs", &over), ("d.lock", &over)];
        let findings = check(&Tree::of(&files));
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0].path, "c.rs");
    }

    #[test]
    fn eight_hundred_lines_are_two_files_even_if_they_are_comments() {
        assert_eq!(check(&Tree::of(&[("a.rs", &"// why\n".repeat(801))])).len(), 1);
    }

    #[test]
    fn a_big_file_is_found_whatever_it_is() {
        assert_eq!(check(&Tree::of(&[("a.bin", &"x".repeat(BYTES + 1))])).len(), 1);
    }

    #[test]
    fn an_exception_counts_and_must_exist() {
        let tree = Tree::of(&[("a.rs", &"x();\n".repeat(600))]);
        assert!(check_with(&tree, &[("a.rs", "a table")]).is_empty());
        assert_eq!(check_with(&tree, &[("a.rs", "a table"), ("b.rs", "gone")]).len(), 1);
    }
}
