//! Passes whose bits are not arithmetically coded (T.800 D.6).

use super::state::{Shape, State, later, neighbours};

/// Bits, the highest of a byte first; after FF a byte holds seven. After the end come ones.
#[derive(Debug)]
pub(super) struct Raw<'a> {
    bytes: &'a [u8],
    byte: u8,
    left: u32,
}

impl<'a> Raw<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, byte: 0, left: 0 }
    }

    fn bit(&mut self) -> u64 {
        if self.left == 0 {
            let after_ff = self.byte == 0xFF;
            (self.byte, self.left) = match self.bytes.split_first() {
                Some((&byte, rest)) if !after_ff || byte <= 0x8F => {
                    self.bytes = rest;
                    (byte, if after_ff { 7 } else { 8 })
                }
                _ => (0xFF, 8),
            };
        }
        self.left -= 1;
        u64::from(self.byte >> self.left & 1)
    }
}

/// As [`super::passes::propagate`].
pub(super) fn propagate(state: &mut State, shape: Shape, raw: &mut Raw<'_>, plane: u32) {
    for place in shape.places() {
        let mut significant = state.significant(shape, place);
        let mut negative = state.negative[place.word];
        let mut todo = neighbours(significant) & !significant & place.inside;
        let mut visited = todo;
        while todo != 0 {
            let bit = todo.trailing_zeros() as usize;
            todo &= todo - 1;
            if raw.bit() == 1 {
                let minus = raw.bit();
                state.set(place, bit, plane, minus, u64::MAX);
                significant |= 1 << bit;
                negative |= minus << bit;
                let more = later(bit) & place.inside & !significant;
                todo |= more;
                visited |= more;
            }
        }
        state.keep(place, significant, negative);
        state.visited[place.word] = visited;
    }
}

/// As [`super::passes::refine`].
pub(super) fn refine(state: &mut State, shape: Shape, raw: &mut Raw<'_>, plane: u32) {
    for place in shape.places() {
        let mut todo = state.significant[place.word] & !state.visited[place.word];
        state.refined[place.word] |= todo;
        while todo != 0 {
            let bit = todo.trailing_zeros() as usize;
            todo &= todo - 1;
            state.refine(place, bit, plane, raw.bit());
        }
    }
}
