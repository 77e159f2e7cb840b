//! Files as sources: real picture and sound, decoded, encoded again and received by ffmpeg and by
//! the embedded ingest. `GOLIVE_MEDIA` may name a folder with more of them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use golive_tests::peers::{
    Flash, Mode, Options, Output, Process, available, free_address, golive, long,
    receive_into_file, small_mp4, wait_until_bound,
};

use crate::broadcaster;
use crate::recorded::{Expected, assert_watchable};
use crate::scratch::Scratch;

#[test]
fn ffmpeg_gets_a_film_that_was_made_on_the_spot() {
    if !available(&["ffmpeg", "ffprobe"]) {
        return;
    }
    let scratch = Scratch::new("film-ffmpeg");
    // Played more than three times: a decoder may show one round well and the next one not.
    let film = small_mp4(scratch.path(), 3);
    into_ffmpeg(&scratch, &film, Some(Flash::WholePicture));
}

#[test]
fn ffmpeg_and_the_ingest_get_real_footage() {
    if !available(&["ffmpeg", "ffprobe"]) {
        return;
    }
    let Some(folder) = std::env::var_os("GOLIVE_MEDIA") else {
        eprintln!("skipped: GOLIVE_MEDIA names no folder with real footage");
        return;
    };
    let films = std::fs::read_dir(&folder).expect("the folder that GOLIVE_MEDIA names");
    let films = films.filter_map(|file| Some(file.ok()?.path()));
    let films: Vec<PathBuf> =
        films.filter(|path| path.extension().is_some_and(|extension| extension == "mp4")).collect();
    assert!(!films.is_empty(), "no MP4 file in {}", folder.display());
    for (number, film) in films.iter().enumerate() {
        println!("{}", film.display());
        let scratch = Scratch::new(&format!("footage-{number}"));
        into_ffmpeg(&scratch, film, None);
        into_ingest(&scratch, film);
    }
}

fn into_ffmpeg(scratch: &Scratch, film: &Path, flash: Option<Flash>) {
    let received = scratch.file("received.ts");
    let address = free_address();
    let mut ffmpeg = receive_into_file(Mode::Listener(address), &options(), &received);
    wait_until_bound(address);
    let seconds = broadcast(film, Mode::Caller(address));
    assert!(ffmpeg.wait(Duration::from_secs(20)).success(), "ffmpeg ended in an error");
    assert_watchable(&received, Expected { seconds, keyframe_interval: Some(2.0), flash });
}

fn into_ingest(scratch: &Scratch, film: &Path) {
    let folder = scratch.file("recordings");
    let address = free_address();
    let mut command = golive();
    command.args(["ingest", "--srt", &address.to_string(), "--http", "127.0.0.1:0"]);
    command.arg("--record").arg(&folder);
    let mut ingest = Process::start(command, Output::Log);
    wait_until_bound(address);
    let seconds = broadcast(film, Mode::Caller(address));
    std::thread::sleep(Duration::from_secs(1));
    ingest.interrupt();
    assert!(ingest.wait(Duration::from_secs(20)).success(), "the ingest ended in an error");
    let mut files = std::fs::read_dir(&folder).expect("the folder of recordings");
    let file = files.next().expect("a recording").expect("a file").path();
    assert_watchable(&file, Expected { seconds, keyframe_interval: Some(2.0), flash: None });
}

fn broadcast(film: &Path, mode: Mode) -> f64 {
    let seconds = if long() { 60 } else { 10 };
    let film = format!("file:{}", film.display());
    let source = ["--video", &film, "--audio", "file", "--loop"];
    let mut broadcaster = broadcaster::start(&options().url(mode), &source, seconds);
    broadcaster::finish(&mut broadcaster, seconds);
    f64::from(seconds)
}

fn options() -> Options {
    Options::latency(Duration::from_millis(200))
}
