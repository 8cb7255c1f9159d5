//! Passes whose bits are not arithmetically coded (T.800 D.6).

use super::state::{Shape, State, later};

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
            self.left = if self.byte == 0xFF { 7 } else { 8 };
            self.byte = match self.bytes.split_first() {
                Some((&byte, rest)) => {
                    self.bytes = rest;
                    byte
                }
                None => 0xFF,
            };
        }
        self.left -= 1;
        u64::from(self.byte >> self.left & 1)
    }
}

/// As [`super::passes::propagate`].
pub(super) fn propagate(state: &mut State, shape: Shape, raw: &mut Raw<'_>, plane: u32) {
    for stripe in 0..shape.stripes() {
        for word in 0..shape.words() {
            let place = shape.place(stripe, word);
            let mut significant = state.significant[place.word];
            let mut todo = state.neighbours(shape, place.word) & !significant & place.inside;
            let mut visited = todo;
            while todo != 0 {
                let bit = todo.trailing_zeros() as usize;
                todo &= todo - 1;
                if raw.bit() == 1 {
                    let negative = raw.bit();
                    state.set(place, bit, plane, negative);
                    state.mark(shape, place, bit, negative);
                    significant |= 1 << bit;
                    let more = later(bit) & place.inside & !significant;
                    todo |= more;
                    visited |= more;
                }
            }
            state.significant[place.word] = significant;
            state.visited[place.word] = visited;
        }
    }
}

/// As [`super::passes::refine`].
pub(super) fn refine(state: &mut State, shape: Shape, raw: &mut Raw<'_>, plane: u32) {
    for stripe in 0..shape.stripes() {
        for word in 0..shape.words() {
            let place = shape.place(stripe, word);
            let mut todo = state.significant[place.word] & !state.visited[place.word];
            state.refined[place.word] |= todo;
            while todo != 0 {
                let bit = todo.trailing_zeros() as usize;
                todo &= todo - 1;
                state.refine(place, bit, plane, raw.bit());
            }
        }
    }
}
