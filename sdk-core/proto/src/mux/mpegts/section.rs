//! Sections put together from the packets that carry them (2.4.4).

/// Longest section of a table: 12 bits of length, and the three bytes up to it.
const MAX_SECTION_LENGTH: usize = 3 + 0x0FFF;

/// Gathers the sections of one PID.
#[derive(Clone, Debug, Default)]
pub(super) struct SectionAssembler {
    bytes: Vec<u8>,
    /// Whether `bytes` holds the beginning of a section.
    in_section: bool,
}

impl SectionAssembler {
    /// Forgets a section that lost a part.
    pub(super) fn reset(&mut self) {
        self.bytes.clear();
        self.in_section = false;
    }

    /// Takes a packet's payload and hands each section that it completes to `take`.
    pub(super) fn push(&mut self, payload: &[u8], starts_unit: bool, mut take: impl FnMut(&[u8])) {
        if !starts_unit {
            self.append(payload, &mut take);
            return;
        }
        let Some((pointer, rest)) = payload.split_first() else { return };
        let Some((before, from)) = rest.split_at_checked(usize::from(*pointer)) else {
            self.reset();
            return;
        };
        self.append(before, &mut take);
        self.reset();
        self.in_section = true;
        self.append(from, &mut take);
    }

    fn append(&mut self, payload: &[u8], take: &mut impl FnMut(&[u8])) {
        if !self.in_section {
            return;
        }
        // At most one section and one packet are held: whole ones are taken out at once.
        self.bytes.extend_from_slice(payload);
        let mut done = 0;
        while let Some(rest) = self.bytes.get(done..).filter(|rest| !rest.is_empty()) {
            if rest.first() == Some(&STUFFING) {
                self.reset();
                return;
            }
            let [_, high, low, ..] = rest else { break };
            let length = 3 + usize::from(u16::from_be_bytes([high & 0x0F, *low]));
            let Some(section) = rest.get(..length) else { break };
            take(section);
            done += length;
        }
        self.bytes.drain(..done.min(self.bytes.len()));
        if self.bytes.len() > MAX_SECTION_LENGTH {
            self.reset();
        }
    }
}

/// The byte after the last section of a packet; no table has it for its identity.
const STUFFING: u8 = 0xFF;

#[cfg(test)]
mod tests {
    use super::*;

    fn sections(payloads: &[(&[u8], bool)]) -> Vec<Vec<u8>> {
        let mut assembler = SectionAssembler::default();
        let mut found = Vec::new();
        for (payload, starts_unit) in payloads {
            assembler.push(payload, *starts_unit, |section| found.push(section.to_vec()));
        }
        found
    }

    #[test]
    fn several_sections_of_a_packet_are_found() {
        let found = sections(&[(&[0, 2, 0, 1, 7, 2, 0, 0, 0xFF, 0xFF], true)]);
        assert_eq!(found, [vec![2, 0, 1, 7], vec![2, 0, 0]]);
    }

    #[test]
    fn a_section_over_three_packets_is_put_together() {
        let found = sections(&[
            (&[0, 2, 0], true),
            (&[4, 1, 2], false),
            (&[2, 3, 4, 5, 0, 1, 9, 0xFF], true),
            (&[1, 2, 3, 4], false),
        ]);
        assert_eq!(found, [vec![2, 0, 4, 1, 2, 3, 4], vec![5, 0, 1, 9]]);
    }

    #[test]
    fn what_is_not_begun_is_not_gathered() {
        assert!(sections(&[(&[2, 0, 1, 7], false), (&[200, 1], true), (&[], true)]).is_empty());
    }
}
