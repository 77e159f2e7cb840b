//! Where the receiver hands over what it received.

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::payload::{self, Judge, Verdict};

/// Where payloads arrive: a UDP socket, a thread and a judge.
pub(super) struct Sink {
    pub(super) address: SocketAddr,
    judge: Arc<Mutex<Judge>>,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Sink {
    pub(super) fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free loopback port");
        let address = socket.local_addr().expect("the port just bound");
        socket.set_read_timeout(Some(Duration::from_millis(100))).expect("a timeout");
        SockRef::from(&socket).set_recv_buffer_size(4 << 20).expect("a receive buffer");
        let judge = Arc::new(Mutex::new(Judge::default()));
        let stopped = Arc::new(AtomicBool::new(false));
        let thread = {
            let (judge, stopped) = (Arc::clone(&judge), Arc::clone(&stopped));
            std::thread::spawn(move || {
                let mut datagram = [0; 2_048];
                while !stopped.load(Ordering::Relaxed) {
                    if let Ok(length) = socket.recv(&mut datagram) {
                        let mut judge = judge.lock().unwrap_or_else(PoisonError::into_inner);
                        judge.arrived(&datagram[..length], payload::now());
                    }
                }
            })
        };
        Self { address, judge, stopped, thread: Some(thread) }
    }

    /// Waits until `sent` payloads arrived, or `quiet` passed without another one.
    pub(super) fn settle(&self, sent: u64, quiet: Duration) {
        let mut last = (self.arrivals(), Instant::now());
        while last.0 < sent && last.1.elapsed() < quiet {
            std::thread::sleep(Duration::from_millis(20));
            let arrivals = self.arrivals();
            if arrivals != last.0 {
                last = (arrivals, Instant::now());
            }
        }
    }

    fn arrivals(&self) -> u64 {
        self.judge.lock().unwrap_or_else(PoisonError::into_inner).arrivals()
    }

    pub(super) fn verdict(&self, sent: u64) -> Verdict {
        self.judge.lock().unwrap_or_else(PoisonError::into_inner).verdict(sent)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has already printed why.
            let _ = thread.join();
        }
    }
}
