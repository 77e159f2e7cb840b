//! A UDP socket that takes whatever comes: where peers hand over what they received.

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use golive_proto::units::Time;
use socket2::SockRef;

use crate::payload;

/// Takes datagrams on a thread of its own and shows each to a `T`.
#[derive(Debug)]
pub struct Sink<T> {
    address: SocketAddr,
    state: Arc<Mutex<T>>,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// How long a receive waits before it looks whether the sink is to stop.
const STOP_CHECK: Duration = Duration::from_millis(100);
/// Room for what arrives while the machine does something else.
const RECEIVE_BUFFER: usize = 4 << 20;

impl<T: Send + 'static> Sink<T> {
    /// Begins on a free loopback port; `take` is shown every datagram and when it came, on the
    /// clock of [`payload::now`].
    ///
    /// # Panics
    /// If there is no socket to be had.
    pub fn start(state: T, mut take: impl FnMut(&mut T, &[u8], Time) + Send + 'static) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free loopback port");
        let address = socket.local_addr().expect("the port just bound");
        socket.set_read_timeout(Some(STOP_CHECK)).expect("a timeout");
        SockRef::from(&socket).set_recv_buffer_size(RECEIVE_BUFFER).expect("a receive buffer");
        let state = Arc::new(Mutex::new(state));
        let stopped = Arc::new(AtomicBool::new(false));
        let thread = {
            let (state, stopped) = (Arc::clone(&state), Arc::clone(&stopped));
            std::thread::spawn(move || {
                let mut datagram = [0; 2_048];
                while !stopped.load(Ordering::Relaxed) {
                    if let Ok(length) = socket.recv(&mut datagram) {
                        let now = payload::now();
                        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                        take(&mut state, &datagram[..length], now);
                    }
                }
            })
        };
        Self { address, state, stopped, thread: Some(thread) }
    }

    /// Where datagrams are to be sent.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What has become of the state.
    pub fn state(&self) -> MutexGuard<'_, T> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `count` of the state reaches `enough` or does not change for `quiet`.
    pub fn settle(&self, enough: u64, quiet: Duration, count: impl Fn(&T) -> u64) {
        let mut last = (count(&self.state()), Instant::now());
        while last.0 < enough && last.1.elapsed() < quiet {
            std::thread::sleep(Duration::from_millis(20));
            let counted = count(&self.state());
            if counted != last.0 {
                last = (counted, Instant::now());
            }
        }
    }
}

impl<T> Drop for Sink<T> {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has already printed why.
            let _ = thread.join();
        }
    }
}
