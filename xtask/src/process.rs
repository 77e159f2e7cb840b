//! Starting other programs, and finding them.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::failure::{Context, Failure};
use crate::workspace;

/// The cargo that runs this very command.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace::root());
    command
}

/// The cargo of another toolchain, as rustup's wrapper starts it.
pub(crate) fn rustup_cargo(toolchain: &str) -> Command {
    let mut command = Command::new("cargo");
    // This command was itself started through the wrapper, which fixed the toolchain for us.
    command.env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN").current_dir(workspace::root());
    command.arg(format!("+{toolchain}"));
    command
}

/// Runs a program with the terminal as its own, and fails unless it ends with 0.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command.status().context(format_args!("cannot start {}", shown(command)))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::failed(format!("{} ended with {status}", shown(command))))
}

/// Like [`run`], and hands each line of the program's standard output to `see` as well.
pub(crate) fn run_seeing(command: &mut Command, mut see: impl FnMut(&str)) -> Result<(), Failure> {
    let doing = format!("cannot start {}", shown(command));
    let mut child = command.stdout(Stdio::piped()).spawn().context(doing)?;
    let mut output =
        BufReader::new(child.stdout.take().ok_or_else(|| {
            Failure::failed(format!("{} has no standard output", shown(command)))
        })?);
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line).context("cannot read what a program prints")? > 0 {
        let text = String::from_utf8_lossy(&line);
        print!("{text}");
        see(text.trim_end());
        line.clear();
    }
    let status = child.wait().context("cannot wait for a program")?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::failed(format!("{} ended with {status}", shown(command))))
}

/// What a program prints on standard output; its errors go to the terminal.
pub(crate) fn output(command: &mut Command) -> Result<String, Failure> {
    let doing = format!("cannot start {}", shown(command));
    let output = command.stderr(Stdio::inherit()).output().context(doing)?;
    if !output.status.success() {
        let message = format!("{} ended with {}", shown(command), output.status);
        return Err(Failure::failed(message));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a program can be started and ends with 0; nothing is printed.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Where a program lies, as a shell would find it.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let file = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(&file)).find(|file| file.is_file())
}

/// The command as one could type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_stem().unwrap_or(program.as_os_str());
    let words = std::iter::once(name).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_fails_is_named_with_its_arguments() {
        let failure = run(cargo().args(["no-such-command-here"]).stderr(Stdio::null()));
        let message = failure.unwrap_err().to_string();
        assert!(message.contains("cargo no-such-command-here"), "{message}");
    }

    #[test]
    fn each_line_that_a_program_prints_is_seen() {
        let mut lines = Vec::new();
        run_seeing(cargo().arg("--version"), |line| lines.push(line.to_owned())).unwrap();
        assert!(lines[0].starts_with("cargo "), "{lines:?}");
    }

    #[test]
    fn only_what_is_there_is_found() {
        assert!(find("no-such-program-anywhere").is_none());
        assert!(find("cargo").is_some());
    }
}
