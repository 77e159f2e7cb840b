//! Ingests that answer with noise.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use golive_tests::peers::{
    Mode, Options, Output, Process, available, free_address, golive, transmit_to_udp,
    wait_until_bound,
};
use golive_tests::sink::Sink;

/// Exit status of an ingest that cannot be reached.
const UNREACHABLE: i32 = 3;
/// How often threads look whether the test is over.
const LOOK: Duration = Duration::from_millis(50);
const LARGEST_DATAGRAM: usize = 1_500;

#[test]
fn an_ingest_that_answers_with_noise_alone_is_given_up() {
    let ingest = UdpSocket::bind("127.0.0.1:0").expect("a free loopback port");
    let address = ingest.local_addr().expect("the port just bound");
    let mut noise = Noise(1);
    let _ingest = Worker::start(ingest, move |ingest, datagram, from| {
        for answer in [noise.bytes(), noise.like(datagram), datagram.to_vec()] {
            // A broadcaster that has gone takes nothing any more.
            let _ = ingest.send_to(&answer, from);
        }
    });
    let mut broadcaster = broadcast(address, "20s");
    let status = broadcaster.wait(Duration::from_secs(40));
    let said = broadcaster.log().join("\n");
    assert_eq!(status.code(), Some(UNREACHABLE), "{said}");
    assert!(said.contains("did not answer"), "the cause is not told: {said}");
}

#[test]
fn noise_between_an_ingests_answers_costs_nothing() {
    if !available(&["srt-live-transmit"]) {
        return;
    }
    let sink = Sink::start(0_u64, |payloads, _, _| *payloads += 1);
    let ingest = free_address();
    let options = Options::latency(Duration::from_millis(120));
    let _receiver = transmit_to_udp(Mode::Listener(ingest), &options, sink.address());
    wait_until_bound(ingest);

    let front = UdpSocket::bind("127.0.0.1:0").expect("a free loopback port");
    let back = UdpSocket::bind("127.0.0.1:0").expect("a free loopback port");
    let address = front.local_addr().expect("the port just bound");
    let (to_ingest, to_broadcaster) = (clone(&back), clone(&front));
    let (caller, callers) = std::sync::mpsc::channel();
    let _forth = Worker::start(front, move |_, datagram, from| {
        // The test may be over.
        let _ = (caller.send(from), to_ingest.send_to(datagram, ingest));
    });
    let mut noise = Noise(2);
    let mut broadcaster_address = None;
    let _back = Worker::start(back, move |_, datagram, _| {
        broadcaster_address = callers.try_iter().last().or(broadcaster_address);
        let Some(to) = broadcaster_address else { return };
        for answer in [noise.bytes(), datagram.to_vec(), noise.like(datagram)] {
            let _ = to_broadcaster.send_to(&answer, to);
        }
    });
    let mut broadcaster = broadcast(address, "5s");
    let status = broadcaster.wait(Duration::from_secs(40));
    let said = broadcaster.log();
    assert!(status.success(), "{said:#?}");
    let live = said.iter().filter(|line| line.contains(r#""event":"live""#)).count();
    assert_eq!(live, 1, "the connection was lost: {said:#?}");
    assert!(*sink.state() > 200, "{} payloads arrived", *sink.state());
}

fn broadcast(address: SocketAddr, duration: &str) -> Process {
    let mut command = golive();
    let url = Options::latency(Duration::from_millis(120)).url(Mode::Caller(address));
    command.args(["to", &url, "--video", "synthetic", "--audio", "synthetic", "--json"]);
    command.args(["--size", "320x180", "--video-bitrate", "800k", "--duration", duration]);
    Process::start(command, Output::Log)
}

fn clone(socket: &UdpSocket) -> UdpSocket {
    socket.try_clone().expect("another handle")
}

/// Noise that is the same in every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        // Knuth's linear congruential generator; its high bits are good enough for noise.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.0 >> 33
    }

    /// Any bytes of any length.
    fn bytes(&mut self) -> Vec<u8> {
        let length = self.next() as usize % LARGEST_DATAGRAM;
        (0..length).map(|_| self.next() as u8).collect()
    }

    /// A datagram that is addressed to the same socket, whose other bytes are noise. It says of
    /// itself that it is media, which a broadcaster has no use for.
    fn like(&mut self, datagram: &[u8]) -> Vec<u8> {
        let noise = |(at, byte): (usize, &u8)| match at {
            0 => self.next() as u8 & 0x7F,
            12..16 => *byte,
            _ => self.next() as u8,
        };
        datagram.iter().enumerate().map(noise).collect()
    }
}

/// Does something with each datagram of a socket, until dropped.
struct Worker {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    fn start(
        socket: UdpSocket,
        mut take: impl FnMut(&UdpSocket, &[u8], SocketAddr) + Send + 'static,
    ) -> Self {
        socket.set_read_timeout(Some(LOOK)).expect("a timeout");
        let over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&over);
        let thread = std::thread::spawn(move || {
            let mut datagram = [0; LARGEST_DATAGRAM];
            while !ends.load(Ordering::Relaxed) {
                if let Ok((length, from)) = socket.recv_from(&mut datagram) {
                    take(&socket, &datagram[..length], from);
                }
            }
        });
        Self { over, thread: Some(thread) }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // One that panicked has said so.
            let _ = thread.join();
        }
    }
}
