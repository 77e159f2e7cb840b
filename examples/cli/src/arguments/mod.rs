//! What can be said to `golive`: commands, options and their help.
//!
//! Nothing here acts. A secret that was typed into an address or an option is held in a type that
//! does not print, and is cut out of the messages about wrong usage, too.

mod media;
mod netlab;
mod secret;
mod value;
mod via;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand};
use golive::Via;

pub(crate) use media::{AudioChoice, EncodingArguments, SourceArguments, VideoChoice};
pub(crate) use netlab::Netlab;
pub(crate) use secret::{Address, Key, SecretArguments, SecretError, Secrets, ingest_secrets};

use crate::exit::{Exit, Failure};

/// What every address means and how secrets travel; a macro, because it ends two longer texts.
macro_rules! address_help {
    () => {
        "\
The address:
  srt://HOST:PORT       the ingest; [::1] for IPv6
  streamid=ID           what the ingest knows the stream by; often the stream key
  latency=MS            how long the receiver holds packets back to repair losses, 120 by default
  passphrase=WORDS      encrypts; 10 to 79 characters
  pbkeylen=16|24|32     length of the encryption key in bytes
  packetfilter=FILTER   has lost packets rebuilt: auto, or as libsrt writes it, fec,cols:10,rows:5
  mode=caller|listener  call the ingest (the default), or wait for it to call

Secrets need not be on the command line, where other programs can read them: put the stream id into
GOLIVE_STREAM_KEY and the passphrase into GOLIVE_PASSPHRASE, or give them on standard input.

Exit status:
  0  it ended as asked       1  something on this machine failed, such as a file or a disk
  2  wrong usage             3  the ingest refused or could not be reached
  4  a camera or microphone is missing or forbidden"
    };
}

macro_rules! to_examples {
    () => {
        "\
Examples:
  golive to srt://ingest.example:9000
  golive to 'srt://ingest.example:9000?streamid=publish:live&latency=250' --size 1920x1080
  GOLIVE_STREAM_KEY=… GOLIVE_PASSPHRASE=… golive to srt://ingest.example:9000
  golive to srt://127.0.0.1:9000 --video camera:1 --audio mic:USB --duration 30s
  golive to srt://127.0.0.1:9000 --video file:holiday.mp4 --loop --json
  golive to srt://ingest.example:9000 --via 192.168.1.7 --via 10.0.0.7,metered=500MB
"
    };
}

macro_rules! send_examples {
    () => {
        "\
Examples:
  golive send recording.ts 'srt://127.0.0.1:9000?latency=250' --loop
  ffmpeg -re -i in.mp4 -c copy -f mpegts - | golive send - srt://127.0.0.1:9000
"
    };
}

/// Broadcast live from a terminal: camera and microphone, a file or a test picture, over SRT.
#[derive(Debug, Parser)]
#[command(
    name = "golive",
    version,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100,
    styles = STYLES,
    after_help = HELP_AFTER
)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Log what happens inside to standard error; twice for more (RUST_LOG is read, too)
    #[arg(short, long, global = true, display_order = 900, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const HELP_AFTER: &str = "\
Examples:
  golive demo                                  on air on this machine, watched in a browser
  golive to srt://ingest.example:9000          camera and microphone to an ingest
  golive to srt://127.0.0.1:9000 --video synthetic --json
  golive send recording.ts srt://127.0.0.1:9000 --loop

Exit status:
  0  it ended as asked       1  something on this machine failed, such as a file or a disk
  2  wrong usage             3  the ingest refused or could not be reached
  4  a camera or microphone is missing or forbidden";

/// One of the six commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(Demo),
    To(Box<To>),
    Send(Send),
    Ingest(Ingest),
    Devices(Devices),
    Netlab(Netlab),
}

/// Go on air on this machine: an ingest, a broadcast to it, and a page to watch it in
///
/// Takes the camera and the microphone if there are any, else a test picture and a tone. Prints the
/// address of the page; nothing leaves this machine and nothing is recorded unless asked.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  golive demo
  golive demo --open --duration 1m
  golive demo --video file:holiday.mp4 --loop")]
pub(crate) struct Demo {
    #[command(flatten)]
    pub(crate) sources: SourceArguments,

    #[command(flatten)]
    pub(crate) encoding: EncodingArguments,

    /// Open the page in the browser
    #[arg(long)]
    pub(crate) open: bool,

    /// Record the broadcast into this folder, as the ingest received it
    #[arg(long, value_name = "DIR")]
    pub(crate) record: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

/// Broadcast to an ingest
///
/// Takes the camera and the microphone if there are any, else a test picture and a tone. The
/// bitrate follows what the network carries, then the frame rate and the size where it carries too
/// little for what was asked for; a lost connection is made again by itself.
#[derive(Debug, Args)]
#[command(
    after_help = to_examples!(),
    after_long_help = concat!(to_examples!(), "
", address_help!())
)]
pub(crate) struct To {
    /// Where to: srt://HOST:PORT?streamid=&latency=&passphrase=&pbkeylen=&mode=
    #[arg(value_name = "URL")]
    pub(crate) address: Address,

    #[command(flatten)]
    pub(crate) sources: SourceArguments,

    #[command(flatten)]
    pub(crate) encoding: EncodingArguments,

    /// Keep a local copy in this file, as MPEG-TS, whatever the network does
    #[arg(long, value_name = "PATH")]
    pub(crate) record: Option<PathBuf>,

    /// Use several networks at once: an address that this device has on one; repeat it for each.
    /// The ingest is `golive ingest`, or stands behind an srtla receiver. One with ,metered=SIZE
    /// costs money: it is used where the others do not suffice, and until SIZE has passed
    #[arg(long, value_name = "ADDRESS[,metered=SIZE]", value_parser = via::via)]
    pub(crate) via: Vec<Via>,

    #[command(flatten)]
    pub(crate) secrets: SecretArguments,

    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

/// Carry an MPEG-TS file or standard input to an ingest, untouched
///
/// A file is paced by its own clock (PCR); standard input goes out as it comes. Bytes travel in
/// payloads of 1316, as srt-live-transmit sends them.
#[derive(Debug, Args)]
#[command(
    after_help = send_examples!(),
    after_long_help = concat!(send_examples!(), "
", address_help!())
)]
pub(crate) struct Send {
    /// An MPEG-TS file, or `-` for standard input
    #[arg(value_name = "FILE|-")]
    pub(crate) input: PathBuf,

    /// Where to: srt://HOST:PORT?streamid=&latency=&passphrase=&pbkeylen=&mode=
    #[arg(value_name = "URL")]
    pub(crate) address: Address,

    /// Begin the file again when it ends
    #[arg(long = "loop")]
    pub(crate) looped: bool,

    #[command(flatten)]
    pub(crate) secrets: SecretArguments,

    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

/// Take broadcasts on this machine, and show them in a page
///
/// Listens on this machine alone unless given another address. Prints where to send to and where
/// to watch, and what happens as it happens. Takes broadcasts over several networks at once (srtla,
/// as `golive to --via` sends them) on the same port.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  golive ingest
  golive ingest --srt 0.0.0.0:9710 --http 0.0.0.0:9780 --record recordings
  GOLIVE_INGEST_KEY=… golive ingest

Without a key every stream id is taken. GOLIVE_PASSPHRASE, if set, encrypts.")]
pub(crate) struct Ingest {
    /// Where to listen for SRT (UDP)
    #[arg(long, value_name = "ADDR", default_value_t = Ingest::SRT)]
    pub(crate) srt: SocketAddr,

    /// Where to serve the page
    #[arg(long, value_name = "ADDR", default_value_t = Ingest::HTTP)]
    pub(crate) http: SocketAddr,

    /// Record each broadcast to a file in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) record: Option<PathBuf>,

    /// Take only streams with this key; `-` reads it from standard input
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<Key>,

    /// Print one JSON object for each thing that happens
    #[arg(long)]
    pub(crate) json: bool,
}

impl Ingest {
    /// Where the ingest listens for SRT unless told otherwise.
    pub(crate) const SRT: SocketAddr = loopback(9710);
    /// Where it serves its page unless told otherwise.
    pub(crate) const HTTP: SocketAddr = loopback(9780);
}

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), port)
}

/// List cameras and microphones
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  golive devices
  golive devices --json

The numbers are what --video camera:N takes, the names what --audio mic:NAME takes; a part of a name
is enough.")]
pub(crate) struct Devices {
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// How long, and what is printed.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct OutputArguments {
    /// Stop after this long on air, such as 10s, 500ms or 2m
    #[arg(long, value_name = "TIME", value_parser = value::duration)]
    pub(crate) duration: Option<Duration>,

    /// Print one JSON object a second, events between them and totals at the end
    #[arg(long)]
    pub(crate) json: bool,
}

/// Reads the command line. Help and version are printed here, and end the program with 0.
pub(crate) fn parse(words: Vec<OsString>) -> Result<Arguments, Failure> {
    Arguments::try_parse_from(&words).map_err(|error| {
        if !error.use_stderr() {
            let printed = error.print().is_ok();
            return Failure::silent(if printed { Exit::Done } else { Exit::Failed });
        }
        let text = secret::without_secrets(&error.render().ansi().to_string(), &words);
        Failure::rendered(Exit::Usage, text)
    })
}

#[cfg(test)]
mod tests;
