//! What can be said to `golive netlab`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use golive_netlab::network::Profile;
use golive_proto::units::Bitrate;

use super::{OutputArguments, value};

/// Put a bad network between a broadcaster and an ingest
///
/// Takes UDP at one address and passes it on to another, delayed, lost and held back as asked, and
/// the answers back. The same seed loses the same packets again. Everything crosses it alike: this
/// command, ffmpeg, OBS or a telephone.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  golive netlab --listen 127.0.0.1:9000 --to 127.0.0.1:9710 --profile lte-drive
  golive netlab --listen 127.0.0.1:9000 --to 127.0.0.1:9710 --loss 5% --burst 3 --delay 50ms
  golive netlab --listen 127.0.0.1:9000 --to 127.0.0.1:9710 --trace uplink.up --delay 30ms

A trace is a text file with the times in milliseconds at which the uplink could carry a packet of
1500 bytes, as the Saturator records them; at its end it begins again.")]
pub(crate) struct Netlab {
    /// Where to listen for the broadcaster (UDP)
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: SocketAddr,

    /// Where the ingest is
    #[arg(long, value_name = "ADDR")]
    pub(crate) to: SocketAddr,

    /// A network that people meet: lte-drive, stadium, lift, train-tunnel or wifi-to-cellular
    #[arg(long, value_name = "NAME", conflicts_with = "trace")]
    pub(crate) profile: Option<Profile>,

    /// What the uplink carries, from a recording
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,

    /// What the uplink carries at most, such as 5M or 800k
    #[arg(long, value_name = "RATE")]
    pub(crate) rate: Option<Bitrate>,

    /// How many bytes may wait where the uplink carries less; more are dropped [500000]
    #[arg(long, value_name = "BYTES")]
    pub(crate) queue: Option<u64>,

    /// The share of packets that is lost, each way
    #[arg(long, value_name = "PERCENT", value_parser = value::percent)]
    pub(crate) loss: Option<f64>,

    /// How many packets are lost in a row, on average
    #[arg(long, value_name = "PACKETS", requires = "loss", value_parser = value::burst)]
    pub(crate) burst: Option<f64>,

    /// How long a packet is under way, each way
    #[arg(long, value_name = "TIME", value_parser = value::duration)]
    pub(crate) delay: Option<Duration>,

    /// Up to this much longer, by chance
    #[arg(long, value_name = "TIME", value_parser = value::duration)]
    pub(crate) jitter: Option<Duration>,

    /// What all chance comes from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,

    #[command(flatten)]
    pub(crate) output: OutputArguments,
}
