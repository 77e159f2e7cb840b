//! How a viewer sees each rung of the ladder at each bitrate: size and frame rate against blocks and
//! pictures left out.
//!
//! `bench-ladder`: some minutes. Encoder, decoder and scaler are golive-media's own, so that its
//! `floors` does the work; this program has it run. `GOLIVE_MEDIA` may name a folder with
//! `bigbuckbunny.mp4` in it, which is looked at beside the synthetic picture. Prints Markdown
//! tables.

use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["test", "--release", "--package", "golive-media", "--lib", "floors"]);
    cargo.args(["--", "--ignored", "--nocapture"]);
    match cargo.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
