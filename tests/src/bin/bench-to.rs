//! What `golive to` costs beside its encoders alone, and how soon it is on air.
//!
//! `bench-to [SECONDS [RUNS]]`, 20 s and 3 runs if not said. The encoders alone are the same ones,
//! in a loop without capture, network or control, fed the same pictures and sound, drawn
//! beforehand, at the same pace. Everything is kept on one processor: encoders run measurably
//! slower whenever the system moves them to another. Prints Markdown tables.

#![allow(clippy::print_stdout, reason = "a program whose output is its purpose")]
#![allow(clippy::expect_used, reason = "a benchmark that cannot go on says why and ends")]

use std::time::{Duration, Instant};

use golive_media::encode::{AudioEncoder, CHANNELS, FRAME_SAMPLES, SAMPLE_RATE, VideoEncoder};
use golive_media::synthetic::{Moment, TestPicture, Tone};
use golive_media::{Config, Picture};
use golive_proto::media::{FrameRate, PictureSize, Track};
use golive_proto::mux::mpegts::{Output, Reader};
use golive_proto::units::{Bitrate, MediaTime, Time};
use golive_tests::peers::{
    Mode, Options, Output as Printed, Process, cpu_time_of, free_address, golive, transmit_to_udp,
    wait_until_bound,
};
use golive_tests::sink::Sink;

const LATENCY: Duration = Duration::from_millis(120);
const AUDIO: Bitrate = Bitrate::from_kilobits_per_second(128);
/// What is encoded: size, and megabits a second.
const CASES: [(u32, u32, u64); 2] = [(1_280, 720, 2_500), (640, 360, 1_000)];
/// Pictures that are drawn beforehand; the loop begins anew after them.
const PREPARED: usize = 300;

fn main() {
    let mut numbers = std::env::args().skip(1).map_while(|word| word.parse::<u64>().ok());
    let duration = Duration::from_secs(numbers.next().unwrap_or(20));
    let runs = numbers.next().unwrap_or(3);
    stay_on_one_processor();
    println!(
        "Processor time for {} s, the median of {runs} runs in turn.\n",
        duration.as_secs_f64()
    );
    println!("| broadcast | encoders alone | golive to | of it drawing | ratio without drawing |");
    println!("|---|---|---|---|---|");
    for (width, height, kilobits) in CASES {
        let case = Case { width, height, bitrate: Bitrate::from_kilobits_per_second(kilobits) };
        let (mut bare, mut whole, mut drawing) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..runs {
            bare.push(case.encoders_alone(duration));
            let broadcast = case.broadcast(duration);
            whole.push(broadcast.processor);
            drawing.push(broadcast.drawing);
        }
        let [bare, whole, drawing] =
            [bare, whole, drawing].map(|times| median(times).as_secs_f64());
        println!(
            "| {width}x{height}, 30 pictures a second, {kilobits} kb/s | {bare:.2} s | {whole:.2} s | \
             {drawing:.2} s | {:.2} |",
            (whole - drawing) / bare
        );
    }
    let case =
        Case { width: 1_280, height: 720, bitrate: Bitrate::from_kilobits_per_second(2_500) };
    let starts = (0..5).map(|_| case.broadcast(Duration::from_secs(2)).first_keyframe).collect();
    let start: Duration = median(starts);
    println!(
        "\nFrom the start of the program to the first IDR out of srt-live-transmit, the median of \
         5: {:.0} ms, of which {} ms are the latency asked for.",
        start.as_secs_f64() * 1e3,
        LATENCY.as_millis()
    );
}

struct Case {
    width: u32,
    height: u32,
    bitrate: Bitrate,
}

struct Broadcast {
    processor: Duration,
    /// What the test picture takes of it, in a thread of its own.
    drawing: Duration,
    first_keyframe: Duration,
}

impl Case {
    fn size(&self) -> PictureSize {
        PictureSize::new(self.width, self.height).expect("a size that can be encoded")
    }

    /// Processor time of the encoders in this process.
    fn encoders_alone(&self, duration: Duration) -> Duration {
        let rate = FrameRate::new(30).expect("a frame rate");
        let pictures = self.prepared(rate);
        let config = Config::default();
        let mut video = VideoEncoder::new(self.bitrate, rate, config.keyframe_interval);
        let mut audio = AudioEncoder::new(AUDIO, 0).expect("an AAC encoder");
        let tone = Tone::new();
        let mut samples = [0; FRAME_SAMPLES * CHANNELS];
        let (began, before) = (Instant::now(), cpu_time_of(std::process::id()));
        let (mut picture, mut block) = (0_u32, 0_i64);
        loop {
            let video_due = rate.interval() * picture;
            let block_end = (block + 1) * FRAME_SAMPLES as i64;
            let audio_due = MediaTime::from_ticks(block_end, SAMPLE_RATE).since(MediaTime::ZERO);
            let due = video_due.min(audio_due);
            if due >= duration {
                break;
            }
            std::thread::sleep(due.saturating_sub(began.elapsed()));
            if due == video_due {
                let prepared = &pictures[picture as usize % pictures.len()];
                let encoded = video.encode(prepared, MediaTime::ZERO + video_due);
                drop(std::hint::black_box(encoded.expect("an encoded picture")));
                picture += 1;
            } else {
                tone.fill(block * FRAME_SAMPLES as i64, &mut samples);
                drop(std::hint::black_box(audio.encode(&samples).expect("encoded sound")));
                block += 1;
            }
        }
        let after = cpu_time_of(std::process::id());
        after.zip(before).map(|(after, before)| after - before).unwrap_or_default()
    }

    fn prepared(&self, rate: FrameRate) -> Vec<Picture> {
        let test = TestPicture::new(self.size());
        let draw = |frame: u32| {
            let mut picture = Picture::black(self.size());
            let media_time = MediaTime::ZERO + rate.interval() * frame;
            let unix_millis = 1_700_000_000_000 + media_time.as_micros() as u64 / 1_000;
            test.draw(&mut picture, Moment { media_time, unix_millis, frame });
            picture
        };
        (0..PREPARED as u32).map(draw).collect()
    }

    /// A broadcast to `srt-live-transmit`.
    fn broadcast(&self, duration: Duration) -> Broadcast {
        let sink = Sink::start(FirstKeyframe::default(), FirstKeyframe::take);
        let address = free_address();
        let options = Options::latency(LATENCY);
        let _receiver = transmit_to_udp(Mode::Listener(address), &options, sink.address());
        wait_until_bound(address);
        let started = golive_tests::payload::now();
        let mut command = golive();
        command.args(["to", &options.url(Mode::Caller(address)), "--json", "--fixed-bitrate"]);
        command.args(["--video", "synthetic", "--audio", "synthetic", "--fps", "30"]);
        command.args(["--size", &format!("{}x{}", self.width, self.height)]);
        command.args(["--video-bitrate", &format!("{}", self.bitrate.as_bits_per_second())]);
        let broadcaster = Process::start(command, Printed::Log);
        broadcaster.wait_for_line(r#""event":"live""#, Duration::from_secs(20));
        let times = || {
            let drawing = broadcaster.cpu_time_of_threads("golive-picture");
            [broadcaster.cpu_time(), drawing].map(Option::unwrap_or_default)
        };
        let [whole_before, drawing_before] = times();
        std::thread::sleep(duration);
        let [whole, drawing] = times();
        let arrived = sink.state().at.expect("a key frame at the ingest");
        Broadcast {
            processor: whole - whole_before,
            drawing: drawing - drawing_before,
            first_keyframe: arrived.since(started),
        }
    }
}

/// When the first whole IDR came out of the receiver.
#[derive(Default)]
struct FirstKeyframe {
    reader: Reader,
    at: Option<Time>,
}

impl FirstKeyframe {
    fn take(&mut self, datagram: &[u8], now: Time) {
        if self.at.is_some() {
            return;
        }
        self.reader.push(datagram);
        while let Some(output) = self.reader.poll() {
            if let Output::AccessUnit(unit) = output
                && unit.track == Track::Video
                && unit.keyframe
            {
                self.at.get_or_insert(now);
            }
        }
    }
}

/// With everything that this program starts.
#[cfg(target_os = "linux")]
fn stay_on_one_processor() {
    use rustix::thread::{CpuSet, sched_getcpu, sched_setaffinity};
    let mut one = CpuSet::new();
    one.set(sched_getcpu());
    sched_setaffinity(None, &one).expect("a processor to stay on");
}

#[cfg(not(target_os = "linux"))]
fn stay_on_one_processor() {}

fn median(mut values: Vec<Duration>) -> Duration {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}
