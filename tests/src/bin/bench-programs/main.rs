//! What a viewer sees when the real programs cross the same bad network: `golive to`, and ffmpeg at
//! a fixed rate.
//!
//! `bench-programs [FOLDER|PROFILE|clean...] [SECONDS] [--alone] [--json]`, the invented networks and
//! 60 s if not said; of a folder, every recording (`.up`); `--alone` leaves out ffmpeg. Each program in turn broadcasts a picture of
//! 1280x720 and sound through `golive netlab` with the same seed into `srt-live-transmit`, and
//! ffmpeg's decoder says what is to be seen. ffmpeg's rate is what the link carries on average, and
//! half of that; it is started again whenever it gives up. Prints a Markdown table, and keeps what
//! was received and said in `target/bench-programs`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    reason = "a program whose output is its purpose"
)]

mod network;
mod rival;
mod table;
mod trial;

use std::path::PathBuf;
use std::time::Duration;

use network::Network;
use trial::{Outcome, Program, Trial};

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/bench-programs");

fn main() {
    let (mut seconds, mut json, mut networks) = (60, false, Vec::new());
    let mut programs: &[Program] = &Program::ALL;
    for word in std::env::args().skip(1) {
        match word.parse() {
            Ok(number) => seconds = number,
            Err(_) if word == "--json" => json = true,
            Err(_) if word == "--alone" => programs = &[Program::Golive],
            Err(_) => networks.extend(Network::named(&word)),
        }
    }
    if networks.is_empty() {
        networks = Network::profiles();
    }
    let length = Duration::from_secs(seconds);
    let kept = PathBuf::from(KEPT);
    std::fs::create_dir_all(&kept).expect("a folder for recordings");
    let mut outcomes: Vec<Outcome> = Vec::new();
    for network in &networks {
        for &program in programs {
            let trial = Trial { network, program, length, kept: &kept };
            eprintln!("{}: {}, {seconds} s", network.name, trial.title());
            let outcome = trial.run();
            eprintln!("  {}", table::cells(&outcome).join(" | "));
            outcomes.push(outcome);
        }
    }
    if json {
        println!("{}", table::json(&outcomes));
    } else {
        print!("{}", table::markdown(&outcomes));
    }
}
