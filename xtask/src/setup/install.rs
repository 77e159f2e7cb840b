//! From what is missing to the commands that bring it, and their running.

use std::process::Command;
use std::time::{Duration, SystemTime};

use super::needs::Need;
use super::platform::Platform;
use crate::failure::Failure;
use crate::{process, terminal};

/// How old the package lists may be: a mirror keeps what an older list names only for a while.
const LISTS_SERVE_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// What to run, in order, to get what is missing.
#[derive(Debug)]
pub(crate) struct Plan {
    platform: Platform,
    commands: Vec<Vec<String>>,
    unnamed: Vec<&'static str>,
}

impl Plan {
    pub(crate) fn new(platform: Platform, missing: &[&'static Need]) -> Self {
        Self::with(platform, missing, is_root(), package_lists_are_stale())
    }

    fn with(platform: Platform, missing: &[&'static Need], root: bool, stale: bool) -> Self {
        let mut packages: Vec<&str> = Vec::new();
        let mut components: Vec<&str> = Vec::new();
        let mut unnamed = Vec::new();
        for need in missing {
            match (need.component(), need.package(platform)) {
                (Some(component), _) => components.push(component),
                (None, Some(package)) => packages.push(package),
                (None, None) => unnamed.push(need.name),
            }
        }
        packages.dedup();
        let mut commands = Vec::new();
        if !packages.is_empty() {
            commands = system_commands(platform, &packages.join(" "), root, stale);
        }
        if !components.is_empty() {
            commands.push(words(&format!("rustup component add {}", components.join(" "))));
        }
        Self { platform, commands, unnamed }
    }

    /// Whether [`carry_out`](Self::carry_out) would get everything; elsewhere the person does it.
    pub(crate) fn can_install(&self) -> bool {
        let ours = |line: &Vec<String>| line.first().is_some_and(|program| program == "rustup");
        self.unnamed.is_empty()
            && (self.platform.has_apt() || self.commands.iter().all(ours))
            && self
                .commands
                .iter()
                .flat_map(|line| line.first())
                .all(|name| process::find(name).is_some())
    }

    /// What the person can type instead.
    pub(crate) fn instructions(&self) -> String {
        let mut text = String::from("Install what is missing with:");
        for line in self.shown() {
            text.push_str(&format!("\n  {line}"));
        }
        if !self.unnamed.is_empty() {
            let names = self.unnamed.join(", ");
            text.push_str(&format!("\n  and from your system's packages: {names}"));
        }
        text
    }

    pub(crate) fn shown(&self) -> impl Iterator<Item = String> {
        self.commands.iter().map(|line| line.join(" "))
    }

    pub(crate) fn carry_out(&self) -> Result<(), Failure> {
        for line in &self.commands {
            let Some((program, rest)) = line.split_first() else { continue };
            terminal::announce(&line.join(" "));
            process::run(Command::new(program).args(rest))?;
        }
        Ok(())
    }
}

fn system_commands(
    platform: Platform,
    packages: &str,
    root: bool,
    stale: bool,
) -> Vec<Vec<String>> {
    let sudo = if root { "" } else { "sudo " };
    match platform {
        Platform::Debian | Platform::Ubuntu => {
            let install = format!(
                "{sudo}env DEBIAN_FRONTEND=noninteractive \
                 apt-get install --yes --no-install-recommends {packages}"
            );
            let update = stale.then(|| words(&format!("{sudo}apt-get update")));
            update.into_iter().chain([words(&install)]).collect()
        }
        Platform::Fedora => vec![words(&format!("{sudo}dnf install {packages}"))],
        Platform::MacOs => vec![words(&format!("brew install {packages}"))],
        Platform::Windows => {
            let one = |package| words(&format!("winget install --exact --id {package}"));
            packages.split_whitespace().map(one).collect()
        }
        Platform::OtherLinux => Vec::new(),
    }
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

#[cfg(unix)]
pub(crate) fn is_root() -> bool {
    process::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

#[cfg(not(unix))]
pub(crate) fn is_root() -> bool {
    false
}

/// Whether apt's lists are absent or were fetched more than a day ago.
fn package_lists_are_stale() -> bool {
    let mut lists = std::fs::read_dir("/var/lib/apt/lists").into_iter().flatten().flatten();
    if !lists.any(|entry| entry.file_name().to_string_lossy().contains("_Packages")) {
        return true;
    }
    // A list carries the time at which the mirror made it; this folder the time of the fetching.
    let fetched = std::fs::metadata("/var/lib/apt/lists/partial").and_then(|it| it.modified());
    fetched
        .ok()
        .and_then(|then| SystemTime::now().duration_since(then).ok())
        .is_none_or(|age| age > LISTS_SERVE_FOR)
}

#[cfg(test)]
mod tests {
    use super::super::needs::{self, Level};
    use super::*;

    fn plan(platform: Platform, root: bool, stale: bool) -> Vec<String> {
        let needs: Vec<_> = needs::wanted(platform, Level::Test)
            .filter(|need| ["nasm", "ALSA headers", "clippy"].contains(&need.name))
            .collect();
        Plan::with(platform, &needs, root, stale).shown().collect()
    }

    #[test]
    fn debian_gets_one_installation_after_fresh_lists() {
        let lines = plan(Platform::Debian, true, true);
        assert_eq!(lines[0], "apt-get update");
        assert!(lines[1].ends_with("--no-install-recommends nasm libasound2-dev"), "{lines:?}");
        assert_eq!(lines[2], "rustup component add clippy");
    }

    #[test]
    fn sudo_is_used_only_for_the_system_and_only_by_those_who_need_it() {
        let lines = plan(Platform::Ubuntu, false, false);
        assert!(lines[0].starts_with("sudo env DEBIAN_FRONTEND=noninteractive apt-get install"));
        assert!(lines[1].starts_with("rustup"));
        assert!(!plan(Platform::Debian, true, false)[0].contains("sudo"));
    }

    #[test]
    fn other_systems_get_their_own_names() {
        assert!(plan(Platform::Fedora, false, true)[0].ends_with("install nasm alsa-lib-devel"));
        assert_eq!(plan(Platform::MacOs, false, true)[0], "brew install nasm");
        assert!(plan(Platform::Windows, false, true)[0].ends_with("--id NASM.NASM"));
    }

    #[test]
    fn an_unknown_system_is_told_what_and_not_how() {
        let needs: Vec<_> = needs::wanted(Platform::OtherLinux, Level::Demo).collect();
        let plan = Plan::with(Platform::OtherLinux, &needs, true, true);
        assert!(!plan.can_install());
        assert!(plan.instructions().contains("ALSA headers"));
    }
}
