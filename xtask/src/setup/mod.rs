//! `cargo xtask setup`: finds what this machine lacks and, where it can, installs it.

pub(crate) mod consent;
mod install;
mod needs;
mod platform;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::terminal;
use consent::Consent;
use install::Plan;
use needs::Need;
use platform::Platform;

pub(crate) use install::is_root;
pub(crate) use needs::{JDK, Level, MAVEN, PYTHON, library_is_installed, python};

pub(crate) const SUMMARY: &str = "find what this machine lacks, and install it after asking";

pub(crate) const HELP: &str = "\
Finds what this machine lacks to build and test Golive. On Debian and Ubuntu it installs that with
apt-get, through sudo unless you are root, after asking. On Fedora, macOS and Windows it names the
packages. `demo`, `test`, `lab`, `swift` and `check-platforms` do this by themselves when
something is missing.

Usage: cargo xtask setup [--for LEVEL] [--check] [--yes]

  --for demo   what building and running needs: a C++ compiler, nasm, pkg-config, ALSA, libclang
  --for test   that, and what to test against: ffmpeg, libsrt, Chromium, a JDK, Python (the
               default)
  --for lab    what `demo` needs, and QEMU
  --for platforms
               what `check-platforms` needs: clippy, and binutils for Windows
  --for swift  what `demo` needs, and debootstrap, which makes a folder with Debian's Swift
  --check      only say what is missing
  --yes        install without asking; CI=true in the environment means the same

Exit codes: 0 nothing is missing, 1 an installation failed, 3 something is missing.";

pub(crate) fn run(mut arguments: Arguments) -> Result<(), Failure> {
    let level = match arguments.option("--for")?.as_deref() {
        Some("demo") => Level::Demo,
        Some("test") | None => Level::Test,
        Some("lab") => Level::Lab,
        Some("platforms") => Level::Platforms,
        Some("swift") => Level::Swift,
        Some(other) => return Err(Failure::usage(format!("there is no level `{other}`"))),
    };
    let check = arguments.flag("--check");
    let yes = arguments.flag("--yes");
    arguments.finish()?;
    if check {
        return report(level);
    }
    ensure(level, yes)?;
    println!("Everything that `{}` needs is here.", level.name());
    Ok(())
}

/// Installs what `level` needs and this machine lacks; does and says nothing if it lacks nothing.
pub(crate) fn ensure(level: Level, yes: bool) -> Result<(), Failure> {
    obtain(&format!("`{}`", level.name()), yes, |platform| needs::missing(platform, level))
}

/// The same for the one need of that name, for a command that needs nothing else of its level.
pub(crate) fn ensure_one(name: &str, yes: bool) -> Result<(), Failure> {
    obtain("this command", yes, |platform| needs::missing_one(platform, name))
}

fn obtain(
    what_for: &str,
    yes: bool,
    find_missing: impl Fn(Platform) -> Vec<&'static Need>,
) -> Result<(), Failure> {
    let platform = Platform::here();
    let missing = find_missing(platform);
    if missing.is_empty() {
        return Ok(());
    }
    println!("Missing for {what_for}:\n{}", listed(platform, &missing));
    let plan = Plan::new(platform, &missing);
    if !plan.can_install() {
        return Err(Failure::missing(plan.instructions()));
    }
    match consent::obtain(yes, plan.shown()) {
        Consent::Given => plan.carry_out()?,
        Consent::Refused => {
            return Err(Failure::missing(format!(
                "nothing was installed. {}",
                plan.instructions()
            )));
        }
        Consent::NobodyToAsk => {
            let instructions = plan.instructions();
            return Err(Failure::missing(format!(
                "nobody is here to ask. {instructions}\nOr run the same again with --yes."
            )));
        }
    }
    let still = find_missing(platform);
    if still.is_empty() {
        return Ok(());
    }
    let list = listed(platform, &still);
    Err(Failure::missing(format!("still missing after the installation:\n{list}")))
}

fn report(level: Level) -> Result<(), Failure> {
    let platform = Platform::here();
    let missing = needs::missing(platform, level);
    for need in needs::wanted(platform, level) {
        let absent = missing.iter().any(|other| other.name == need.name);
        let mark = if absent { terminal::red("missing") } else { terminal::green("here   ") };
        println!("{mark}  {} ({})", need.name, need.why);
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::missing(Plan::new(platform, &missing).instructions()))
}

fn listed(platform: Platform, needs: &[&Need]) -> String {
    let mut text = String::new();
    for need in needs {
        text.push_str(&format!("  {}: {}\n", need.name, need.why));
        if let Some(note) = need.note(platform) {
            text.push_str(&format!("    {note}\n"));
        }
    }
    text
}
