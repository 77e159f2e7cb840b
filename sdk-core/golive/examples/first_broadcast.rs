//! The smallest program that goes on air: a test picture and a tone, for ten seconds.
//!
//! Start an ingest first (`golive ingest`), then
//! `cargo run -p golive --features media --example first_broadcast -- srt://127.0.0.1:9000`.

use std::error::Error;
use std::time::Duration;

use golive::{AudioSource, Broadcast, Destination, VideoSource};

fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("tell the ingest's URL: srt://HOST:PORT")?;
    let destination: Destination = url.parse()?;
    let broadcast = Broadcast::builder(destination)
        .video(VideoSource::Synthetic)
        .audio(AudioSource::Synthetic)
        .start_blocking()?;
    std::thread::sleep(Duration::from_secs(10));
    let summary = broadcast.stop_blocking()?;
    eprintln!("{}: {} sent", summary.cause, summary.health.link.totals.bytes_sent);
    Ok(())
}
