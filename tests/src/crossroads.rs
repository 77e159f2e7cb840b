//! One address behind which each client takes a network of its own: what two interfaces of a
//! device would be, on loopback.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Passes datagrams between clients and the relays for their addresses until it is dropped.
#[derive(Debug)]
pub struct Crossroads {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// A client's way: the relay that it takes, and the socket that speaks for it there.
struct Way {
    relay: SocketAddr,
    socket: UdpSocket,
}

/// How long it rests when there is nothing to pass on.
const REST: Duration = Duration::from_micros(500);

impl Crossroads {
    /// Begins on a free loopback port: clients of each address are passed to the relay beside it,
    /// all others to nobody.
    ///
    /// # Panics
    /// If there is no socket to be had.
    pub fn start(ways: &[(IpAddr, SocketAddr)]) -> Self {
        let near = UdpSocket::bind("127.0.0.1:0").expect("a free loopback port");
        near.set_nonblocking(true).expect("a socket that does not block");
        let address = near.local_addr().expect("the port just bound");
        let stopped = Arc::new(AtomicBool::new(false));
        let relays: BTreeMap<_, _> = ways.iter().copied().collect();
        let thread = {
            let stopped = Arc::clone(&stopped);
            std::thread::spawn(move || run(&near, &relays, &stopped))
        };
        Self { address, stopped, thread: Some(thread) }
    }

    /// Where clients send to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn run(near: &UdpSocket, relays: &BTreeMap<IpAddr, SocketAddr>, stopped: &AtomicBool) {
    let mut ways: BTreeMap<SocketAddr, Way> = BTreeMap::new();
    let mut datagram = [0; 2_048];
    while !stopped.load(Ordering::Relaxed) {
        let mut passed = false;
        while let Ok((length, client)) = near.recv_from(&mut datagram) {
            passed = true;
            let Some(relay) = relays.get(&client.ip()) else { continue };
            let way = ways.entry(client).or_insert_with(|| {
                let socket = UdpSocket::bind("127.0.0.1:0").expect("a free loopback port");
                socket.set_nonblocking(true).expect("a socket that does not block");
                Way { relay: *relay, socket }
            });
            // A full socket loses the datagram, as a network may.
            let _ = way.socket.send_to(&datagram[..length], way.relay);
        }
        for (client, way) in &ways {
            while let Ok((length, _)) = way.socket.recv_from(&mut datagram) {
                passed = true;
                let _ = near.send_to(&datagram[..length], client);
            }
        }
        if !passed {
            std::thread::sleep(REST);
        }
    }
}

impl Drop for Crossroads {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has already printed why.
            let _ = thread.join();
        }
    }
}
