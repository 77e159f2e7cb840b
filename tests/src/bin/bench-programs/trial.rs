//! One program through one network.

use std::path::Path;
use std::time::Duration;

use golive_media::{Plane, burnt_clock};
use golive_proto::units::{Bitrate, Time};
use golive_tests::peers::{Mode, Options, Output, Process, free_address, golive};
use golive_tests::viewing::{self, LUMA_HEIGHT, LUMA_WIDTH, Receiver, Viewing};
use serde_json::Value;

use crate::network::Network;
use crate::rival;

/// What SRT holds packets back for.
pub(crate) const LATENCY: Duration = Duration::from_millis(500);
/// The size of the picture.
pub(crate) const SIZE: (u32, u32) = (1_280, 720);
/// Of the sound.
pub(crate) const SOUND: Bitrate = Bitrate::from_kilobits_per_second(128);
/// No picture takes more than this.
const MAXIMUM: Bitrate = Bitrate::from_kilobits_per_second(6_000);
/// Of a full packet on the wire, what is media: six of seven parts and more.
const PAYLOAD_SHARE: f64 = 0.94;
/// As in the simulations: what a player holds back of its own.
const PLAYER_SLACK: Duration = Duration::from_millis(120);
/// The beginning is not judged: nobody knows the link yet.
const SETTLING: Duration = Duration::from_secs(5);
/// Nor is the end, of which something is still under way when a program ends.
const ENDING: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(20);

/// Who broadcasts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Program {
    Golive,
    /// ffmpeg, at this share of what the link carries on average.
    Rival(f64),
}

impl Program {
    pub(crate) const ALL: [Program; 3] =
        [Program::Golive, Program::Rival(1.0), Program::Rival(0.5)];
}

/// What is tried.
pub(crate) struct Trial<'a> {
    pub(crate) network: &'a Network,
    pub(crate) program: Program,
    pub(crate) length: Duration,
    pub(crate) kept: &'a Path,
}

/// What came of it.
pub(crate) struct Outcome {
    pub(crate) network: String,
    pub(crate) program: String,
    /// What the link carries on average.
    pub(crate) capacity: Option<Bitrate>,
    pub(crate) viewing: Viewing,
    /// How often the program had to be started again.
    pub(crate) restarts: u32,
    /// How late the network released a packet at worst, in milliseconds: how busy the machine was.
    pub(crate) latest_release: f64,
}

impl Trial<'_> {
    pub(crate) fn title(&self) -> String {
        match self.program {
            Program::Golive => "golive".to_owned(),
            Program::Rival(_) => format!("ffmpeg at {}", self.rival_rate()),
        }
    }

    /// What the picture may take of so much of the link, beside the sound.
    fn rival_rate(&self) -> Bitrate {
        let Program::Rival(share) = self.program else { return MAXIMUM };
        let Some(mean) = self.network.mean(SETTLING + self.length) else {
            return MAXIMUM.scaled(share);
        };
        let sound = SOUND.scaled(1.1);
        let picture = mean.scaled(share * PAYLOAD_SHARE).saturating_sub(sound);
        let kilobits = picture.min(MAXIMUM).as_kilobits_per_second();
        Bitrate::from_kilobits_per_second(kilobits / 10 * 10)
    }

    /// Runs it, in a little more than its length.
    pub(crate) fn run(&self) -> Outcome {
        let receiver = Receiver::start(LATENCY);
        let listen = free_address();
        let mut command = golive();
        command.args(["netlab", "--listen", &listen.to_string(), "--json"]);
        command.args(["--to", &receiver.address().to_string()]).args(&self.network.arguments);
        let mut netlab = Process::start(command, Output::Log);
        netlab.wait_for_line(r#""event":"relaying""#, PATIENCE);
        let began = viewing::now();
        let end = began + SETTLING + self.length;
        let options = Options::latency(LATENCY);
        let mode = Mode::Caller(listen);
        let (restarts, said) = match self.program {
            Program::Golive => (0, broadcast(&options.url(mode), end + ENDING)),
            Program::Rival(_) => {
                let url = options.ffmpeg_url(mode);
                let sent = rival::broadcast(&url, self.rival_rate(), end + ENDING);
                (sent.restarts, sent.said)
            }
        };
        std::thread::sleep(LATENCY + self.network.one_way + PLAYER_SLACK);
        let (datagrams, heard) = receiver.finish();
        netlab.interrupt();
        netlab.wait(PATIENCE);
        let name = self.title().replace(' ', "-").replace('/', "");
        let keep = |what: &str| self.kept.join(format!("{}-{name}.{what}", self.network.name));
        for (what, lines) in
            [("program.log", said), ("netlab.log", netlab.log()), ("receiver.log", heard)]
        {
            std::fs::write(keep(what), lines.join("\n")).expect("room for a log");
        }
        let pictures = viewing::pictures(&datagrams, &keep("ts"), burnt_time);
        std::fs::write(keep("pictures.csv"), listed(&pictures, began)).expect("room for a list");
        let budget = LATENCY + self.network.one_way + PLAYER_SLACK;
        Outcome {
            network: self.network.name.clone(),
            program: self.title(),
            capacity: self.network.mean(SETTLING + self.length),
            viewing: Viewing::judge(&pictures, began + SETTLING, end, budget),
            restarts,
            latest_release: latest_release(&netlab.log()),
        }
    }
}

/// `golive to`, until `end`; gives what it said.
fn broadcast(url: &str, end: Time) -> Vec<String> {
    let mut command = golive();
    command.args(["to", url, "--json", "--video", "synthetic", "--audio", "synthetic"]);
    command.args(["--size", &format!("{}x{}", SIZE.0, SIZE.1), "--fps", "30"]);
    command.args(["--video-bitrate", &MAXIMUM.as_bits_per_second().to_string()]);
    command.args(["--audio-bitrate", &SOUND.as_bits_per_second().to_string()]);
    let mut broadcaster = Process::start(command, Output::Log);
    std::thread::sleep(end.since(viewing::now()));
    broadcaster.interrupt();
    broadcaster.wait(PATIENCE);
    broadcaster.log()
}

/// The time that is burnt into a picture.
fn burnt_time(luma: &[u8]) -> Option<u64> {
    let plane = Plane { samples: luma, stride: LUMA_WIDTH, width: LUMA_WIDTH, height: LUMA_HEIGHT };
    Some(burnt_clock::read(plane)?.unix_millis)
}

/// Every picture, for those who want to know why it was late; times in milliseconds, captures from
/// the beginning of the network.
fn listed(pictures: &[viewing::Picture], began: Time) -> String {
    let mut lines = vec!["captured,took,bytes,keyframe,faulty,after_loss".to_owned()];
    lines.extend(pictures.iter().map(|picture| {
        let took = picture.arrived.map(|arrived| arrived.since(picture.captured).as_millis());
        format!(
            "{},{},{},{},{},{}",
            picture.captured.since(began).as_millis(),
            took.map_or_else(String::new, |took| took.to_string()),
            picture.length.as_u64(),
            u8::from(picture.keyframe),
            u8::from(picture.faulty),
            u8::from(picture.after_loss),
        )
    }));
    lines.join("\n")
}

fn latest_release(log: &[String]) -> f64 {
    let reports = log.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    reports.filter_map(|report| report.get("latest_release_ms")?.as_f64()).fold(0.0, f64::max)
}
