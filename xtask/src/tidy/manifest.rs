//! Cargo manifests: what rules read in them, and what each must hold.

use super::tree::{Finding, Tree};

pub(super) const KEEPS: &str = "every crate takes its lints and its versions from the workspace";

/// A line, or a table of its own, that names a dependency.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dependency {
    pub(super) line: usize,
    pub(super) package: String,
    pub(super) optional: bool,
    pub(super) from_workspace: bool,
    /// Only tests and examples use it.
    pub(super) for_tests: bool,
}

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.ends_with("/Cargo.toml")) {
        // A crate that stands outside the workspace has nothing to take from it.
        let outside = file.text.lines().any(|line| line.trim() == "[workspace]");
        if package_name(&file.text).is_none() || outside {
            continue;
        }
        for dependency in dependencies(&file.text).into_iter().filter(|it| !it.from_workspace) {
            findings.push(file.finding(
                dependency.line,
                format!(
                    "`{}` must come from the workspace: put its version in the root Cargo.toml and \
                 write `workspace = true` here",
                    dependency.package
                ),
            ));
        }
        let lines = file.text.lines().map(str::trim);
        let mut after = lines.skip_while(|line| *line != "[lints]").skip(1);
        if !after.any(|line| line == "workspace = true") {
            findings.push(file.finding(1, "add `[lints]` with `workspace = true`"));
        }
    }
    findings
}

/// The `name` in the `[package]` table.
pub(super) fn package_name(text: &str) -> Option<&str> {
    let mut lines = text.lines().skip_while(|line| line.trim() != "[package]").skip(1);
    let name = lines.find(|line| line.split('=').next().is_some_and(|key| key.trim() == "name"))?;
    name.split('"').nth(1)
}

/// The dependencies of all kinds and for all targets.
pub(super) fn dependencies(text: &str) -> Vec<Dependency> {
    let mut found: Vec<Dependency> = Vec::new();
    let mut table = "";
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            table = name;
            if let Some(package) = own_table(table) {
                found.push(dependency(number, table, package, ""));
            }
        } else if let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
            if own_table(table).is_some() {
                if let Some(last) = found.last_mut() {
                    last.optional |= line.replace(' ', "") == "optional=true";
                    last.from_workspace |= line.replace(' ', "") == "workspace=true";
                }
            } else if table.ends_with("dependencies") && table != "workspace.dependencies" {
                let (package, field) = key.trim().split_once('.').unwrap_or((key.trim(), ""));
                found.push(dependency(number, table, package, &format!("{field}={value}")));
            }
        }
    }
    found
}

/// `golive` for `[dependencies.golive]`.
fn own_table(table: &str) -> Option<&str> {
    let (kind, package) = table.rsplit_once('.')?;
    (kind.ends_with("dependencies") && !package.ends_with("dependencies")).then_some(package)
}

fn dependency(line: usize, table: &str, package: &str, value: &str) -> Dependency {
    let value = value.replace(' ', "");
    Dependency {
        line,
        package: package.trim_matches('"').to_owned(),
        optional: value.contains("optional=true"),
        from_workspace: value.contains("workspace=true"),
        for_tests: table.contains("dev-dependencies"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "[package]\nname = \"x\"\n[lints]\nworkspace = true\n[dependencies]\n";

    fn found(text: &str) -> Vec<Finding> {
        check(&Tree::of(&[("x/Cargo.toml", text)]))
    }

    #[test]
    fn versions_stand_in_the_workspace_only() {
        assert!(
            found(&format!("{HEAD}a.workspace = true\nb = {{ workspace = true }}\n")).is_empty()
        );
        assert_eq!(found(&format!("{HEAD}a = \"1\"\n"))[0].line, 6);
        assert_eq!(found(&format!("{HEAD}a = {{ path = \"../a\" }}\n")).len(), 1);
        assert_eq!(found(&format!("{HEAD}[dependencies.a]\nversion = \"1\"\n")).len(), 1);
        assert!(found(&format!("{HEAD}[build-dependencies.a]\nworkspace = true\n")).is_empty());
    }

    #[test]
    fn lints_come_from_the_workspace() {
        assert_eq!(found("[package]\nname = \"x\"\n").len(), 1);
        assert!(found("[package]\nname = \"x\"\n[workspace]\n").is_empty(), "it stands outside");
    }

    #[test]
    fn a_dependency_is_read_from_a_line_and_from_a_table() {
        let text = "[dependencies]\na = { version = \"1\", optional = true }\n\
                    [target.'cfg(windows)'.dependencies.b]\nworkspace = true\n[features]\nc = []\n";
        let read = dependencies(text);
        assert_eq!(read.len(), 2);
        assert!(read[0].package == "a" && read[0].optional && !read[0].from_workspace);
        assert!(read[1].package == "b" && read[1].from_workspace && read[1].line == 3);
    }
}
