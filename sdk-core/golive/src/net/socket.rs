//! A UDP socket that sends and receives in batches where the platform has them.

use std::io::{self, IoSliceMut};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::num::NonZeroU32;

use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use socket2::{Domain, Protocol, Type};

/// Buffers asked of the system: about a second of a fast stream, as a receiver that is
/// descheduled for a moment must not lose packets.
const SYSTEM_BUFFER: usize = 4 << 20;

/// A non-blocking UDP socket.
#[derive(Debug)]
pub(crate) struct Socket {
    socket: UdpSocket,
    state: UdpSocketState,
}

/// What a socket belongs to beside its address, where an address alone does not decide the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attachment {
    /// The interface's number.
    pub(crate) interface: Option<NonZeroU32>,
    /// Android's handle of a network.
    pub(crate) android_network: Option<u64>,
}

impl Attachment {
    fn apply(self, socket: &socket2::Socket, domain: Domain) -> io::Result<()> {
        if let Some(network) = self.android_network {
            attach(socket, network)?;
        }
        match self.interface {
            Some(index) => bind_to_interface(socket, domain, index),
            None => Ok(()),
        }
    }
}

#[cfg(target_os = "android")]
use super::android::attach;

#[cfg(not(target_os = "android"))]
fn attach(_: &socket2::Socket, _: u64) -> io::Result<()> {
    let message = "networks have handles on Android only: name the interface instead";
    Err(io::Error::new(io::ErrorKind::Unsupported, message))
}

#[cfg(any(target_vendor = "apple", target_os = "linux", target_os = "android"))]
fn bind_to_interface(
    socket: &socket2::Socket,
    domain: Domain,
    index: NonZeroU32,
) -> io::Result<()> {
    if domain == Domain::IPV6 {
        socket.bind_device_by_index_v6(Some(index))
    } else {
        socket.bind_device_by_index_v4(Some(index))
    }
}

#[cfg(not(any(target_vendor = "apple", target_os = "linux", target_os = "android")))]
fn bind_to_interface(_: &socket2::Socket, _: Domain, _: NonZeroU32) -> io::Result<()> {
    let message = "a socket cannot be bound to an interface here: its address decides";
    Err(io::Error::new(io::ErrorKind::Unsupported, message))
}

impl Socket {
    /// A socket on a free port, for talking to `peer`.
    pub(crate) fn for_peer(peer: SocketAddr) -> io::Result<Self> {
        Self::bind(match peer {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        })
    }

    /// A socket on `address`; port 0 takes a free one.
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        Self::bind_attached(address, Attachment::default())
    }

    /// A socket on `address` that belongs to what `attachment` names.
    pub(crate) fn bind_attached(address: SocketAddr, attachment: Attachment) -> io::Result<Self> {
        let domain = Domain::for_address(address);
        let socket = socket2::Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
        attachment.apply(&socket, domain)?;
        socket.bind(&address.into())?;
        // The system may grant less; a smaller buffer still works.
        let _ = socket.set_recv_buffer_size(SYSTEM_BUFFER);
        let _ = socket.set_send_buffer_size(SYSTEM_BUFFER);
        let socket = UdpSocket::from(socket);
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        Ok(Self { socket, state })
    }

    /// The address that it is bound to.
    pub(crate) fn local_address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// How many equal datagrams one call can send.
    pub(crate) fn segments_per_send(&self) -> usize {
        self.state.max_gso_segments()
    }

    /// Sends datagrams of `segment` bytes each (the last may be shorter).
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::WouldBlock`] when the system's buffer is full: the datagrams are lost, as
    /// they would be in any other full queue on the way, and retransmission sees to it.
    pub(crate) fn send(&self, to: SocketAddr, bytes: &[u8], segment: usize) -> io::Result<()> {
        let transmit = Transmit {
            destination: to,
            ecn: None,
            contents: bytes,
            segment_size: (segment < bytes.len()).then_some(segment),
            src_ip: None,
        };
        self.state.try_send(UdpSockRef::from(&self.socket), &transmit)
    }

    /// Receives a batch of what is there into `inbox`; false when nothing more is left.
    pub(crate) fn receive(&self, inbox: &mut Inbox) -> io::Result<bool> {
        inbox.filled = 0;
        let mut buffers = inbox.storage.chunks_exact_mut(inbox.chunk);
        let mut slices: [IoSliceMut<'_>; BATCH_SIZE] =
            std::array::from_fn(|_| IoSliceMut::new(buffers.next().unwrap_or_default()));
        match self.state.recv(UdpSockRef::from(&self.socket), &mut slices, &mut inbox.meta) {
            Ok(count) => {
                inbox.filled = count;
                Ok(count == BATCH_SIZE)
            }
            Err(error) if is_transient(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// For the waiter.
    pub(super) fn inner(&self) -> &UdpSocket {
        &self.socket
    }
}

/// Whether a receive failed for a reason that the next one may not have: nothing there, or an
/// earlier datagram that nobody took (reported on some systems as a refused connection).
fn is_transient(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, ConnectionReset, Interrupted, WouldBlock};
    matches!(error.kind(), WouldBlock | Interrupted | ConnectionRefused | ConnectionReset)
}

/// Room for one batch of received datagrams, allocated once.
pub(crate) struct Inbox {
    storage: Vec<u8>,
    chunk: usize,
    meta: [RecvMeta; BATCH_SIZE],
    filled: usize,
}

impl Inbox {
    /// Room for a batch of the largest datagrams, each possibly several coalesced by the system.
    pub(crate) fn new(segments: usize) -> Self {
        let chunk = (2_048 * segments.max(1)).min(65_536);
        Self {
            storage: vec![0; chunk * BATCH_SIZE],
            chunk,
            meta: [RecvMeta::default(); BATCH_SIZE],
            filled: 0,
        }
    }

    /// The datagrams received last, and from where.
    pub(crate) fn datagrams(&self) -> impl Iterator<Item = (SocketAddr, &[u8])> {
        self.storage.chunks_exact(self.chunk).zip(&self.meta).take(self.filled).flat_map(
            |(bytes, meta)| {
                let bytes = bytes.get(..meta.len).unwrap_or_default();
                bytes.chunks(meta.stride.max(1)).map(|datagram| (meta.addr, datagram))
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_arrive_one_by_one_however_they_were_sent() {
        let receiver = Socket::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let to = receiver.local_address().unwrap();
        let sender = Socket::for_peer(to).unwrap();
        let mut sent = Vec::new();
        for segment in 0..sender.segments_per_send().min(3) as u8 {
            sent.extend_from_slice(&[segment; 1_000]);
        }
        sender.send(to, &sent, 1_000).unwrap();

        let mut inbox = Inbox::new(receiver.state.gro_segments());
        let mut received = Vec::new();
        for _ in 0..1_000 {
            receiver.receive(&mut inbox).unwrap();
            for (from, datagram) in inbox.datagrams() {
                assert!(from.ip().is_loopback());
                assert_eq!(datagram.len(), 1_000);
                received.extend_from_slice(datagram);
            }
            if received.len() == sent.len() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        panic!("received {} of {} bytes", received.len(), sent.len());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_socket_may_belong_to_an_interface_that_is_there_and_to_no_other() {
        let lo = std::fs::read_to_string("/sys/class/net/lo/ifindex").unwrap();
        let index = NonZeroU32::new(lo.trim().parse().unwrap());
        let attachment = Attachment { interface: index, android_network: None };
        let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let bound = Socket::bind_attached(any, attachment).unwrap();
        let receiver = Socket::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        bound.send(receiver.local_address().unwrap(), b"here", 4).unwrap();
        let socket = socket2::SockRef::from(&bound.socket);
        assert_eq!(socket.device_index_v4().unwrap(), index);

        let nowhere = Attachment { interface: NonZeroU32::new(999_999), ..attachment };
        let lost = Socket::bind_attached(any, nowhere)
            .and_then(|socket| socket.send(receiver.local_address()?, b"here", 4));
        assert!(lost.is_err(), "sent over an interface that is not there");
    }

    #[cfg(not(target_os = "android"))]
    #[test]
    fn a_handle_of_android_says_where_it_is_of_use() {
        let attachment = Attachment { android_network: Some(7), interface: None };
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let error = Socket::bind_attached(any, attachment).unwrap_err().to_string();
        assert!(error.contains("on Android only"), "{error}");
    }
}
