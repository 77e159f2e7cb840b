//! What a full acknowledgement says (section 3.2.4).

use super::super::number::SequenceNumber;
use super::{Reader, Writer};

/// The body of an acknowledgement. A light one holds the first field only, a small one four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Acknowledgement {
    /// Everything before this number has arrived or was given up.
    pub(crate) next: SequenceNumber,
    /// What the receiver of the data measured; absent from a light acknowledgement.
    pub(crate) measured: Option<Measured>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Measured {
    /// Smoothed round-trip time in microseconds.
    pub(crate) rtt: u32,
    /// Its deviation in microseconds.
    pub(crate) rtt_variance: u32,
    /// Packets that still fit into the receiver's buffer.
    pub(crate) buffer_free: u32,
    /// Absent from a small acknowledgement.
    pub(crate) rates: Option<Rates>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rates {
    /// Packets received a second.
    pub(crate) packets: u32,
    /// Packets a second that the link could carry.
    pub(crate) capacity: u32,
    /// Bytes received a second.
    pub(crate) bytes: u32,
}

impl Acknowledgement {
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let next = reader.u32()?;
        if next >> 31 != 0 {
            return None;
        }
        Some(Self { next: SequenceNumber::new(next), measured: measured(reader) })
    }

    pub(crate) fn write(&self, writer: &mut Writer<'_>) {
        writer.put_u32(self.next.as_u32());
        let Some(measured) = &self.measured else { return };
        writer.put_u32(measured.rtt);
        writer.put_u32(measured.rtt_variance);
        writer.put_u32(measured.buffer_free);
        let Some(rates) = &measured.rates else { return };
        writer.put_u32(rates.packets);
        writer.put_u32(rates.capacity);
        writer.put_u32(rates.bytes);
    }
}

fn measured(mut reader: Reader<'_>) -> Option<Measured> {
    let (rtt, rtt_variance, buffer_free) = (reader.u32()?, reader.u32()?, reader.u32()?);
    Some(Measured { rtt, rtt_variance, buffer_free, rates: rates(reader) })
}

fn rates(mut reader: Reader<'_>) -> Option<Rates> {
    let (packets, capacity) = (reader.u32()?, reader.u32()?);
    // Peers older than 1.0.3 end here.
    Some(Rates { packets, capacity, bytes: reader.u32().unwrap_or(0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_small_and_light_acknowledgements_survive_the_wire() {
        let rates = Some(Rates { packets: 500, capacity: 9_000, bytes: 650_000 });
        let full = Measured { rtt: 40_000, rtt_variance: 2_000, buffer_free: 8_000, rates };
        let small = Measured { rates: None, ..full };
        for (measured, length) in [(Some(full), 28), (Some(small), 16), (None, 4)] {
            let sent = Acknowledgement { next: SequenceNumber::new(77), measured };
            let mut buffer = [0; 64];
            let mut writer = Writer::new(&mut buffer);
            sent.write(&mut writer);
            assert_eq!(writer.length(), length);
            assert_eq!(Acknowledgement::parse(&buffer[..length]), Some(sent));
        }
    }

    #[test]
    fn a_number_of_more_than_31_bits_acknowledges_nothing() {
        assert_eq!(Acknowledgement::parse(&[0xFF; 4]), None);
    }
}
