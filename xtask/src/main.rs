//! The project's own commands: `cargo xtask COMMAND`.
//!
//! It depends on nothing but the standard library, so that it starts within seconds on a machine
//! that has only Rust. Everything that a developer or CI does to this repository is one of these
//! commands; a developer and CI run the same ones.

#![allow(clippy::print_stdout, reason = "talking to the terminal is what these commands do")]

mod android;
mod arguments;
mod bench;
mod bindings;
mod demo;
mod dist;
mod failure;
mod fuzz;
mod ios;
mod kotlin;
mod lab;
mod platforms;
mod process;
mod python;
mod setup;
mod size;
mod swift;
mod terminal;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use arguments::Arguments;
use failure::Failure;

struct Command {
    name: &'static str,
    summary: &'static str,
    help: &'static str,
    run: fn(Arguments) -> Result<(), Failure>,
}

const COMMANDS: &[Command] = &[
    Command { name: "setup", summary: setup::SUMMARY, help: setup::HELP, run: setup::run },
    Command { name: "demo", summary: demo::SUMMARY, help: demo::HELP, run: demo::run },
    Command { name: "test", summary: test::SUMMARY, help: test::HELP, run: test::run },
    Command { name: "tidy", summary: tidy::SUMMARY, help: tidy::HELP, run: tidy::run },
    Command { name: "bench", summary: bench::SUMMARY, help: bench::HELP, run: bench::run },
    Command {
        name: "bindings",
        summary: bindings::SUMMARY,
        help: bindings::HELP,
        run: bindings::run,
    },
    Command { name: "android", summary: android::SUMMARY, help: android::HELP, run: android::run },
    Command { name: "python", summary: python::SUMMARY, help: python::HELP, run: python::run },
    Command {
        name: "check-platforms",
        summary: platforms::SUMMARY,
        help: platforms::HELP,
        run: platforms::run,
    },
    Command { name: "swift", summary: swift::SUMMARY, help: swift::HELP, run: swift::run },
    Command { name: "ios", summary: ios::SUMMARY, help: ios::HELP, run: ios::run },
    Command { name: "dist", summary: dist::SUMMARY, help: dist::HELP, run: dist::run },
    Command { name: "fuzz", summary: fuzz::SUMMARY, help: fuzz::HELP, run: fuzz::run },
    Command { name: "size", summary: size::SUMMARY, help: size::HELP, run: size::run },
    Command { name: "lab", summary: lab::SUMMARY, help: lab::HELP, run: lab::run },
];

fn main() -> ExitCode {
    match dispatch(std::env::args().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{} {failure}", terminal::red("error:"));
            ExitCode::from(failure.exit_code())
        }
    }
}

fn dispatch(mut words: Vec<String>) -> Result<(), Failure> {
    let help = ["help", "--help", "-h"];
    if words.first().is_none_or(|word| help.contains(&word.as_str())) {
        println!("{}", overview());
        return Ok(());
    }
    let name = words.remove(0);
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        return Err(Failure::usage(format!(
            "there is no command `{name}`; `cargo xtask help` lists them"
        )));
    };
    let before_dashes = words.iter().take_while(|word| *word != "--");
    if before_dashes.clone().any(|word| word == "--help" || word == "-h") {
        println!("{}", command.help.trim_end());
        return Ok(());
    }
    (command.run)(Arguments::new(command.name, words))
}

fn overview() -> String {
    let mut text = String::from("The project's own commands.\n\nUsage: cargo xtask COMMAND\n\n");
    for command in COMMANDS {
        text.push_str(&format!("  {:<15} {}\n", command.name, command.summary));
    }
    text.push_str("\n`cargo xtask COMMAND --help` says more about each.");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_listed_and_explains_itself() {
        for command in COMMANDS {
            assert!(overview().contains(command.summary), "{}", command.name);
            let usage = format!("Usage: cargo xtask {}", command.name);
            assert!(command.help.contains(&usage), "{} lacks its usage", command.name);
        }
    }

    #[test]
    fn an_unknown_command_is_a_usage_error() {
        let failure = dispatch(vec!["fly".into()]).unwrap_err();
        assert_eq!(failure.exit_code(), 2);
        assert!(failure.to_string().contains("fly"));
    }
}
