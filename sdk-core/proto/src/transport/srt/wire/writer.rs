//! Putting numbers into a lent buffer.

/// A datagram being written.
///
/// What does not fit is left out, and [`Writer::length`] then stops growing: lent buffers hold
/// the largest datagram there is, so this is a bound rather than a case to handle.
pub(crate) struct Writer<'a> {
    buffer: &'a mut [u8],
    length: usize,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, length: 0 }
    }

    pub(crate) fn put(&mut self, bytes: &[u8]) {
        let room = self.buffer.get_mut(self.length..).and_then(|room| room.get_mut(..bytes.len()));
        if let Some(room) = room {
            room.copy_from_slice(bytes);
            self.length += bytes.len();
        }
    }

    pub(crate) fn put_u16(&mut self, value: u16) {
        self.put(&value.to_be_bytes());
    }

    pub(crate) fn put_u32(&mut self, value: u32) {
        self.put(&value.to_be_bytes());
    }

    /// Bytes that still fit.
    pub(crate) fn room(&self) -> usize {
        self.buffer.len() - self.length
    }

    /// Bytes written.
    pub(crate) fn length(&self) -> usize {
        self.length
    }
}
