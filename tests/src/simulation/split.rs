//! A sender behind a program that splits its packets over two paths, as senders of srtla that we
//! did not write do: packet by packet, whatever overtakes what. What the receiver answers comes
//! back on both. Like libsrt, and unlike Golive's, this sender sends again what reports name, and
//! nothing else.

use std::collections::BTreeSet;

use crate::network::{Link, Path};

/// The second path, and whose turn it is.
pub(super) struct Split {
    forward: Link,
    backward: Link,
    second_is_next: bool,
    /// What the receiver has reported, and was not sent again since.
    reported: BTreeSet<u32>,
}

/// The bit that control packets have set, and the first numbers of ranges.
const TOP: u32 = 1 << 31;
/// How a report of losses begins, and what a packet that is sent again has set (draft, 3.2.5, 3.1).
const LOSS_REPORT: u32 = 0x8003;
const RETRANSMITTED: u32 = 1 << 26;
const HEADER: usize = 16;
/// Where a handshake says what its side can do: after the header of 16 bytes, the handshake's own
/// 48, its extension's 4 and the version's 4 (draft, sections 3.2.1 and 3.2.1.1).
const OPTIONS: usize = 72;
/// The half of it in which Golive says its name, and others nothing.
const NAME: &[u8] = b"GL";

impl Split {
    pub(super) fn new(second: &Path) -> Self {
        let (forward, backward) = second.links();
        Self { forward, backward, second_is_next: false, reported: BTreeSet::new() }
    }

    /// Whether a datagram takes the first path and the second.
    pub(super) fn ways(&mut self, forward: bool, datagram: &[u8]) -> [bool; 2] {
        let Some(first) = word(datagram, 0) else { return [false, false] };
        if !forward {
            if first >> 16 == LOSS_REPORT {
                self.note(datagram);
            }
            return [true, true];
        }
        if first & TOP != 0 {
            return [true, false];
        }
        let again = word(datagram, 4).is_some_and(|word| word & RETRANSMITTED != 0);
        if again && !self.reported.remove(&first) {
            return [false, false];
        }
        self.second_is_next = !self.second_is_next;
        [self.second_is_next, !self.second_is_next]
    }

    /// Takes note of what a report names: single numbers, and the first and last of ranges
    /// (draft, appendix A).
    fn note(&mut self, report: &[u8]) {
        let words = (HEADER..report.len()).step_by(4).filter_map(|at| word(report, at));
        let mut begun = None;
        for word in words {
            match begun.take() {
                Some(first) => self.reported.extend(first..=word),
                None if word & TOP != 0 => begun = Some(word & !TOP),
                None => drop(self.reported.insert(word)),
            }
        }
    }

    pub(super) fn link(&mut self, forward: bool) -> &mut Link {
        if forward { &mut self.forward } else { &mut self.backward }
    }
}

/// Makes a handshake one of an implementation that is not Golive.
pub(super) fn disguise(datagram: &mut [u8]) {
    let is_handshake = datagram.starts_with(&[0x80, 0x00]);
    if is_handshake
        && let Some(name) = datagram.get_mut(OPTIONS..OPTIONS + NAME.len())
        && name == NAME
    {
        name.fill(0);
    }
}

fn word(datagram: &[u8], at: usize) -> Option<u32> {
    let bytes = datagram.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_be_bytes(bytes))
}
