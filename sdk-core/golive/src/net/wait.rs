//! Waiting for sockets, for another thread's word, or for a moment, with microsecond precision
//! where the system has it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use self::signal::Signal;
use super::Socket;

/// Wakes the thread that waits; clones wake the same one.
#[derive(Clone, Debug)]
pub(crate) struct Waker {
    shared: Arc<Shared>,
}

/// Waits, and is woken.
#[derive(Debug)]
pub(crate) struct Waiter {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Both ends: a waker may outlive the waiter, and whoever writes to a pipe that nobody can read
    /// is ended by a signal, unless the program ignores that, as apps on iOS do not.
    signal: Signal,
    /// Whether a signal is under way: a thousand calls to wake cost one system call.
    pending: AtomicBool,
}

/// A waiter and what wakes it.
pub(crate) fn waker() -> io::Result<(Waker, Waiter)> {
    let shared = Arc::new(Shared { signal: Signal::new()?, pending: AtomicBool::new(false) });
    Ok((Waker { shared: shared.clone() }, Waiter { shared }))
}

impl Waker {
    /// Ends the current wait, or the next one if none is under way.
    pub(crate) fn wake(&self) {
        if !self.shared.pending.swap(true, Ordering::AcqRel) {
            // A signal that finds no room wakes just as well.
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
            std::array::from_fn(|_| PollFd::new(self.shared.signal.descriptor(), PollFlags::IN));
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
            self.shared.signal.drain();
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
    use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};

    use rustix::io::ioctl_fionbio;

    #[derive(Debug)]
    pub(super) struct Signal {
        reader: PipeReader,
        writer: PipeWriter,
    }

    impl Signal {
        pub(super) fn new() -> io::Result<Self> {
            let (reader, writer) = io::pipe()?;
            ioctl_fionbio(&reader, true)?;
            ioctl_fionbio(&writer, true)?;
            Ok(Self { reader, writer })
        }

        pub(super) fn send(&self) -> io::Result<usize> {
            (&self.writer).write(&[1])
        }

        pub(super) fn descriptor(&self) -> &PipeReader {
            &self.reader
        }

        pub(super) fn drain(&self) {
            let mut bytes = [0; 16];
            while matches!((&self.reader).read(&mut bytes), Ok(count) if count == bytes.len()) {}
        }
    }
}

#[cfg(not(unix))]
mod signal {
    //! `WSAPoll` waits for sockets only, so the signal is a datagram.

    use std::io;
    use std::net::{Ipv4Addr, UdpSocket};

    #[derive(Debug)]
    pub(super) struct Signal {
        receiver: UdpSocket,
        sender: UdpSocket,
    }

    impl Signal {
        pub(super) fn new() -> io::Result<Self> {
            let receiver = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            let sender = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            sender.connect(receiver.local_addr()?)?;
            receiver.connect(sender.local_addr()?)?;
            receiver.set_nonblocking(true)?;
            sender.set_nonblocking(true)?;
            Ok(Self { receiver, sender })
        }

        pub(super) fn send(&self) -> io::Result<usize> {
            self.sender.send(&[1])
        }

        pub(super) fn descriptor(&self) -> &UdpSocket {
            &self.receiver
        }

        pub(super) fn drain(&self) {
            let mut byte = [0];
            while self.receiver.recv(&mut byte).is_ok() {}
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
    fn a_wait_without_a_word_ends_in_time() {
        let (_waker, mut waiter) = waker().unwrap();
        let start = Instant::now();
        waiter.wait(std::iter::empty(), Some(Duration::from_millis(20))).unwrap();
        assert!(start.elapsed() >= Duration::from_millis(20));
    }

    #[test]
    fn a_word_to_a_waiter_that_is_gone_harms_nobody() {
        let (waker, waiter) = waker().unwrap();
        drop(waiter);
        waker.wake();
        assert!(waker.shared.signal.send().is_ok(), "a pipe without a reader ends a whole app");
    }
}
