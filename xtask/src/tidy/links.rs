//! Links in the documents.

use std::path::{Component, Path, PathBuf};

use super::tree::{File, Finding, Tree};

pub(super) const KEEPS: &str = "every link in a document leads somewhere in this repository";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.with_extension("md") {
        for (line, target) in targets(file) {
            let outside = target.contains("://") || target.starts_with("mailto:");
            if !outside && !leads_somewhere(tree, file, target) {
                let message = format!("`{target}` leads nowhere: correct the link");
                findings.push(file.finding(line, message));
            }
        }
    }
    findings
}

/// The targets of `[text](target)` outside code blocks and code spans.
fn targets(file: &File) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (number, line) in file.lines() {
        fenced ^= line.trim_start().starts_with("```");
        if fenced {
            continue;
        }
        let text_parts = line.split('`').step_by(2);
        for part in text_parts {
            let ends = part.match_indices("](").map(|(at, _)| at + 2);
            let inside = ends.filter_map(|at| part.get(at..)?.split([')', ' ']).next());
            found.extend(inside.map(|target| (number, target)));
        }
        // A code span may stand in a link's text: `[`name`](target)`.
        for (at, _) in line.match_indices("`](") {
            let target = line.get(at + 3..).and_then(|rest| rest.split([')', ' ']).next());
            found.extend(target.map(|target| (number, target)));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn leads_somewhere(tree: &Tree, from: &File, target: &str) -> bool {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if path.is_empty() { from.path.clone() } else { resolved(&from.path, path) };
    let folder = format!("{}/", path.trim_end_matches('/'));
    match tree.get(&path) {
        Some(file) if !anchor.is_empty() => headings(file).any(|heading| heading == anchor),
        Some(_) => true,
        None => path.is_empty() || tree.files.iter().any(|file| file.path.starts_with(&folder)),
    }
}

/// `target` as seen from the file `from`, from the repository's root.
fn resolved(from: &str, target: &str) -> String {
    let mut place = PathBuf::new();
    for part in Path::new(from).parent().unwrap_or(Path::new("")).join(target).components() {
        match part {
            Component::ParentDir => {
                place.pop();
            }
            Component::Normal(name) => place.push(name),
            _ => {}
        }
    }
    place.to_string_lossy().replace('\\', "/")
}

/// The anchors that a Markdown page gets from its headings: in lower case, without punctuation,
/// spaces as hyphens.
fn headings(file: &File) -> impl Iterator<Item = String> {
    file.lines().filter_map(|(_, line)| {
        let title = line.strip_prefix('#')?.trim_start_matches('#').strip_prefix(' ')?;
        let keep = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let slug: String = title.trim().chars().filter(keep).collect();
        Some(slug.to_lowercase().replace(' ', "-"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(page: &str) -> Vec<Finding> {
        check(&Tree::of(&[
            ("docs/a.md", page),
            ("README.md", "# Golive\n## What it needs, and why\n"),
            ("sdk-core/proto/src/lib.rs", "//! x\n"),
        ]))
    }

    #[test]
    fn links_that_lead_somewhere_are_fine() {
        let page = "[a](../README.md) [b](../README.md#what-it-needs-and-why) [c](../sdk-core/proto)\n\
                    [d](https://example.org/x) [`e`](../README.md) `[f](nowhere)`\n\
                    ```\n[g](nowhere)\n```\n";
        assert_eq!(found(page), []);
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        for target in ["b.md", "README.md", "../README.md#other", "#here", "../sdk-core/media"] {
            let findings = found(&format!("\nsee [`it`]({target})\n"));
            assert_eq!(findings.len(), 1, "{target}");
            assert_eq!(findings[0].line, 2);
        }
    }
}
