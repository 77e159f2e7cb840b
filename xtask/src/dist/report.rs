//! What a release holds: for a person, for machines, and as sums that `sha256sum --check` reads.

use std::path::Path;

use crate::failure::{Context, Failure};
use crate::terminal;

/// A part, and what came of it.
pub(super) struct Item {
    pub(super) name: &'static str,
    pub(super) outcome: Outcome,
}

pub(super) enum Outcome {
    Built {
        files: Vec<File>,
        note: String,
    },
    /// Something that builds it is not here: what.
    Missing(String),
    /// It could be built here, and that failed: why.
    Failed(String),
}

pub(super) struct File {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl Item {
    pub(super) fn has_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }

    pub(super) fn is_missing(&self) -> bool {
        matches!(self.outcome, Outcome::Missing(_))
    }

    fn files(&self) -> &[File] {
        match &self.outcome {
            Outcome::Built { files, .. } => files,
            _ => &[],
        }
    }
}

/// Writes `dist.json` and `SHA256SUMS`.
pub(super) fn write(folder: &Path, version: &str, items: &[Item]) -> Result<(), Failure> {
    let doing = "cannot write what the release holds";
    std::fs::write(folder.join("dist.json"), json(version, items)).context(doing)?;
    std::fs::write(folder.join("SHA256SUMS"), sums(items)).context(doing)
}

pub(super) fn print(items: &[Item]) {
    println!("\n{}", terminal::bold("The release"));
    for item in items {
        println!("  {:<12} {}", item.name, verdict(&item.outcome));
        for file in item.files() {
            println!("  {:<12} {} ({:.1} MB)", "", file.name, file.bytes as f64 / 1e6);
            println!("  {:<12} {}", "", file.sha256);
        }
    }
}

fn verdict(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Built { note, .. } => {
            format!("{} {note}", terminal::green("ok")).trim_end().to_owned()
        }
        Outcome::Missing(reason) => format!("missing: {}", in_column(reason)),
        Outcome::Failed(reason) => format!("{}: {}", terminal::red("FAILED"), in_column(reason)),
    }
}

/// Each line below the one before, where the parts' files stand, too.
fn in_column(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join(&format!("\n{:15}", ""))
}

fn sums(items: &[Item]) -> String {
    let files = items.iter().flat_map(Item::files);
    files.map(|file| format!("{}  {}\n", file.sha256, file.name)).collect()
}

fn json(version: &str, items: &[Item]) -> String {
    let parts: Vec<_> = items.iter().map(part).collect();
    format!("{{\"version\":{},\"parts\":[{}]}}\n", quoted(version), parts.join(","))
}

fn part(item: &Item) -> String {
    let (state, text) = match &item.outcome {
        Outcome::Built { note, .. } => ("built", note),
        Outcome::Missing(reason) => ("missing", reason),
        Outcome::Failed(reason) => ("failed", reason),
    };
    let file = |file: &File| {
        format!(
            "{{\"name\":{},\"bytes\":{},\"sha256\":{}}}",
            quoted(&file.name),
            file.bytes,
            quoted(&file.sha256)
        )
    };
    let files: Vec<_> = item.files().iter().map(file).collect();
    format!(
        "{{\"name\":{},\"state\":{},\"text\":{},\"files\":[{}]}}",
        quoted(item.name),
        quoted(state),
        quoted(text),
        files.join(",")
    )
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control < ' ' => quoted.push_str(&format!("\\u{:04x}", control as u32)),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items() -> Vec<Item> {
        let file = File { name: "golive.whl".into(), bytes: 5, sha256: "ab".repeat(32) };
        let built = Outcome::Built { files: vec![file], note: String::new() };
        vec![
            Item { name: "wheel", outcome: built },
            Item { name: "android", outcome: Outcome::Missing("no \"NDK\"\nfetch it".into()) },
            Item { name: "crates", outcome: Outcome::Failed("broken".into()) },
        ]
    }

    #[test]
    fn machines_read_state_reason_and_sums() {
        let json = json("0.1.0", &items());
        assert!(
            json.starts_with("{\"version\":\"0.1.0\",\"parts\":[{\"name\":\"wheel\""),
            "{json}"
        );
        assert!(json.contains("\"state\":\"missing\",\"text\":\"no \\\"NDK\\\"\\u000afetch it\""));
        assert!(json.contains("\"bytes\":5,\"sha256\":\"abab"), "{json}");
        assert!(json.contains("\"state\":\"failed\",\"text\":\"broken\",\"files\":[]"), "{json}");
    }

    #[test]
    fn sums_are_written_as_sha256sum_checks_them() {
        assert_eq!(sums(&items()), format!("{}  golive.whl\n", "ab".repeat(32)));
    }

    #[test]
    fn a_person_reads_line_by_line_what_is_missing() {
        assert_eq!(verdict(&items()[1].outcome), "missing: no \"NDK\"\n               fetch it");
    }
}
