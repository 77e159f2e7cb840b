//! One platform's check.

use std::process::Command;

use super::compiler::Compiler;
use super::target::{Part, Target};
use super::toolchain::Toolchain;
use crate::failure::Failure;
use crate::{process, terminal, workspace};

/// Checks all that `target` uses.
pub(super) fn target(compiler: &Compiler, target: &Target) -> Result<(), Failure> {
    let toolchain = Toolchain::of(compiler, target.triple)?;
    for part in target.parts {
        terminal::announce(&format!("{}: {}", target.name, part.packages.join(", ")));
        let mut clippy = command(&toolchain, target, part);
        if compiler.host != target.triple {
            without_c_compiler(&mut clippy, target)?;
        }
        process::run(&mut clippy)?;
    }
    Ok(())
}

fn command(toolchain: &Toolchain, target: &Target, part: &Part) -> Command {
    let mut command = toolchain.clippy();
    // Apart from what is built for this machine, which another compiler's work would throw out.
    command.env("CARGO_TARGET_DIR", workspace::target().join("platforms").join("build"));
    // The standard library is built along where it is not installed, and nobody runs it.
    command.env("CARGO_PROFILE_DEV_OPT_LEVEL", "0").env("CARGO_PROFILE_DEV_DEBUG", "false");
    command.args(["--target", target.triple]);
    command.args(part.packages.iter().flat_map(|package| ["--package", package]));
    command.args(part.features).args(["--", "-D", "warnings"]);
    command
}

/// The codecs in software are C and C++, for which there are neither compilers nor headers here.
/// What they are compiled to is only ever linked, and nothing is: so a program that does nothing
/// stands in for the compiler.
fn without_c_compiler(command: &mut Command, target: &Target) -> Result<(), Failure> {
    let nothing = process::find("true").ok_or_else(|| {
        Failure::missing("there is no program `true` here, which stands in for a C compiler")
    })?;
    for tool in ["CC", "CXX", "AR", "RANLIB"] {
        command.env(format!("{tool}_{}", target.triple.replace('-', "_")), &nothing);
    }
    // Assembly would be made for the real compiler's work only.
    command.env("OPENH264_NO_ASM", "1");
    if target.triple.contains("apple") && std::env::consts::OS != "macos" {
        // Any folder is believed to hold Apple's headers, and nobody reads them.
        command.env("SDKROOT", workspace::root());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platforms::target::TARGETS;

    #[test]
    fn each_platform_is_checked_with_warnings_as_errors() {
        for target in TARGETS {
            for part in target.parts {
                let shown = process::shown(&command(&Toolchain::Installed, target, part));
                assert!(shown.contains(&format!("--target {}", target.triple)), "{shown}");
                assert!(shown.ends_with("-- -D warnings"), "{shown}");
            }
        }
    }
}
