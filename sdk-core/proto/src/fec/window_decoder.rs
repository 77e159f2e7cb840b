//! Source packets from what arrived and from combinations.

use std::collections::{BTreeMap, VecDeque};

use super::combination::{Combination, factor, prefix_of};
use super::field;
use super::parity::{Source, lengthen};
use super::rebuilt::Rebuilt;

/// Packets that are remembered: twice the largest window.
const REMEMBERED: usize = 512;

/// Equations that are kept, at most; more rebuild nothing that these could not.
const MOST_EQUATIONS: usize = 128;

/// Memory that is kept for packets to come; what was rebuilt leaves more than is needed.
const MOST_SPARE: usize = 16;

/// Rebuilds packets as soon as there are as many combinations of them as packets are missing.
///
/// Equations are kept in reduced echelon form: each has a packet of its own that no other one
/// names, and a packet is rebuilt when its equation names nothing else.
#[derive(Debug, Default)]
pub struct WindowDecoder {
    /// What is known, from offset `first` on: a packet with its length, flags and timestamp.
    known: VecDeque<Option<Vec<u8>>>,
    first: u64,
    /// By the first packet that each names.
    equations: BTreeMap<u64, Equation>,
    rebuilt: VecDeque<Rebuilt>,
    /// Memory of packets that are remembered no more.
    spare: Vec<Vec<u8>>,
}

#[derive(Clone, Debug)]
struct Equation {
    /// Factors of the packets from `first` on.
    first: u64,
    factors: Vec<u8>,
    bytes: Vec<u8>,
}

impl Equation {
    fn factor(&self, offset: u64) -> u8 {
        let index = offset.checked_sub(self.first).and_then(|index| usize::try_from(index).ok());
        index.and_then(|index| self.factors.get(index)).copied().unwrap_or(0)
    }

    /// The packets that it names.
    fn names(&self) -> impl Iterator<Item = u64> {
        let named = self.factors.iter().enumerate().filter(|(_, factor)| **factor != 0);
        named.map(|(index, _)| self.first + index as u64)
    }

    /// Takes out a packet that is known.
    fn remove(&mut self, offset: u64, packet: &[u8]) {
        let factor = self.factor(offset);
        if factor == 0 {
            return;
        }
        lengthen(&mut self.bytes, packet.len());
        field::add_product(&mut self.bytes, packet, factor);
        if let Some(factor) = self.factors.get_mut((offset - self.first) as usize) {
            *factor = 0;
        }
    }

    /// Subtracts as much of `other` as makes it name `offset` no more; `other` names it once.
    fn reduce(&mut self, offset: u64, other: &Self) {
        let factor = self.factor(offset);
        if factor == 0 {
            return;
        }
        let end = other.first + other.factors.len() as u64;
        if other.first < self.first {
            let missing = (self.first - other.first) as usize;
            self.factors.splice(0..0, std::iter::repeat_n(0, missing));
            self.first = other.first;
        }
        lengthen(&mut self.factors, (end - self.first) as usize);
        let from = (other.first - self.first) as usize;
        if let Some(factors) = self.factors.get_mut(from..) {
            field::add_product(factors, &other.factors, factor);
        }
        lengthen(&mut self.bytes, other.bytes.len());
        field::add_product(&mut self.bytes, &other.bytes, factor);
    }
}

impl WindowDecoder {
    /// A source packet arrived, for the first time and by itself.
    pub fn source(&mut self, offset: u64, source: &Source<'_>) {
        if self.is_known(offset) {
            return;
        }
        let mut packet = self.spare.pop().unwrap_or_default();
        packet.clear();
        packet.extend_from_slice(&prefix_of(source));
        packet.extend_from_slice(source.payload);
        self.learn(offset, packet);
    }

    /// A combination arrived.
    pub fn combination(&mut self, combination: &Combination) {
        // Nobody counts so far in a connection's life; only an attacker might.
        let Some(end) = combination.first.checked_add(combination.count.into()) else { return };
        let mut equation = Equation {
            first: combination.first,
            factors: (combination.first..end).map(|o| factor(combination.seed, o)).collect(),
            bytes: combination.bytes().to_vec(),
        };
        for offset in combination.first..end {
            if let Some(packet) = self.packet(offset) {
                equation.remove(offset, packet);
            } else if offset < self.first {
                // Long gone, and not remembered: nothing can be made of it.
                return;
            }
        }
        self.add(equation);
    }

    /// The next packet that was rebuilt.
    pub fn take(&mut self) -> Option<Rebuilt> {
        self.rebuilt.pop_front()
    }

    /// Packets before `offset` need not be rebuilt any more.
    pub fn forget_before(&mut self, offset: u64) {
        while let Some(oldest) = self.equations.first_entry()
            && *oldest.key() < offset
        {
            oldest.remove();
        }
    }

    fn is_known(&self, offset: u64) -> bool {
        offset < self.first || self.packet(offset).is_some()
    }

    fn packet(&self, offset: u64) -> Option<&[u8]> {
        let index = usize::try_from(offset.checked_sub(self.first)?).ok()?;
        self.known.get(index)?.as_deref()
    }

    /// Adds an equation that names no packet that is known.
    fn add(&mut self, mut equation: Equation) {
        let mut reduced = true;
        while reduced {
            let named = equation.names().find(|offset| self.equations.contains_key(offset));
            reduced = named.is_some();
            if let Some((offset, other)) = named.and_then(|o| Some((o, self.equations.get(&o)?))) {
                equation.reduce(offset, other);
            }
        }
        let Some(own) = equation.names().next() else { return };
        let inverse = field::inverse(equation.factor(own));
        field::scale(&mut equation.factors, inverse);
        field::scale(&mut equation.bytes, inverse);
        for other in self.equations.values_mut() {
            other.reduce(own, &equation);
        }
        self.equations.insert(own, equation);
        if self.equations.len() > MOST_EQUATIONS {
            self.equations.pop_first();
        }
        self.solve();
    }

    /// Rebuilds what an equation names alone.
    fn solve(&mut self) {
        let alone = |(own, equation): (&u64, &Equation)| {
            (equation.names().take(2).count() == 1).then_some(*own)
        };
        while let Some(own) = self.equations.iter().find_map(alone) {
            let Some(equation) = self.equations.remove(&own) else { return };
            if let Some(rebuilt) = Rebuilt::read(own, &equation.bytes) {
                self.rebuilt.push_back(rebuilt);
            }
            self.learn(own, equation.bytes);
        }
    }

    /// Remembers a packet, and takes it out of all equations.
    fn learn(&mut self, offset: u64, packet: Vec<u8>) {
        // An empty list takes no memory.
        let reduced: Vec<u64> = self.equations.keys().copied().collect();
        for own in reduced {
            let Some(equation) = self.equations.get_mut(&own) else { continue };
            equation.remove(offset, &packet);
            // What it named first is known now: it stands for another packet, or for none.
            if own == offset
                && let Some(rest) = self.equations.remove(&own)
            {
                self.add(rest);
            }
        }
        self.remember(offset, packet);
        self.solve();
    }

    fn remember(&mut self, offset: u64, packet: Vec<u8>) {
        if offset >= self.first + 2 * REMEMBERED as u64 {
            // Far ahead: nothing that is remembered is of use any more.
            self.known.clear();
            self.equations.clear();
            self.first = offset;
        }
        let Some(index) = offset.checked_sub(self.first) else { return };
        let index = index as usize;
        if self.known.len() <= index {
            self.known.resize_with(index + 1, || None);
        }
        if let Some(slot) = self.known.get_mut(index) {
            *slot = Some(packet);
        }
        while self.known.len() > REMEMBERED {
            let forgotten = self.known.pop_front().flatten();
            self.spare.extend(forgotten.filter(|_| self.spare.len() < MOST_SPARE));
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    use super::*;

    fn payload(offset: u64) -> Vec<u8> {
        (0..20 + offset % 13).map(|byte| (byte * 7 + offset) as u8).collect()
    }

    fn source(offset: u64, payload: &[u8]) -> Source<'_> {
        Source { timestamp: offset as u32 * 33, flags: (offset % 3) as u8, payload }
    }

    fn combination(first: u64, count: u64, seed: u16) -> Combination {
        let mut combination = Combination::default();
        combination.begin(first, seed);
        for offset in first..first + count {
            combination.add(&source(offset, &payload(offset)));
        }
        combination
    }

    fn give(decoder: &mut WindowDecoder, offset: u64) {
        decoder.source(offset, &source(offset, &payload(offset)));
    }

    fn rebuilt(decoder: &mut WindowDecoder) -> BTreeSet<u64> {
        std::iter::from_fn(|| decoder.take())
            .map(|rebuilt| {
                assert_eq!(rebuilt.source(), source(rebuilt.offset, &payload(rebuilt.offset)));
                rebuilt.offset
            })
            .collect()
    }

    #[test]
    fn as_many_combinations_as_losses_rebuild_any_of_them() {
        let lost = BTreeSet::from([3, 4, 5, 11, 19]);
        let mut decoder = WindowDecoder::default();
        (0..20).filter(|offset| !lost.contains(offset)).for_each(|o| give(&mut decoder, o));
        for seed in 0..4 {
            decoder.combination(&combination(0, 20, seed));
            assert_eq!(rebuilt(&mut decoder).len(), 0, "{seed}");
        }
        decoder.combination(&combination(0, 20, 4));
        assert_eq!(rebuilt(&mut decoder), lost);
    }

    #[test]
    fn packets_that_come_late_count_as_well_as_combinations() {
        let mut decoder = WindowDecoder::default();
        (0..20).filter(|offset| !(5..9).contains(offset)).for_each(|o| give(&mut decoder, o));
        decoder.combination(&combination(0, 20, 1));
        decoder.combination(&combination(2, 9, 2));
        assert_eq!(rebuilt(&mut decoder).len(), 0);
        give(&mut decoder, 6);
        give(&mut decoder, 5);
        assert_eq!(rebuilt(&mut decoder), BTreeSet::from([7, 8]));
    }

    /// Of many windows that slide, at random losses, everything is rebuilt that arrived in so many
    /// independent equations; what is rebuilt is what was sent.
    #[test]
    fn a_window_slides_over_losses_for_as_long_as_it_likes() {
        let mut random = ChaCha20Rng::from_seed([7; 32]);
        let mut decoder = WindowDecoder::default();
        let (mut lost, mut found) = (BTreeSet::new(), BTreeSet::new());
        for offset in 0..20_000u64 {
            match random.next_u32() % 10 == 0 {
                true => drop(lost.insert(offset)),
                false => give(&mut decoder, offset),
            }
            if offset % 4 == 3 && random.next_u32() % 10 != 0 {
                let first = offset.saturating_sub(63);
                decoder.combination(&combination(first, offset + 1 - first, offset as u16));
            }
            found.append(&mut rebuilt(&mut decoder));
            decoder.forget_before(offset.saturating_sub(100));
        }
        assert!(found.is_subset(&lost));
        let share = found.len() as f64 / lost.len() as f64;
        assert!(share > 0.99, "{share} of {} losses were rebuilt", lost.len());
        assert!(decoder.known.len() <= REMEMBERED && decoder.equations.len() < 40);
    }

    #[test]
    fn nonsense_neither_rebuilds_nor_fills_memory() {
        let mut random = ChaCha20Rng::from_seed([8; 32]);
        let mut decoder = WindowDecoder::default();
        let mut bytes = [0; 64];
        for _ in 0..3_000 {
            random.fill_bytes(&mut bytes);
            let first = u64::from(random.next_u32() % 2_000);
            let count = (random.next_u32() % 300) as u16;
            if let Some(combination) = Combination::received(first, count, count, &bytes) {
                decoder.combination(&combination);
            }
            decoder.source(u64::from(random.next_u32() % 3_000), &source(1, &bytes));
            while decoder.take().is_some() {}
        }
        assert!(decoder.known.len() <= REMEMBERED && decoder.equations.len() <= MOST_EQUATIONS);
        assert_eq!(Combination::received(0, 0, 1, &bytes), None);
        let far = Combination::received(u64::MAX - 3, 9, 1, &bytes).unwrap();
        decoder.combination(&far);
    }
}
