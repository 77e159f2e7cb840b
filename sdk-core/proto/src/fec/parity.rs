//! The XOR of packets.

/// What a repair packet protects of a source packet, and what is rebuilt from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source<'a> {
    /// The timestamp on the wire.
    pub timestamp: u32,
    /// Flags that say how to read the payload: which key it is encrypted with.
    pub flags: u8,
    /// As it is on the wire, encrypted or not.
    pub payload: &'a [u8],
}

/// The XOR of any number of packets, as if all had the length of the longest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parity {
    /// Of their timestamps.
    pub timestamp: u32,
    /// Of their flags.
    pub flags: u8,
    /// Of their lengths.
    pub length: u16,
    payload: Vec<u8>,
}

impl Parity {
    /// Nothing yet, with room for packets of so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { payload: Vec::with_capacity(bytes), ..Self::default() }
    }

    /// Of their payloads; zeros at the end may be left out.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Adds a packet.
    pub fn add(&mut self, source: &Source<'_>) {
        // No datagram is longer than a length's 16 bits.
        let length = source.payload.len() as u16;
        self.add_parity(source.timestamp, source.flags, length, source.payload);
    }

    /// Adds what was added up elsewhere.
    pub fn add_parity(&mut self, timestamp: u32, flags: u8, length: u16, payload: &[u8]) {
        self.timestamp ^= timestamp;
        self.flags ^= flags;
        self.length ^= length;
        lengthen(&mut self.payload, payload.len());
        for (sum, byte) in self.payload.iter_mut().zip(payload) {
            *sum ^= byte;
        }
    }

    /// Begins anew, and keeps its memory.
    pub fn clear(&mut self) {
        self.payload.clear();
        (self.timestamp, self.flags, self.length) = (0, 0, 0);
    }

    /// The one packet that is left, if all others of its group were added to their repair packet.
    /// None if what is left cannot be a packet.
    pub fn rest(&self) -> Option<Source<'_>> {
        let payload = self.payload.get(..usize::from(self.length))?;
        Some(Source { timestamp: self.timestamp, flags: self.flags, payload })
    }
}

/// Makes room for something longer; zeros add nothing.
pub(super) fn lengthen(bytes: &mut Vec<u8>, length: usize) {
    if bytes.len() < length {
        bytes.resize(length, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_group_is_the_missing_packet() {
        let packets = [
            Source { timestamp: 1_000, flags: 1, payload: b"first" },
            Source { timestamp: 2_000, flags: 1, payload: b"the second is longer" },
            Source { timestamp: 3_100, flags: 2, payload: b"third" },
        ];
        for missing in 0..3 {
            let mut parity = Parity::default();
            packets.iter().for_each(|packet| parity.add(packet));
            for (_, packet) in packets.iter().enumerate().filter(|(index, _)| *index != missing) {
                parity.add(packet);
            }
            assert_eq!(parity.rest(), Some(packets[missing]));
        }
    }

    #[test]
    fn a_length_that_cannot_be_is_no_packet() {
        let mut parity = Parity::default();
        parity.add_parity(0, 0, 900, &[1; 20]);
        assert_eq!(parity.rest(), None);
    }
}
