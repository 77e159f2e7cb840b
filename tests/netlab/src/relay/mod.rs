//! A bad network between real UDP sockets on one machine, without privileges.
//!
//! Clients send to the relay's address; it passes their datagrams on to one target, each client
//! from a socket of its own as a NAT would, and the answers back. In between stands a
//! [`Link`] for each direction. Datagrams are released by a thread that
//! does nothing else, within a fraction of a millisecond where the machine is not overloaded;
//! [`Statistics`] tells how late it was, so that a test can see that it measured the machine.

mod flows;
mod schedule;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use golive_proto::units::{ByteCount, Time};
use socket2::{Domain, Protocol, Socket, Type};

use crate::network::{Conditions, Counters, Fate, Link, Path};
use schedule::Schedule;

/// A running relay; it stops when dropped.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// What a relay did so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Statistics {
    /// From the clients to the target.
    pub forward: Counters,
    /// From the target to the clients.
    pub backward: Counters,
    /// How late the latest release was.
    pub latest_release: Duration,
    /// How many datagrams were released more than 5 ms late.
    pub late_releases: u64,
}

/// One of the two ways through a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the clients to the target.
    Forward,
    /// From the target to the clients.
    Backward,
}

impl Relay {
    /// Starts a relay to `target` on a free loopback port of the same family.
    ///
    /// # Errors
    /// The system's, if no socket or thread is to be had.
    pub fn start(target: SocketAddr, path: &Path) -> io::Result<Self> {
        Self::bind(SocketAddr::new(loopback(target), 0), target, path)
    }

    /// Starts a relay to `target` that listens on `address`.
    ///
    /// # Errors
    /// The system's, if the address is taken or no thread is to be had.
    pub fn bind(address: SocketAddr, target: SocketAddr, path: &Path) -> io::Result<Self> {
        let near = Arc::new(socket(address)?);
        let address = near.local_addr()?;
        let (forward, backward) = path.links();
        let shared = Arc::new(Shared {
            origin: Instant::now(),
            stopped: AtomicBool::new(false),
            forward: Mutex::new(forward),
            backward: Mutex::new(backward),
            schedule: Schedule::default(),
        });
        let releasing = {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name("relay release".into())
                .spawn(move || shared.schedule.run(&shared))?
        };
        let receiving = {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name("relay receive".into())
                .spawn(move || flows::run(&shared, &near, target))?
        };
        Ok(Self { address, shared, threads: vec![releasing, receiving] })
    }

    /// Where clients send to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what one way is like from now on.
    pub fn set_conditions(&self, direction: Direction, conditions: Conditions) {
        self.shared.link(direction).set_conditions(conditions);
    }

    /// Changes what both ways are like from now on.
    pub fn set_both(&self, conditions: &Conditions) {
        self.set_conditions(Direction::Forward, conditions.clone());
        self.set_conditions(Direction::Backward, conditions.clone());
    }

    /// What it did so far.
    pub fn statistics(&self) -> Statistics {
        let (latest_release, late_releases) = self.shared.schedule.lateness();
        Statistics {
            forward: self.shared.link(Direction::Forward).counters(),
            backward: self.shared.link(Direction::Backward).counters(),
            latest_release,
            late_releases,
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        self.shared.schedule.wake();
        for thread in self.threads.drain(..) {
            // A relay thread that panicked has already printed why.
            let _ = thread.join();
        }
    }
}

/// What the relay's threads share.
#[derive(Debug)]
struct Shared {
    origin: Instant,
    stopped: AtomicBool,
    forward: Mutex<Link>,
    backward: Mutex<Link>,
    schedule: Schedule,
}

impl Shared {
    fn now(&self) -> Time {
        Time::from_micros(u64::try_from(self.origin.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn link(&self, direction: Direction) -> MutexGuard<'_, Link> {
        let link = match direction {
            Direction::Forward => &self.forward,
            Direction::Backward => &self.backward,
        };
        link.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides about a datagram and schedules its copies.
    fn carry(
        &self,
        direction: Direction,
        datagram: &[u8],
        socket: &Arc<UdpSocket>,
        to: SocketAddr,
    ) {
        let fate = {
            // The clock is read under the lock: times offered to a link never go back.
            let mut link = self.link(direction);
            link.carry(self.now(), ByteCount::from(datagram.len()))
        };
        match fate {
            Fate::Arrives(at) => self.schedule.add(at, socket, to, datagram),
            Fate::ArrivesTwice(first, second) => {
                self.schedule.add(first, socket, to, datagram);
                self.schedule.add(second, socket, to, datagram);
            }
            Fate::Lost | Fate::Overflowed => {}
        }
    }
}

/// The loopback address of the same family.
pub fn loopback(target: SocketAddr) -> IpAddr {
    match target {
        SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    }
}

/// How long a receiving thread waits before it looks whether the relay is to stop.
const STOP_CHECK: Duration = Duration::from_millis(100);
/// Room for what arrives while the machine does something else.
const RECEIVE_BUFFER: usize = 4 << 20;

fn socket(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.bind(&address.into())?;
    let socket = UdpSocket::from(socket);
    socket.set_read_timeout(Some(STOP_CHECK))?;
    Ok(socket)
}
