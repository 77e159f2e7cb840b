//! The access unit that is being written.

use bytes::Bytes;

use super::super::packet::Header;
use super::schedule::Due;
use crate::media::{AccessUnit, Track};

/// How far an access unit has been written: what is due beside it, then its head (which the
/// writer keeps), then its own bytes.
#[derive(Clone, Debug)]
pub(super) struct UnitInProgress {
    pub(super) track: Track,
    pub(super) keyframe: bool,
    pub(super) due: Due,
    body: Bytes,
    /// Bytes written, of the head and the body together.
    written: usize,
    pub(super) has_begun: bool,
}

impl UnitInProgress {
    /// `unit` from the byte `body` of its data on.
    pub(super) fn new(unit: &AccessUnit, body: usize, due: Due) -> Self {
        Self {
            track: unit.track,
            keyframe: unit.keyframe,
            due,
            body: unit.data.slice(body.min(unit.data.len())..),
            written: 0,
            has_begun: false,
        }
    }

    /// Bytes of the PES packet that are yet to be written behind `head`.
    pub(super) fn remaining(&self, head: &[u8]) -> usize {
        (head.len() + self.body.len()).saturating_sub(self.written)
    }

    /// The header of the unit's next packet, on the stream that `header` begins for.
    pub(super) fn packet_header(&self, header: Header) -> Header {
        if self.written > 0 {
            return header;
        }
        let random_access = self.keyframe;
        Header { starts_unit: true, random_access, pcr: self.due.pcr(), ..header }
    }

    /// Moves the next bytes into a packet's `payload`, which is no longer than what remains.
    pub(super) fn fill(&mut self, head: &[u8], payload: &mut [u8]) {
        let from_head = head.get(self.written..).unwrap_or_default();
        let length = from_head.len().min(payload.len());
        let (front, back) = payload.split_at_mut(length);
        front.copy_from_slice(from_head.get(..length).unwrap_or_default());
        let position = self.written.saturating_sub(head.len());
        let from_body = self.body.get(position..position + back.len()).unwrap_or_default();
        back.copy_from_slice(from_body);
        self.written += payload.len();
    }
}
