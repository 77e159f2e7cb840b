//! Outgoing datagrams that leave at the same moment, gathered into one system call.

use std::io;
use std::net::SocketAddr;

use super::Socket;

/// Datagrams for one peer, of equal size but for the last.
#[derive(Debug)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    segment: usize,
    count: usize,
    to: Option<SocketAddr>,
}

/// Largest datagram that any transport here sends.
pub(crate) const MAX_DATAGRAM: usize = 1_500;
/// Datagrams in one system call, at most: what the pacer lets go at one moment is fewer.
const MAX_SEGMENTS: usize = 32;

impl Batch {
    /// An empty batch.
    pub(crate) fn new() -> Self {
        Self { bytes: vec![0; MAX_DATAGRAM * (MAX_SEGMENTS + 1)], segment: 0, count: 0, to: None }
    }

    /// Room for the next datagram. What is written there counts once [`Batch::push`] is called.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        let start = self.used();
        let end = start + MAX_DATAGRAM;
        self.bytes.get_mut(start..end).unwrap_or_default()
    }

    /// Takes the datagram of `length` bytes that was written to [`Batch::room`], and sends what
    /// can no longer wait for more.
    ///
    /// # Errors
    ///
    /// As [`Socket::send`].
    pub(crate) fn push(
        &mut self,
        socket: &Socket,
        to: SocketAddr,
        length: usize,
    ) -> io::Result<()> {
        let length = length.min(MAX_DATAGRAM);
        let fits = self.count == 0 || (self.to == Some(to) && length <= self.segment);
        let mut result = Ok(());
        if !fits {
            let start = self.used();
            result = self.send(socket);
            self.bytes.copy_within(start..start + length, 0);
        }
        if self.count == 0 {
            self.segment = length;
        }
        self.to = Some(to);
        self.count += 1;
        let limit = socket.segments_per_send().min(MAX_SEGMENTS);
        // A shorter datagram ends a batch: only the last may be shorter.
        if length < self.segment || self.count >= limit {
            return result.and(self.send_last(socket, length));
        }
        result
    }

    /// Sends what waits.
    ///
    /// # Errors
    ///
    /// As [`Socket::send`].
    pub(crate) fn flush(&mut self, socket: &Socket) -> io::Result<()> {
        self.send(socket)
    }

    /// Sends what waits, on the socket that it waits for, and keeps what was written to
    /// [`Batch::room`] meanwhile, which is for another one.
    ///
    /// # Errors
    ///
    /// As [`Socket::send`].
    pub(crate) fn flush_before(&mut self, socket: &Socket, length: usize) -> io::Result<()> {
        let start = self.used();
        let result = self.send(socket);
        self.bytes.copy_within(start..start + length.min(MAX_DATAGRAM), 0);
        result
    }

    fn used(&self) -> usize {
        self.segment * self.count
    }

    fn send(&mut self, socket: &Socket) -> io::Result<()> {
        self.send_last(socket, self.segment)
    }

    /// Sends everything, the last datagram being `last` bytes long.
    fn send_last(&mut self, socket: &Socket, last: usize) -> io::Result<()> {
        let (Some(to), Some(before)) = (self.to, self.count.checked_sub(1)) else { return Ok(()) };
        let length = before * self.segment + last;
        self.count = 0;
        let bytes = self.bytes.get(..length).unwrap_or_default();
        socket.send(to, bytes, self.segment)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, UdpSocket};
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_batch_keeps_order_and_sizes() {
        let receiver = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        receiver.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let to = receiver.local_addr().unwrap();
        let socket = Socket::for_peer(to).unwrap();
        let mut batch = Batch::new();
        let sizes = [1_332, 1_332, 700, 1_332, 16, 44, 1_332];
        for (number, size) in sizes.into_iter().enumerate() {
            batch.room()[..size].fill(number as u8);
            batch.push(&socket, to, size).unwrap();
        }
        batch.flush(&socket).unwrap();
        for (number, size) in sizes.into_iter().enumerate() {
            let mut datagram = [0; 2_000];
            let length = receiver.recv(&mut datagram).unwrap();
            assert_eq!((length, datagram[0]), (size, number as u8));
        }
    }
}
