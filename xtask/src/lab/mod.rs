//! `cargo xtask lab`: a camera and a microphone without hardware.
//!
//! A PC in software boots Debian's kernel, whose `vivid` driver is a camera and whose `snd-aloop`
//! is a sound card that hears what it plays. In it `golive` finds both, goes on air with them to
//! an ingest beside it, loses the camera and gets it back. What the ingest recorded is judged
//! here.
//!
//! It proves the path from Linux's own camera and sound interfaces to the recording. It proves
//! nothing about other systems' cameras, nor about any real camera's faults.

mod cpio;
mod guest;
mod image;
mod machine;
mod modules;
mod packages;
mod picture;
mod recording;
mod tone;
mod verdict;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::arguments::Arguments;
use crate::failure::{Context, Failure};
use crate::setup::{self, Level};
use crate::{process, terminal, workspace};
use image::Contents;
use machine::Machine;

pub(crate) const SUMMARY: &str = "go on air from a virtual camera and sound card in a QEMU guest";

pub(crate) const HELP: &str = "\
Boots a guest in QEMU, in software, whose kernel has a virtual camera and a loopback sound card;
runs `golive devices` and `golive to --video camera --audio mic` in it; pulls the camera out while
live and puts it back; and judges what arrived: the picture, its motion, the tone, the events.
Wants Debian on x86-64. The guest has no network. Everything stays in target/lab.

Usage: cargo xtask lab [--golive PATH] [--judge] [--yes]

  --golive PATH   the command to judge, instead of one built from these sources
  --judge         only judge again what the last guest left behind
  --yes           install QEMU and what else is missing without asking";

/// What the program that sets the camera's controls is linked with.
const CAMERA_LIBRARIES: &[&str] = &["libv4l-0", "libv4lconvert0", "libjpeg62-turbo"];

/// Where the guest's files are kept, below the lab's folder.
const RESULTS: &str = "results";

pub(crate) fn run(mut arguments: Arguments) -> Result<(), Failure> {
    let yes = arguments.flag("--yes");
    let judge = arguments.flag("--judge");
    let golive = arguments.option("--golive")?.map(PathBuf::from);
    arguments.finish()?;
    if std::env::consts::ARCH != "x86_64" || std::env::consts::OS != "linux" {
        return Err(Failure::missing("the lab's guest is made from Debian's packages for x86-64"));
    }
    setup::ensure(Level::Lab, yes)?;
    let folder = workspace::target().join("lab");
    if !judge {
        visit(&folder, golive)?;
    }
    verdict::judge(&folder.join(RESULTS))
}

/// Runs the guest and takes out what it left on its disk.
fn visit(folder: &Path, golive: Option<PathBuf>) -> Result<(), Failure> {
    let golive = golive.map_or_else(build, Ok)?;
    let kernel = prepare(folder, golive)?;
    terminal::announce("running the guest, which takes about 90 s");
    let begin = Instant::now();
    let disk = folder.join("disk");
    let machine = Machine { kernel: &kernel, image: &folder.join("image"), disk: &disk };
    machine.run(&folder.join("console.log"))?;
    terminal::announce(&format!("the guest ran for {}", terminal::duration(begin.elapsed())));

    let results = folder.join(RESULTS);
    // What an earlier guest left must not be taken for this one's.
    let _ = std::fs::remove_dir_all(&results);
    std::fs::create_dir_all(&results).context("cannot make a folder for the results")?;
    process::run(Command::new("tar").arg("-xf").arg(&disk).arg("-C").arg(&results))?;
    std::fs::remove_file(&disk).context("cannot remove the guest's disk")
}

fn build() -> Result<PathBuf, Failure> {
    terminal::announce("building golive");
    process::run(process::cargo().args(["build", "--package", "golive-cli", "--bin", "golive"]))?;
    Ok(workspace::target().join("debug").join("golive"))
}

/// Fetches the packages and packs the image; returns the kernel to boot.
fn prepare(folder: &Path, golive: PathBuf) -> Result<PathBuf, Failure> {
    let unpacked = |package: &str| packages::unpacked(&folder.join("packages"), package);
    let name = packages::kernel()?;
    let kernel = unpacked(&name)?;
    let camera_tool = unpacked("v4l-utils")?.join("usr/bin/v4l2-ctl");
    let contents = Contents {
        busybox: unpacked("busybox-static")?.join("bin/busybox"),
        modules: modules::load_order(&kernel.join("lib/modules"), guest::MODULES)?,
        programs: vec![
            ("bin/golive", golive),
            ("bin/aplay", unpacked("alsa-utils")?.join("usr/bin/aplay")),
            ("bin/v4l2-ctl", camera_tool),
        ],
        libraries: CAMERA_LIBRARIES.iter().map(|it| unpacked(it)).collect::<Result<_, _>>()?,
    };
    let image = image::pack(&contents)?;
    std::fs::write(folder.join("image"), image).context("cannot write the guest's image")?;
    Ok(kernel.join("boot").join(name.replacen("linux-image", "vmlinuz", 1)))
}
