//! Good input gone bad.

/// An endless sequence of inputs, each made from one of the examples by a few changes; the same
/// seed makes the same sequence.
#[derive(Clone, Debug)]
pub struct Mutations {
    examples: Vec<Vec<u8>>,
    state: u64,
}

/// Values at which lengths and counters break.
const EDGES: [u8; 8] = [0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF, 0x47, 0x1F];
/// No input grows beyond this.
const MAX_LENGTH: usize = 1 << 16;

impl Mutations {
    /// Begins with `examples`; an empty input is always among them.
    pub fn new(mut examples: Vec<Vec<u8>>, seed: u64) -> Self {
        examples.push(Vec::new());
        Self { examples, state: seed }
    }

    fn below(&mut self, limit: usize) -> usize {
        // Knuth's 64-bit linear congruential generator; its high bits are good enough here.
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let bits = (self.state >> 33) as usize;
        bits % limit.max(1)
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len());
        match self.below(7) {
            0 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << self.below(8);
                }
            }
            1 => {
                let edge = EDGES[self.below(EDGES.len())];
                if let Some(byte) = input.get_mut(at) {
                    *byte = edge;
                }
            }
            2 => input.truncate(at),
            3 => {
                let end = (at + 1 + self.below(16)).min(input.len());
                input.drain(at.min(end)..end);
            }
            4 => {
                let value = self.below(256) as u8;
                let count = 1 + self.below(16);
                input.splice(at..at, std::iter::repeat_n(value, count));
            }
            5 => {
                let end = (at + 1 + self.below(200)).min(input.len());
                let copy = input.get(at..end).unwrap_or_default().to_vec();
                let to = self.below(input.len());
                input.splice(to..to, copy);
            }
            _ => {
                let other = self.below(self.examples.len());
                let from = self.below(self.examples[other].len());
                let tail = self.examples[other].get(from..).unwrap_or_default().to_vec();
                input.truncate(at);
                input.extend(tail);
            }
        }
        input.truncate(MAX_LENGTH);
    }
}

impl Iterator for Mutations {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let example = self.below(self.examples.len());
        let mut input = self.examples[example].clone();
        for _ in 0..1 + self.below(6) {
            self.change(&mut input);
        }
        Some(input)
    }
}
