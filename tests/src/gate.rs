//! Loses the media packets of an SRT caller that it is told to, by their order, and nothing else.
//!
//! What a relay loses depends on everything that crosses it; here the same packets are lost
//! whoever sends and receives, so that two senders or two receivers can be compared by which
//! packets they repair.

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::SockRef;

/// A running gate; it stops when dropped.
#[derive(Debug)]
pub struct Gate {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// How long it waits before it looks whether it is to stop.
const STOP_CHECK: Duration = Duration::from_millis(100);
/// Room for what arrives while the machine does something else.
const RECEIVE_BUFFER: usize = 4 << 20;
/// The first bit of a control packet (draft-sharabayko-srt-01, section 3).
const CONTROL_BIT: u8 = 0x80;

impl Gate {
    /// Stands before `listener`; of the caller's media and repair packets, counted together from
    /// zero on, those are lost for which `is_lost` says so.
    ///
    /// # Panics
    /// If there is no socket to be had.
    pub fn start(listener: SocketAddr, is_lost: fn(u64) -> bool) -> Self {
        let (near, far) = (Arc::new(socket()), Arc::new(socket()));
        let address = near.local_addr().expect("the port just bound");
        let caller = Arc::new(Mutex::new(None));
        let stopped = Arc::new(AtomicBool::new(false));
        let there = {
            let (near, far) = (Arc::clone(&near), Arc::clone(&far));
            let (caller, stopped) = (Arc::clone(&caller), Arc::clone(&stopped));
            std::thread::spawn(move || {
                let mut media = 0;
                let mut datagram = [0; 2_048];
                while !stopped.load(Ordering::Relaxed) {
                    let Ok((length, from)) = near.recv_from(&mut datagram) else { continue };
                    *caller.lock().unwrap_or_else(PoisonError::into_inner) = Some(from);
                    let is_media = datagram[0] & CONTROL_BIT == 0;
                    if !is_media || !is_lost(media) {
                        // A listener that is not there yet misses it.
                        let _ = far.send_to(&datagram[..length], listener);
                    }
                    media += u64::from(is_media);
                }
            })
        };
        let back = {
            let stopped = Arc::clone(&stopped);
            std::thread::spawn(move || {
                let mut datagram = [0; 2_048];
                while !stopped.load(Ordering::Relaxed) {
                    let Ok(length) = far.recv(&mut datagram) else { continue };
                    if let Some(caller) = *caller.lock().unwrap_or_else(PoisonError::into_inner) {
                        // A caller that is gone misses it.
                        let _ = near.send_to(&datagram[..length], caller);
                    }
                }
            })
        };
        Self { address, stopped, threads: vec![there, back] }
    }

    /// Where the caller calls.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // A thread that panicked has already printed why.
            let _ = thread.join();
        }
    }
}

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free loopback port");
    socket.set_read_timeout(Some(STOP_CHECK)).expect("a timeout");
    SockRef::from(&socket).set_recv_buffer_size(RECEIVE_BUFFER).expect("a receive buffer");
    socket
}
