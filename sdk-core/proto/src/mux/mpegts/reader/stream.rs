//! One PID's packets into PES packets.

use bytes::Bytes;

use super::super::packet::Packet;
use super::super::pes::{PacketLength, packet_length};
use super::output::Cause;

/// Longest PES packet that is put together, in bytes. A picture of 8 MiB would take a second at
/// 67 Mb/s.
pub const MAX_PES_LENGTH: usize = 8 << 20;

/// The packets of one PID.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pid: u16,
    last_counter: Option<u8>,
    /// The payload of the packet before, by which a repeated packet is known.
    last_payload: Vec<u8>,
    bytes: Vec<u8>,
    /// Whether `bytes` holds the beginning of a PES packet that is still whole.
    is_gathering: bool,
}

impl Stream {
    pub(super) const fn new(pid: u16) -> Self {
        Self {
            pid,
            last_counter: None,
            last_payload: Vec::new(),
            bytes: Vec::new(),
            is_gathering: false,
        }
    }

    pub(super) const fn pid(&self) -> u16 {
        self.pid
    }

    /// Takes the next packet, and gives each PES packet that is complete, and what went wrong.
    pub(super) fn push(&mut self, packet: &Packet<'_>, mut give: impl FnMut(Result<Bytes, Cause>)) {
        if packet.discontinuity && self.last_counter.is_some() {
            self.last_counter = None;
            self.drop_unfinished();
            give(Err(Cause::Announced));
        }
        // A packet without payload repeats the number of the one before (2.4.3.3).
        let Some(payload) = packet.payload else { return };
        match self.count(packet.continuity_counter, payload) {
            Continuity::Next => {}
            Continuity::Duplicate => return,
            Continuity::Lost(modulo_16) => {
                self.drop_unfinished();
                give(Err(Cause::PacketsLost { modulo_16 }));
            }
        }
        if packet.scrambled {
            self.drop_unfinished();
            return;
        }
        if packet.starts_unit {
            self.finish(&mut give);
            self.is_gathering = true;
        }
        self.append(payload, &mut give);
    }

    /// Gives a PES packet that is complete because nothing follows.
    pub(super) fn finish(&mut self, mut give: impl FnMut(Result<Bytes, Cause>)) {
        if !self.is_gathering || self.bytes.is_empty() {
            return;
        }
        match packet_length(&self.bytes) {
            PacketLength::Unbounded => give(Ok(self.take())),
            PacketLength::Bytes(_) | PacketLength::Unknown => {
                self.drop_unfinished();
                give(Err(Cause::Malformed));
            }
        }
    }

    fn append(&mut self, payload: &[u8], give: &mut impl FnMut(Result<Bytes, Cause>)) {
        if !self.is_gathering {
            return;
        }
        self.bytes.extend_from_slice(payload);
        match packet_length(&self.bytes) {
            PacketLength::Bytes(length) if self.bytes.len() >= length => {
                self.bytes.truncate(length);
                give(Ok(self.take()));
            }
            _ if self.bytes.len() > MAX_PES_LENGTH => {
                self.drop_unfinished();
                give(Err(Cause::TooLong));
            }
            _ => {}
        }
    }

    fn take(&mut self) -> Bytes {
        self.is_gathering = false;
        Bytes::from(std::mem::take(&mut self.bytes))
    }

    fn drop_unfinished(&mut self) {
        self.is_gathering = false;
        self.bytes.clear();
    }

    fn count(&mut self, counter: u8, payload: &[u8]) -> Continuity {
        let last = self.last_counter.replace(counter);
        let is_repeated = self.last_payload == payload;
        self.last_payload.clear();
        self.last_payload.extend_from_slice(payload);
        match last.map(|last| counter.wrapping_sub(last) & 0x0F) {
            None | Some(1) => Continuity::Next,
            Some(0) if is_repeated => Continuity::Duplicate,
            Some(step) => Continuity::Lost(step.wrapping_sub(1) & 0x0F),
        }
    }
}

enum Continuity {
    Next,
    /// The same packet again, which a sender may do once (2.4.3.3).
    Duplicate,
    Lost(u8),
}
