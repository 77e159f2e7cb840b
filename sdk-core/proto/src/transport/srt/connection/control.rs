//! Control packets that wait to be sent.

use std::collections::VecDeque;

use super::super::crypto::MAX_KEY_MATERIAL_BYTES;

/// Acknowledgements of acknowledgements that may wait; older ones are forgotten.
const MAX_ACKNOWLEDGED: usize = 16;

/// Bytes of a report.
pub(crate) const MAX_REPORT_BYTES: usize = 1_024;

/// What has been asked for and not yet been sent. Nothing is allocated once it is made.
pub(crate) struct Outbox {
    /// Numbers of the peer's acknowledgements.
    pub(crate) acknowledged: VecDeque<u32>,
    /// The answer to a conclusion.
    pub(crate) handshake_response: bool,
    /// The peer's key material, repeated.
    pub(crate) key_response: Option<KeyResponse>,
    /// A report for the peer.
    report: Vec<u8>,
    pub(crate) shutdown: bool,
}

/// A short message.
pub(crate) struct KeyResponse {
    bytes: [u8; MAX_KEY_MATERIAL_BYTES],
    length: usize,
}

impl Outbox {
    pub(crate) fn new() -> Self {
        Self {
            acknowledged: VecDeque::with_capacity(MAX_ACKNOWLEDGED),
            handshake_response: false,
            key_response: None,
            report: Vec::with_capacity(MAX_REPORT_BYTES),
            shutdown: false,
        }
    }

    /// The peer's acknowledgement of this number is to be acknowledged.
    pub(crate) fn acknowledge(&mut self, number: u32) {
        if self.acknowledged.len() == MAX_ACKNOWLEDGED {
            self.acknowledged.pop_front();
        }
        self.acknowledged.push_back(number);
    }

    /// A report is to be sent, in place of one that has not been.
    pub(crate) fn set_report(&mut self, report: &[u8]) {
        self.report.clear();
        self.report.extend_from_slice(report.get(..MAX_REPORT_BYTES).unwrap_or(report));
    }

    /// Hands the report over, once.
    pub(crate) fn take_report(&mut self, send: impl FnOnce(&[u8])) -> bool {
        let waits = !self.report.is_empty();
        if waits {
            send(&self.report);
            self.report.clear();
        }
        waits
    }
}

impl KeyResponse {
    /// `None` if the message is too long to be one.
    pub(crate) fn new(message: &[u8]) -> Option<Self> {
        let mut bytes = [0; MAX_KEY_MATERIAL_BYTES];
        bytes.get_mut(..message.len())?.copy_from_slice(message);
        Some(Self { bytes, length: message.len() })
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}
