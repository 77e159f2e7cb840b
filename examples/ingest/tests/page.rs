//! What a person sees in a browser.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::time::Duration;

use golive_media::burnt_clock::{self, BurntClock};
use golive_media::{AudioSource, Plane};
use golive_proto::media::PictureSize;
use golive_tests::browser::{Browser, Screenshot};
use golive_tests::peers;

use common::{OnAir, h265, ingest, synthetic};

const PATIENCE: Duration = Duration::from_secs(60);
const PLAYS: &str =
    "document.body.dataset.state === 'live' && document.querySelector('video').currentTime > 0";

/// What the page's video element has done so far.
#[derive(Debug)]
struct Played {
    seconds: f64,
    pictures: f64,
    sound_bytes: f64,
}

fn played(browser: &Browser) -> Played {
    let script = "const video = document.querySelector('video');
         return [video.currentTime, video.getVideoPlaybackQuality().totalVideoFrames,
             video.webkitAudioDecodedByteCount]";
    let numbers = browser.run(script);
    let number = |index: usize| numbers[index].as_f64().unwrap();
    Played { seconds: number(0), pictures: number(1), sound_bytes: number(2) }
}

fn read_clock(screenshot: &Screenshot) -> BurntClock {
    let Screenshot { width, height, luma, .. } = screenshot;
    let plane = Plane { samples: luma, stride: *width, width: *width, height: *height };
    burnt_clock::read(plane).expect("the time is legible in the page")
}

#[test]
fn the_page_plays_moving_picture_and_sound_and_tells_the_time_from_glass_to_glass() {
    if !Browser::is_available() {
        return;
    }
    let ingest = ingest();
    let _on_air = OnAir::start(&ingest, "", synthetic(true, true));
    let browser = Browser::start(1_280, 800);
    browser.open(&format!("http://{}/", ingest.http_address()));
    browser.wait_until(PLAYS, PATIENCE);
    browser.wait_until("document.getElementById('glass-to-glass').value > 0", PATIENCE);

    let before = played(&browser);
    let first = browser.screenshot(Some("video"));
    std::thread::sleep(Duration::from_secs(2));
    let second = browser.screenshot(Some("video"));
    let after = played(&browser);
    assert!(after.seconds > before.seconds + 1.0, "{before:?} {after:?}");
    assert!(after.pictures > before.pictures + 10.0, "{before:?} {after:?}");
    assert!(after.sound_bytes > before.sound_bytes, "{before:?} {after:?}");

    let (first_clock, second_clock) = (read_clock(&first), read_clock(&second));
    assert!(second_clock.frame > first_clock.frame, "the picture moves");
    for (screenshot, clock) in [(first, first_clock), (second, second_clock)] {
        let burnt = i64::try_from(clock.unix_millis).unwrap();
        let [asked, came] = screenshot.taken_unix_millis();
        println!("glass to glass, by screenshot: {} to {} ms", asked - burnt, came - burnt);
        assert!(came >= burnt, "no picture is shown before it was taken");
        assert!(asked - burnt < 5_000, "the picture is live");
    }
    let shown = browser.run("return document.getElementById('glass-to-glass').value");
    println!("glass to glass, by the page: {shown} ms");
    assert!(shown.as_str().unwrap().parse::<u32>().unwrap() < 5_000);
}

#[test]
fn sound_without_picture_and_picture_without_sound_play() {
    if !Browser::is_available() {
        return;
    }
    let ingest = ingest();
    let browser = Browser::start(1_280, 800);
    browser.open(&format!("http://{}/", ingest.http_address()));
    browser.wait_until("document.body.dataset.state === 'nobody'", PATIENCE);
    let playing = "document.querySelector('video').currentTime > 0";

    let picture = OnAir::start(&ingest, "picture", synthetic(true, false));
    browser.wait_until(PLAYS, PATIENCE);
    browser.wait_until("document.getElementById('sound').hidden", PATIENCE);
    drop(picture);
    browser.wait_until("document.body.dataset.state === 'stopped'", PATIENCE);

    let _sound = OnAir::start(&ingest, "sound", synthetic(false, true));
    browser.wait_until("document.body.dataset.state === 'sound'", PATIENCE);
    browser.wait_until(playing, PATIENCE);
}

#[test]
fn a_page_goes_on_playing_when_the_picture_changes_its_size_and_when_the_broadcaster_returns() {
    if !Browser::is_available() {
        return;
    }
    let ingest = ingest();
    let on_air = OnAir::start(&ingest, "", synthetic(true, true));
    let browser = Browser::start(1_280, 800);
    browser.open(&format!("http://{}/", ingest.http_address()));
    browser.wait_until(PLAYS, PATIENCE);
    browser.run("window.before = document.querySelector('video').src");

    on_air.resize(PictureSize::new(320, 180).unwrap());
    browser.wait_until("document.querySelector('video').videoWidth === 320", PATIENCE);
    let then = played(&browser);
    let advanced = format!("document.querySelector('video').currentTime > {} + 1", then.seconds);
    browser.wait_until(&advanced, PATIENCE);
    browser.wait_until("document.querySelector('video').src === window.before", PATIENCE);

    drop(on_air);
    browser.wait_until("document.body.dataset.state === 'stopped'", PATIENCE);
    let returned =
        golive_media::Config { audio: Some(AudioSource::Synthetic), ..synthetic(true, true) };
    let _on_air = OnAir::start(&ingest, "", returned);
    browser.wait_until(PLAYS, PATIENCE);
    browser.wait_until("document.querySelector('video').videoWidth === 640", PATIENCE);
}

#[test]
fn a_browser_that_has_no_h265_says_so_in_a_sentence() {
    if !Browser::is_available() || !peers::available(&["ffmpeg"]) {
        return;
    }
    let ingest = ingest();
    let publisher = ingest.publish("").unwrap();
    publisher.push_ts(&h265()).unwrap();
    let browser = Browser::start(1_280, 800);
    browser.open(&format!("http://{}/", ingest.http_address()));
    let shows_it =
        browser.run("return MediaSource.isTypeSupported('video/mp4; codecs=\"hvc1.1.6.L93.90\"')");
    if shows_it == true {
        browser.wait_until("document.querySelector('video').videoWidth === 640", PATIENCE);
    } else {
        browser.wait_until("document.body.dataset.state === 'failed'", PATIENCE);
        let said = browser.run("return document.getElementById('notice-text').textContent");
        assert!(said.as_str().unwrap().starts_with("This browser cannot show H.265:"), "{said}");
    }
    let media = "document.getElementById('media').textContent";
    browser.wait_until(&format!("{media}.includes('H.265 Main')"), PATIENCE);
    browser.wait_until(&format!("{media}.includes('640 × 362')"), PATIENCE);
}
