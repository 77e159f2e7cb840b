//! Real programs as peers: libsrt's `srt-live-transmit`, `ffmpeg` and `ffprobe`, and `golive`.
//!
//! Each runs on free loopback ports, is waited for by what it prints, and is ended by its own
//! process id. Where a program is missing, the test says so in a sentence and passes; with the
//! environment variable `GOLIVE_REQUIRE_PEERS` set, it fails.

mod ffmpeg;
mod golive;
mod lip_sync;
mod probe;
mod process;
mod transmit;

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub use ffmpeg::{h265_stream, receive_into_file, send_file, small_mp4};
pub use golive::golive;
pub use lip_sync::{Flash, Pair, flashes_and_beeps};
pub use probe::{Packet, Recording, Stream, decoding_errors};
pub use process::{Output, Process, cpu_time_of};
pub use transmit::{Mode, Options, transmit_from_stdin, transmit_from_udp, transmit_to_udp};

/// Whether all `programs` can be run; says what is skipped if not.
///
/// # Panics
/// If one is missing and `GOLIVE_REQUIRE_PEERS` is set.
pub fn available(programs: &[&str]) -> bool {
    let missing: Vec<&str> = programs.iter().copied().filter(|program| !runs(program)).collect();
    if missing.is_empty() {
        return true;
    }
    let list = missing.join(", ");
    assert!(
        std::env::var_os("GOLIVE_REQUIRE_PEERS").is_none(),
        "{list} is needed by this test and not installed: run `cargo xtask setup`"
    );
    eprintln!("skipped: {list} is not installed; `cargo xtask setup` installs it");
    false
}

/// Whether long variants of tests are asked for (`GOLIVE_LONG=1`).
pub fn long() -> bool {
    std::env::var_os("GOLIVE_LONG").is_some_and(|value| value != "0")
}

/// A UDP address on loopback that was free a moment ago.
///
/// # Panics
/// If the system has none.
pub fn free_address() -> SocketAddr {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free loopback port");
    socket.local_addr().expect("the port just bound")
}

/// How many datagrams the system dropped because the program at `address` did not read them in
/// time; zero where the system does not tell.
pub fn dropped_by_receiver(address: SocketAddr) -> u64 {
    let table = std::fs::read_to_string("/proc/net/udp").unwrap_or_default();
    let port = format!(":{:04X}", address.port());
    // The second column is the local address, the last one the drops.
    let of_port = table
        .lines()
        .filter(|line| line.split_whitespace().nth(1).is_some_and(|local| local.ends_with(&port)));
    of_port.filter_map(|line| line.split_whitespace().last()?.parse::<u64>().ok()).sum()
}

/// Waits until some program has bound the UDP port of `address`.
///
/// # Panics
/// If none does within 20 s.
pub fn wait_until_bound(address: SocketAddr) {
    let until = Instant::now() + Duration::from_secs(20);
    while !is_bound(address) {
        assert!(Instant::now() < until, "nobody listens on {address}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Where the system does not tell, tries to take the port itself, which may for a moment keep
/// the program from it.
fn is_bound(address: SocketAddr) -> bool {
    match std::fs::read_to_string("/proc/net/udp") {
        Ok(table) => {
            let port = format!(":{:04X} ", address.port());
            table.lines().any(|line| line.contains(&port))
        }
        Err(_) => UdpSocket::bind(address).is_err(),
    }
}

fn runs(program: &str) -> bool {
    let mut command = Command::new(program);
    // Each of them answers to one of these at once; that it starts is all that matters.
    command.arg("-version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok()
}
