//! The arrows between the crates.

use super::manifest::{self, Dependency};
use super::tree::{Finding, Tree};

pub(super) const KEEPS: &str =
    "crates depend only downwards, and golive on golive-media optionally";

/// Each crate and those of ours that it may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("golive-proto", &[]),
    ("golive-media", &["golive-proto"]),
    ("golive", &["golive-proto", "golive-media", "golive-netlab"]),
    ("golive-ffi", &["golive"]),
    ("golive-ingest", &["golive-proto", "golive-media", "golive"]),
    ("golive-cli", &["golive-proto", "golive-media", "golive", "golive-ingest", "golive-netlab"]),
    ("golive-netlab", &["golive-proto"]),
    ("golive-tests", &["golive-proto", "golive-media", "golive", "golive-ingest", "golive-netlab"]),
    // The fuzz targets stand outside the workspace, because they want a nightly compiler.
    ("golive-fuzz", &["golive-proto", "golive-media", "golive", "golive-netlab", "golive-tests"]),
    ("xtask", &[]),
];

/// Holds bad networks, real peers and judges of recordings: tools for tests, which the tests of
/// the crates on top may use.
const TOOLS: &str = "golive-tests";
const MAY_USE_TOOLS: &[&str] = &["golive", "golive-ingest", "golive-cli"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.ends_with("Cargo.toml")) {
        let Some(name) = manifest::package_name(&file.text) else { continue };
        let Some((_, allowed)) = ARROWS.iter().find(|(package, _)| *package == name) else {
            let message = format!("`{name}` has no place among the crates: add it to the arrows");
            findings.push(file.finding(1, message));
            continue;
        };
        for Dependency { line, package, optional, for_tests, .. } in
            manifest::dependencies(&file.text)
        {
            if for_tests && package == TOOLS && MAY_USE_TOOLS.contains(&name) {
                continue;
            }
            let ours = ARROWS.iter().any(|(known, _)| *known == package);
            if ours && !allowed.contains(&package.as_str()) && package != name {
                findings.push(file.finding(
                    line,
                    format!("`{name}` may not depend on `{package}`: arrows point down only"),
                ));
            }
            if name == "golive" && package == "golive-media" && !optional {
                let message = "`golive-media` must be `optional = true`: a phone brings its own";
                findings.push(file.finding(line, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(manifest: &str) -> Vec<Finding> {
        check(&Tree::of(&[("a/Cargo.toml", manifest)]))
    }

    #[test]
    fn an_arrow_that_points_up_is_found_in_every_kind_of_table() {
        let tables = ["dependencies", "dev-dependencies", "target.'cfg(unix)'.dependencies"];
        for table in tables {
            let text =
                format!("[package]\nname = \"golive-proto\"\n[{table}]\ngolive.workspace = true\n");
            assert_eq!(found(&text)[0].line, 4, "{table}");
        }
        let text = "[package]\nname = \"golive-media\"\n[dependencies.golive]\nworkspace = true\n";
        assert_eq!(found(text).len(), 1);
    }

    #[test]
    fn an_arrow_that_points_down_is_fine() {
        let text =
            "[package]\nname = \"golive-cli\"\n[dependencies]\ngolive = { workspace = true }\n";
        assert!(found(text).is_empty());
    }

    #[test]
    fn the_tools_for_tests_are_for_tests_only() {
        let manifest = |name, table| {
            format!("[package]\nname = \"{name}\"\n[{table}]\ngolive-tests.workspace = true\n")
        };
        assert!(found(&manifest("golive-ingest", "dev-dependencies")).is_empty());
        assert_eq!(found(&manifest("golive-ingest", "dependencies")).len(), 1);
        assert_eq!(found(&manifest("golive-proto", "dev-dependencies")).len(), 1);
    }

    #[test]
    fn the_media_crate_is_optional_for_golive() {
        let manifest =
            |rest| format!("[package]\nname = \"golive\"\n[dependencies]\ngolive-media{rest}\n");
        assert_eq!(found(&manifest(".workspace = true")).len(), 1);
        assert!(found(&manifest(" = { workspace = true, optional = true }")).is_empty());
    }

    #[test]
    fn a_crate_without_a_place_is_found() {
        assert_eq!(found("[package]\nname = \"golive-more\"\n").len(), 1);
        assert!(found("[workspace]\nmembers = []\n").is_empty());
    }
}
