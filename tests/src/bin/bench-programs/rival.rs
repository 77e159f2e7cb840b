//! ffmpeg with libx264 at a fixed rate, as people set it up for a live broadcast: fed with the same
//! test picture as `golive to` draws, and started again whenever it gives up.

use std::io::Write;
use std::process::{ChildStdin, Command};
use std::time::Duration;

use golive_media::Picture;
use golive_media::synthetic::{Moment, TestPicture};
use golive_proto::media::PictureSize;
use golive_proto::units::{Bitrate, MediaTime, Time};
use golive_tests::peers::{Output, Process};
use golive_tests::viewing;

use crate::trial::{SIZE, SOUND};

/// From one picture to the next.
const INTERVAL: Duration = Duration::from_nanos(33_333_333);
/// A beep each second, as the test picture flashes.
const TONE: &str = "aevalsrc='0.5*sin(2*PI*1000*t)*lt(mod(t,1),0.1)':s=48000:c=stereo";
/// Before it is started again, as a service manager would.
const PAUSE: Duration = Duration::from_millis(100);

/// What a broadcast came to.
pub(crate) struct Sent {
    pub(crate) restarts: u32,
    pub(crate) said: Vec<String>,
}

/// Broadcasts until `end`.
pub(crate) fn broadcast(url: &str, rate: Bitrate, end: Time) -> Sent {
    let size = PictureSize::new(SIZE.0, SIZE.1).expect("a size that can be encoded");
    let mut camera = Camera {
        test: TestPicture::new(size),
        picture: Picture::black(size),
        began: viewing::now(),
        end,
    };
    let mut sent = Sent { restarts: 0, said: Vec::new() };
    loop {
        // One timeline: what comes after a restart follows what was before.
        let offset = viewing::now().since(camera.began);
        let mut ffmpeg = Process::start(command(url, rate, offset), Output::Log);
        let over = camera.film(ffmpeg.take_stdin());
        if over {
            ffmpeg.kill();
        }
        sent.said.push(format!("--- from {:.1} s on", offset.as_secs_f64()));
        sent.said.extend(ffmpeg.log());
        if over {
            return sent;
        }
        sent.restarts += 1;
        std::thread::sleep(PAUSE);
    }
}

fn command(url: &str, rate: Bitrate, offset: Duration) -> Command {
    let bits = |rate: Bitrate| rate.as_bits_per_second().to_string();
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-hide_banner", "-nostats", "-v", "warning"]);
    // Sound is there as soon as a picture needs it: one that kept its own time would hold up pictures
    // by what it began later.
    command.args(["-f", "lavfi", "-i", TONE]);
    command.args(["-probesize", "32", "-analyzeduration", "0"]);
    command.args(["-f", "rawvideo", "-pix_fmt", "yuv420p", "-framerate", "30"]);
    command.args(["-video_size", &format!("{}x{}", SIZE.0, SIZE.1), "-i", "pipe:0"]);
    command.args(["-map", "1:v", "-map", "0:a", "-c:v", "libx264", "-preset", "veryfast"]);
    command.args(["-tune", "zerolatency", "-g", "60", "-keyint_min", "60", "-sc_threshold", "0"]);
    command.args([
        "-b:v",
        &bits(rate),
        "-maxrate",
        &bits(rate),
        "-bufsize",
        &bits(rate.scaled(0.5)),
    ]);
    command.args(["-c:a", "aac", "-b:a", &bits(SOUND)]);
    command.args(["-output_ts_offset", &offset.as_secs_f64().to_string(), "-f", "mpegts"]);
    command.arg(format!("{url}&pkt_size=1316"));
    command
}

struct Camera {
    test: TestPicture,
    picture: Picture,
    began: Time,
    end: Time,
}

impl Camera {
    /// Takes a picture at each slot for as long as they are read; a slot that has passed when there
    /// is room for the next one is left out. Whether the time is over.
    fn film(&mut self, mut pipe: ChildStdin) -> bool {
        let mut frame = (viewing::now().since(self.began).as_nanos() / INTERVAL.as_nanos()) as u32;
        loop {
            frame += 1;
            std::thread::sleep((self.began + INTERVAL * frame).since(viewing::now()));
            let now = viewing::now();
            if now >= self.end {
                return true;
            }
            frame = (now.since(self.began).as_nanos() / INTERVAL.as_nanos()) as u32;
            let media_time = MediaTime::ZERO + INTERVAL * frame;
            let unix_millis = now.as_micros() / 1_000;
            self.test.draw(&mut self.picture, Moment { media_time, unix_millis, frame });
            let [blue, red] = self.picture.chroma();
            let planes = [self.picture.luma().samples, blue.samples, red.samples];
            if planes.into_iter().any(|plane| pipe.write_all(plane).is_err()) {
                return false;
            }
        }
    }
}
