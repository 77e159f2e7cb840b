//! Over real sockets on this machine: payloads from end to end, and a broadcast with an app's own
//! encoder.

// Helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use golive::session::{self, EncoderFault, EncoderRemedy};
use golive::srt::{Connection, ListenOptions, Listener, Rejection};
use golive::{
    AccessUnit, AudioFormat, Broadcast, Change, Destination, Encoder, EncoderOutput,
    EncoderStatistics, EncoderTarget, Error, ErrorKind, Event, NetworkChange, NetworkEvent,
    Program, Secret, SourceChange, Track, Via, VideoCodec,
};

fn any_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

fn destination(listener: &Listener, query: &str) -> Destination {
    format!("srt://{}{query}", listener.address()).parse().expect("a valid URL")
}

#[test]
fn payloads_arrive_unchanged_and_in_order_encrypted_or_not() {
    for query in ["", "?passphrase=correct-horse&pbkeylen=32"] {
        let options = match query {
            "" => ListenOptions::default(),
            _ => ListenOptions::default().passphrase(&Secret::new("correct-horse")).unwrap(),
        };
        let listener = Listener::bind(any_port(), options).unwrap();
        let destination = destination(&listener, query);
        let sender = thread::spawn(move || {
            let connection = Connection::connect(&destination).expect("the listener is there");
            for number in 0..500_u32 {
                connection.send(&number.to_be_bytes()).unwrap();
                thread::sleep(Duration::from_micros(200));
            }
            connection.finish(Duration::from_secs(10)).expect("it ends in time");
        });
        let connection = listener.accept().unwrap().accept().unwrap();
        let mut buffer = [0; 1_500];
        let mut next = 0_u32;
        while let Some(length) = connection.receive(&mut buffer) {
            assert_eq!(buffer[..length], next.to_be_bytes());
            next += 1;
        }
        assert_eq!(next, 500);
        assert_eq!(connection.negotiated().unwrap().encryption.is_some(), !query.is_empty());
        sender.join().unwrap();
    }
}

#[test]
fn whoever_is_turned_away_learns_why() {
    let listener = Listener::bind(any_port(), ListenOptions::default()).unwrap();
    let destination = destination(&listener, "?streamid=secret-key");
    let door = thread::spawn(move || {
        let request = listener.accept().unwrap();
        assert_eq!(request.stream_id().unwrap().as_str(), "secret-key");
        request.reject(Rejection::UNAUTHORIZED);
        listener
    });
    let error = Connection::connect(&destination).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(!error.to_string().contains("secret"), "{error}");
    door.join().unwrap();
}

/// Thirty pictures a second of nothing, and whether it obeys.
#[derive(Default)]
struct Blank {
    running: Arc<AtomicBool>,
    keyframe: Arc<AtomicBool>,
    pictures: Arc<AtomicU64>,
    /// It has captured, and makes nothing of it until it is made anew.
    frozen: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

const PROGRAM: Program = Program { video: Some(VideoCodec::H264), audio: None };

impl Encoder for Blank {
    fn start(&mut self, output: EncoderOutput, _target: EncoderTarget) -> Result<(), Error> {
        self.running.store(true, Ordering::SeqCst);
        let (running, keyframe) = (self.running.clone(), self.keyframe.clone());
        let (pictures, frozen) = (self.pictures.clone(), self.frozen.clone());
        self.thread = Some(thread::spawn(move || {
            while running.load(Ordering::SeqCst) {
                if !frozen.load(Ordering::SeqCst) {
                    let keyframe = keyframe.swap(false, Ordering::SeqCst);
                    output.push(picture(&output, keyframe));
                }
                pictures.fetch_add(1, Ordering::SeqCst);
                thread::sleep(Duration::from_millis(33));
            }
        }));
        Ok(())
    }

    fn set_target(&mut self, _target: EncoderTarget) {}

    fn request_keyframe(&mut self) {
        self.keyframe.store(true, Ordering::SeqCst);
    }

    fn restart(&mut self) {
        self.frozen.store(false, Ordering::SeqCst);
        self.request_keyframe();
    }

    fn change(&mut self, _change: SourceChange) -> Result<(), Error> {
        Ok(())
    }

    fn statistics(&self) -> EncoderStatistics {
        let frames = self.pictures.load(Ordering::SeqCst);
        EncoderStatistics { frames_captured: frames, frames_encoded: frames, ..Default::default() }
    }

    fn stop(&mut self) {
        self.running.store(false, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn picture(output: &EncoderOutput, keyframe: bool) -> AccessUnit {
    let slice: &[u8] = &[0, 0, 0, 1, if keyframe { 0x65 } else { 0x41 }, 0x9A];
    let sets: &[u8] = &[0, 0, 0, 1, 0x67, 0x42, 0xC0, 0x1F, 0, 0, 0, 1, 0x68, 0xCE];
    let data = if keyframe { [sets, slice].concat() } else { slice.to_vec() };
    let pts = output.media_time();
    AccessUnit { track: Track::Video, pts, dts: pts, keyframe, data: data.into() }
}

#[test]
fn a_broadcast_survives_its_ingest_and_ends_when_asked() {
    let listener = Listener::bind(any_port(), ListenOptions::default()).unwrap();
    let address = listener.address();
    let destination = destination(&listener, "");
    let starting = thread::spawn(move || {
        Broadcast::builder(destination)
            .encoder(Box::new(Blank::default()), PROGRAM)
            .start_blocking()
    });
    let first = listener.accept().unwrap().accept().unwrap();
    let broadcast = starting.join().unwrap().expect("live");
    let mut buffer = [0; 1_500];
    assert!(first.receive(&mut buffer).is_some(), "media flows");

    // The ingest goes, without a word, and another takes its place.
    drop(first);
    listener.close();
    drop(listener);
    let again = bind_again(address);
    let second = again.accept().unwrap().accept().unwrap();
    assert!(second.receive(&mut buffer).is_some(), "media flows again");
    assert_eq!(broadcast.health().link.totals.reconnections, 1);
    // The whole of this may have taken less than ten pictures.
    wait_for("ten pictures", || broadcast.health().encoder.frames_encoded > 10);

    let reader = thread::spawn(move || while second.receive(&mut [0; 1_500]).is_some() {});
    let summary = broadcast.stop_blocking().unwrap();
    assert_eq!(summary.cause, golive::session::EndCause::Stopped);
    assert_eq!(broadcast.stop_blocking().unwrap(), summary, "stopping twice is stopping once");
    reader.join().unwrap();
    let told: Vec<_> = std::iter::from_fn({
        let mut events = broadcast.events();
        move || events.next_blocking()
    })
    .map(|event| event.to_string())
    .collect();
    assert!(told.iter().any(|event| event.starts_with("live again")), "{told:?}");
}

#[test]
fn networks_are_left_and_taken_up_while_live() {
    let listener = Listener::bind(any_port(), ListenOptions::default()).unwrap();
    let destination = destination(&listener, "?latency=300");
    let [first, second] = [[127, 0, 0, 1], [127, 0, 0, 2]].map(IpAddr::from);
    let starting = thread::spawn(move || {
        Broadcast::builder(destination)
            .encoder(Box::new(Blank::default()), PROGRAM)
            .via(Via::new(first))
            .via(Via::new(second))
            .start_blocking()
    });
    let connection = listener.accept().unwrap().accept().unwrap();
    let broadcast = starting.join().unwrap().expect("live");
    let reader = thread::spawn(move || {
        let mut payloads = 0;
        while connection.receive(&mut [0; 1_500]).is_some() {
            payloads += 1;
        }
        (payloads, connection.statistics())
    });
    let mut events = broadcast.events();
    let mut wait_for = |wanted: NetworkEvent| {
        let wanted = Event::Network(wanted);
        while events.next_blocking().expect("the broadcast goes on") != wanted {}
    };
    for address in [first, second] {
        wait_for(NetworkEvent::Joined { address });
    }
    broadcast.set(Change::Network(NetworkChange::Leaving(first))).unwrap();
    wait_for(NetworkEvent::Left { address: first });
    thread::sleep(Duration::from_millis(500));
    let share = |address| {
        let networks = broadcast.health().networks;
        networks.into_iter().find(|network| network.address == address).map(|it| it.share)
    };
    assert!(share(second).is_some_and(|share| share > 0.9), "{:?}", broadcast.health());
    broadcast.set(Change::Network(NetworkChange::Added(Via::new(first)))).unwrap();
    wait_for(NetworkEvent::Joined { address: first });
    broadcast.set(Change::Network(NetworkChange::Removed(second))).unwrap();
    thread::sleep(Duration::from_millis(500));
    broadcast.stop_blocking().unwrap();
    let (payloads, statistics) = reader.join().unwrap();
    assert!(payloads > 20, "only {payloads}");
    assert_eq!(statistics.packets_lost, 0, "{statistics:?}");
}

#[test]
fn networks_that_make_no_sense_are_mistakes_that_are_named() {
    let [one, two] = [[127, 0, 0, 1], [127, 0, 0, 2]].map(|ip| Via::new(IpAddr::from(ip)));
    for (url, networks) in
        [("srt://127.0.0.1:9", [one, one]), ("srt://:9?mode=listener", [one, two])]
    {
        let builder = Broadcast::builder(url.parse().unwrap());
        let builder = networks.into_iter().fold(builder, |builder, it| builder.via(it));
        let result = builder.encoder(Box::new(Blank::default()), PROGRAM).start_blocking();
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Configuration, "{url}");
    }
}

#[test]
fn an_encoder_of_the_apps_own_that_freezes_is_made_anew_and_the_app_hears_of_it() {
    let listener = Listener::bind(any_port(), ListenOptions::default()).unwrap();
    let destination = destination(&listener, "");
    let encoder = Blank::default();
    let frozen = encoder.frozen.clone();
    let starting = thread::spawn(move || {
        Broadcast::builder(destination).encoder(Box::new(encoder), PROGRAM).start_blocking()
    });
    let connection = listener.accept().unwrap().accept().unwrap();
    let broadcast = starting.join().unwrap().expect("live");
    let mut events = broadcast.events();
    let reader = thread::spawn(move || while connection.receive(&mut [0; 1_500]).is_some() {});
    thread::sleep(Duration::from_secs(1));
    frozen.store(true, Ordering::SeqCst);
    let stopped = Instant::now();
    let mut remedies = Vec::new();
    while remedies.last() != Some(&EncoderRemedy::Restarted) {
        assert!(stopped.elapsed() < Duration::from_secs(20), "{remedies:?}");
        match events.next_blocking().expect("the broadcast goes on") {
            Event::Session(session::Event::Encoder { fault, remedy }) => {
                assert!(matches!(fault, EncoderFault::Freezes { .. }), "{fault:?}");
                remedies.push(remedy);
            }
            _ => thread::sleep(Duration::from_millis(1)),
        }
    }
    assert_eq!(remedies, [EncoderRemedy::KeyframeRequested, EncoderRemedy::Restarted]);
    wait_for("an encoder that is made anew", || !frozen.load(Ordering::SeqCst));
    broadcast.stop_blocking().unwrap();
    reader.join().unwrap();
}

/// Waits for what will be true soon, however busy the machine is.
fn wait_for(what: &str, is_there: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_there() {
        assert!(Instant::now() < deadline, "waited for {what} in vain");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The old socket is closed by a thread that may still be at it.
fn bind_again(address: SocketAddr) -> Listener {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        match Listener::bind(address, ListenOptions::default()) {
            Ok(listener) => return listener,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn nobody_there_is_told_in_time_and_in_words() {
    let socket = std::net::UdpSocket::bind(any_port()).unwrap();
    let destination: Destination =
        format!("srt://{}", socket.local_addr().unwrap()).parse().unwrap();
    let policy = golive::session::ReconnectPolicy {
        first_connection: Some(Duration::from_secs(1)),
        ..Default::default()
    };
    let error = Broadcast::builder(destination)
        .encoder(Box::new(Blank::default()), PROGRAM)
        .reconnect(policy)
        .start_blocking()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(error.to_string().contains("did not answer"), "{error}");
}

#[test]
fn a_program_without_anything_in_it_is_a_mistake_that_is_named() {
    let destination: Destination = "srt://127.0.0.1:9".parse().unwrap();
    let silent = Program { video: None, audio: None::<AudioFormat> };
    let result = Broadcast::builder(destination)
        .encoder(Box::new(Blank::default()), silent)
        .start_blocking();
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Configuration);
}
