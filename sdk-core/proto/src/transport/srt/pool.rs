//! Memory for packets, taken once.

/// A fixed number of slots of a fixed size.
///
/// Slots that were given back last are taken first, so that a connection with few packets in
/// flight touches little memory, however many slots there are.
pub(crate) struct Pool {
    bytes: Vec<u8>,
    slot_bytes: usize,
    free: Vec<u32>,
}

/// A slot taken from a [`Pool`].
#[derive(Debug)]
pub(crate) struct Slot(u32);

impl Pool {
    pub(crate) fn new(slots: usize, slot_bytes: usize) -> Self {
        let slots = u32::try_from(slots).unwrap_or(u32::MAX);
        Self {
            // Zeroed memory comes from the system as such: pages never touched cost nothing.
            bytes: vec![0; slots as usize * slot_bytes],
            slot_bytes,
            free: (0..slots).rev().collect(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.free.is_empty()
    }

    pub(crate) fn take(&mut self) -> Option<Slot> {
        self.free.pop().map(Slot)
    }

    pub(crate) fn give_back(&mut self, slot: Slot) {
        self.free.push(slot.0);
    }

    pub(crate) fn get(&self, slot: &Slot) -> &[u8] {
        let start = slot.0 as usize * self.slot_bytes;
        self.bytes.get(start..start + self.slot_bytes).unwrap_or_default()
    }

    pub(crate) fn get_mut(&mut self, slot: &Slot) -> &mut [u8] {
        let start = slot.0 as usize * self.slot_bytes;
        self.bytes.get_mut(start..start + self.slot_bytes).unwrap_or_default()
    }
}
