//! Waiting for sockets, for another thread's word, or for a moment, with microsecond precision
//! where the system has it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Socket;

/// Wakes the thread that waits; clones wake the same one.
#[derive(Clone, Debug)]
pub(crate) struct Waker {
    shared: Arc<Shared>,
}

/// Waits, and is woken.
#[derive(Debug)]
pub(crate) struct Waiter {
    signal: signal::Receiver,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    signal: signal::Sender,
    /// Whether a signal is under way: a thousand calls to wake cost one system call.
    pending: AtomicBool,
}

/// A waiter and what wakes it.
pub(crate) fn waker() -> io::Result<(Waker, Waiter)> {
    let (sender, receiver) = signal::pair()?;
    let shared = Arc::new(Shared { signal: sender, pending: AtomicBool::new(false) });
    Ok((Waker { shared: shared.clone() }, Waiter { signal: receiver, shared }))
}

impl Waker {
    /// Ends the current wait, or the next one if none is under way.
    pub(crate) fn wake(&self) {
        if !self.shared.pending.swap(true, Ordering::AcqRel) {
            // A full pipe wakes just as well.
            let _ = self.shared.signal.send();
        }
    }
}

impl Waiter {
    /// Waits until a socket can be read, a wake, or the timeout; no timeout waits for ever. Answers
    /// whether there is anything to read.
    pub(crate) fn wait<'a>(
        &mut self,
        sockets: impl Iterator<Item = &'a Socket>,
        timeout: Option<Duration>,
    ) -> io::Result<bool> {
        let mut descriptors: [PollFd<'_>; MAX_DESCRIPTORS] =
            std::array::from_fn(|_| PollFd::new(self.signal.descriptor(), PollFlags::IN));
        let mut used = 1;
        for (descriptor, socket) in descriptors.iter_mut().skip(1).zip(sockets) {
            *descriptor = PollFd::new(socket.inner(), PollFlags::IN);
            used += 1;
        }
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        let descriptors = descriptors.get_mut(..used).unwrap_or_default();
        match poll(descriptors, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if self.shared.pending.load(Ordering::Acquire) {
            self.signal.drain();
            // From here on a new wake signals again; what was said before it is seen by the
            // caller, who looks after this returns.
            self.shared.pending.swap(false, Ordering::AcqRel);
        }
        Ok(descriptors.iter().skip(1).any(|descriptor| !descriptor.revents().is_empty()))
    }
}

/// The signal, and the sockets of three legs on as many networks as there may be: more than one
/// broadcast ever holds open.
const MAX_DESCRIPTORS: usize = 1 + 3 * golive_proto::transport::srtla::MAX_LINKS;

#[cfg(unix)]
mod signal {
    use std::io;
    use std::os::fd::OwnedFd;
    use std::sync::Arc;

    use rustix::io::{ioctl_fionbio, read, write};
    use rustix::pipe::pipe;

    #[derive(Debug)]
    pub(super) struct Sender {
        end: OwnedFd,
        /// Open for as long as somebody may write: SIGPIPE, which Rust's own programs and a JVM
        /// ignore, would end every other app.
        _other_end: Arc<OwnedFd>,
    }
    #[derive(Debug)]
    pub(super) struct Receiver(Arc<OwnedFd>);

    pub(super) fn pair() -> io::Result<(Sender, Receiver)> {
        let (receiver, sender) = pipe()?;
        ioctl_fionbio(&receiver, true)?;
        ioctl_fionbio(&sender, true)?;
        let receiver = Arc::new(receiver);
        Ok((Sender { end: sender, _other_end: receiver.clone() }, Receiver(receiver)))
    }

    impl Sender {
        pub(super) fn send(&self) -> io::Result<usize> {
            Ok(write(&self.end, &[1])?)
        }
    }

    impl Receiver {
        pub(super) fn descriptor(&self) -> &OwnedFd {
            &self.0
        }

        pub(super) fn drain(&self) {
            let mut bytes = [0; 16];
            while matches!(read(self.descriptor(), &mut bytes), Ok(count) if count == bytes.len()) {
            }
        }
    }
}

#[cfg(not(unix))]
mod signal {
    //! `WSAPoll` waits for sockets only, so the signal is one: a datagram to itself.

    use std::io;
    use std::net::{Ipv4Addr, UdpSocket};

    #[derive(Debug)]
    pub(super) struct Sender(UdpSocket);
    #[derive(Debug)]
    pub(super) struct Receiver(UdpSocket);

    pub(super) fn pair() -> io::Result<(Sender, Receiver)> {
        let receiver = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let sender = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        sender.connect(receiver.local_addr()?)?;
        receiver.connect(sender.local_addr()?)?;
        receiver.set_nonblocking(true)?;
        sender.set_nonblocking(true)?;
        Ok((Sender(sender), Receiver(receiver)))
    }

    impl Sender {
        pub(super) fn send(&self) -> io::Result<usize> {
            self.0.send(&[1])
        }
    }

    impl Receiver {
        pub(super) fn descriptor(&self) -> &UdpSocket {
            &self.0
        }

        pub(super) fn drain(&self) {
            let mut byte = [0];
            while self.0.recv(&mut byte).is_ok() {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Instant;

    use super::*;

    #[test]
    fn another_thread_ends_a_wait_that_would_last_for_ever() {
        let (waker, mut waiter) = waker().unwrap();
        let thread = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            waker.wake();
            waker
        });
        waiter.wait(std::iter::empty(), None).unwrap();
        let waker = thread.join().unwrap();
        waker.wake();
        waiter.wait(std::iter::empty(), None).unwrap();
    }

    #[test]
    fn waking_a_thread_that_has_ended_breaks_no_pipe() {
        let (waker, waiter) = waker().unwrap();
        drop(waiter);
        assert_eq!(waker.shared.signal.send().unwrap(), 1);
    }

    #[test]
    fn a_wait_without_a_word_ends_in_time() {
        let (_waker, mut waiter) = waker().unwrap();
        let start = Instant::now();
        waiter.wait(std::iter::empty(), Some(Duration::from_millis(20))).unwrap();
        assert!(start.elapsed() >= Duration::from_millis(20));
    }
}
