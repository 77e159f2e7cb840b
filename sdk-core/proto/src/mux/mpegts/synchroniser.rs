//! Where packets begin in bytes that came in any pieces, some of them not packets at all.

use super::{PACKET_LENGTH, SYNC_BYTE};

/// Bytes taken in at once, so that a long piece is not held a second time.
const STEP: usize = 64 * PACKET_LENGTH;

/// Cuts bytes into packets. Two sync bytes a packet apart count as one found again.
#[derive(Clone, Debug)]
pub(super) struct Synchroniser {
    /// The beginning of a packet, or what may be one; less than two packets between calls.
    pending: Vec<u8>,
    /// Bytes before `pending`.
    offset: u64,
    is_lost: bool,
    skipped: u64,
}

/// What was found in the bytes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found<'a> {
    /// A packet, and where it begins.
    Packet { bytes: &'a [u8; PACKET_LENGTH], offset: u64 },
    /// This many bytes were none; what comes next is one again.
    Skipped(u64),
}

impl Synchroniser {
    /// For bytes whose first is likely the first of a packet.
    pub(super) const fn aligned() -> Self {
        Self { pending: Vec::new(), offset: 0, is_lost: false, skipped: 0 }
    }

    /// For bytes that begin anywhere.
    pub(super) const fn searching() -> Self {
        Self { pending: Vec::new(), offset: 0, is_lost: true, skipped: 0 }
    }

    /// Bytes skipped since the last packet.
    pub(super) const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Takes the next bytes and hands what they complete to `take`.
    pub(super) fn push(&mut self, data: &[u8], mut take: impl FnMut(Found<'_>)) {
        for piece in data.chunks(STEP) {
            self.pending.extend_from_slice(piece);
            let done = self.scan(&mut take);
            self.pending.drain(..done);
            self.offset += done as u64;
        }
    }

    /// Finds the packets of `pending` and returns how many bytes are dealt with.
    fn scan(&mut self, take: &mut impl FnMut(Found<'_>)) -> usize {
        let mut position = 0;
        while let Some(rest) = self.pending.get(position..).filter(|rest| !rest.is_empty()) {
            let after = rest.get(PACKET_LENGTH).map(|byte| *byte == SYNC_BYTE);
            if rest.first() != Some(&SYNC_BYTE) || after == Some(false) {
                self.is_lost = true;
                self.skipped += 1;
                position += 1;
                continue;
            }
            let Some(bytes) = rest.first_chunk() else { break };
            if self.is_lost && after.is_none() {
                break;
            }
            self.is_lost = false;
            if self.skipped > 0 {
                take(Found::Skipped(std::mem::take(&mut self.skipped)));
            }
            take(Found::Packet { bytes, offset: self.offset + position as u64 });
            position += PACKET_LENGTH;
        }
        position
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(number: u8) -> [u8; PACKET_LENGTH] {
        let mut packet = [number; PACKET_LENGTH];
        packet[0] = SYNC_BYTE;
        packet
    }

    fn found(synchroniser: &mut Synchroniser, data: &[u8], step: usize) -> (Vec<u8>, u64) {
        let (mut packets, mut skipped) = (Vec::new(), 0);
        for piece in data.chunks(step) {
            synchroniser.push(piece, |found| match found {
                Found::Packet { bytes, offset } => {
                    assert_eq!(data[offset as usize..][..PACKET_LENGTH], bytes[..]);
                    packets.push(bytes[1]);
                }
                Found::Skipped(bytes) => skipped += bytes,
            });
            assert!(synchroniser.pending.len() <= PACKET_LENGTH);
        }
        (packets, skipped)
    }

    #[test]
    fn packets_come_out_whatever_the_pieces() {
        let data: Vec<u8> = (1..=9).flat_map(packet).collect();
        for step in [1, 7, 187, 188, 189, 1_316, 5_000] {
            let result = found(&mut Synchroniser::aligned(), &data, step);
            assert_eq!(result, ((1..=9).collect(), 0), "{step}");
        }
    }

    #[test]
    fn garbage_costs_itself_and_the_packet_it_tore() {
        let mut data: Vec<u8> = (1..=3).flat_map(packet).collect();
        data.extend_from_slice(&packet(4)[..100]);
        data.extend([0, SYNC_BYTE, 0, 0]);
        data.extend((5..=9).flat_map(packet));
        let (packets, skipped) = found(&mut Synchroniser::aligned(), &data, 5_000);
        assert_eq!((packets.as_slice(), skipped), (&[1, 2, 3, 5, 6, 7, 8, 9][..], 104));
        // A torn packet is taken for a whole one when nothing after it is there to tell; it costs
        // the next one.
        for step in [1, 188, 200] {
            let (packets, _) = found(&mut Synchroniser::aligned(), &data, step);
            assert!(packets.starts_with(&[1, 2, 3]), "{step}");
            assert!(packets.ends_with(&[6, 7, 8, 9]), "{step}");
        }
    }

    #[test]
    fn a_start_in_the_middle_is_found() {
        let data: Vec<u8> = (1..=4).flat_map(packet).collect();
        let mut packets = vec![];
        Synchroniser::searching().push(&data[50..], |found| {
            if let Found::Packet { bytes, .. } = found {
                packets.push(bytes[1]);
            }
        });
        assert_eq!(packets, [2, 3, 4]);
    }
}
