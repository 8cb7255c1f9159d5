//! The three arithmetically coded passes over a bit-plane (T.800 D.3).

use super::contexts::{EVEN, REFINE, RUN, SIGNS, Zero, sign_index};
use super::mq::{Context, Mq};
use super::state::{Place, Shape, State, empty_columns, later};

/// The decoder and the contexts it works with.
pub(super) type Coder<'c, 'a> = (&'c mut Mq<'a>, &'c mut [Context; 32]);

/// Samples that are not significant but have significant neighbours.
pub(super) fn propagate(
    state: &mut State,
    shape: Shape,
    zero: &Zero,
    (decoder, contexts): Coder<'_, '_>,
    plane: u32,
) {
    let mut mq = *decoder;
    for stripe in 0..shape.stripes() {
        for word in 0..shape.words() {
            let place = shape.place(stripe, word);
            let mut significant = state.significant[place.word];
            let mut todo = state.neighbours(shape, place.word) & !significant & place.inside;
            let mut visited = todo;
            while todo != 0 {
                let bit = todo.trailing_zeros() as usize;
                todo &= todo - 1;
                let window = state.window(place, bit);
                let context = usize::from(zero[window as usize & 511]);
                if mq.decode(&mut contexts[context & 31]) == 1 {
                    become_significant(state, shape, (place, bit), (&mut mq, contexts), plane);
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
    *decoder = mq;
}

/// Decodes the sign of a sample and tells its neighbours.
#[inline(always)]
fn become_significant(
    state: &mut State,
    shape: Shape,
    (place, bit): (Place, usize),
    (mq, contexts): Coder<'_, '_>,
    plane: u32,
) {
    let sign = SIGNS[sign_index(state.window(place, bit))];
    let negative = mq.decode_even(&mut contexts[usize::from(sign) & 31]) ^ u64::from(sign >> 7);
    state.set(place, bit, plane, negative);
    state.mark(shape, place, bit, negative);
}

/// Samples that were significant before this bit-plane.
pub(super) fn refine(
    state: &mut State,
    shape: Shape,
    (decoder, contexts): Coder<'_, '_>,
    plane: u32,
) {
    let mut mq = *decoder;
    for stripe in 0..shape.stripes() {
        for word in 0..shape.words() {
            let place = shape.place(stripe, word);
            let mut todo = state.significant[place.word] & !state.visited[place.word];
            let refined = state.refined[place.word];
            state.refined[place.word] = refined | todo;
            if todo & !refined == 0 {
                while todo != 0 {
                    let bit = todo.trailing_zeros() as usize;
                    todo &= todo - 1;
                    let value = mq.decode_even(&mut contexts[REFINE + 2]);
                    state.refine(place, bit, plane, value);
                }
                continue;
            }
            let near = state.neighbours(shape, place.word) & !refined;
            while todo != 0 {
                let bit = todo.trailing_zeros() as usize;
                todo &= todo - 1;
                let context = (near >> bit & 1 | (refined >> bit & 1) << 1) as usize;
                let value = mq.decode_even(&mut contexts[(REFINE + context) & 31]);
                state.refine(place, bit, plane, value);
            }
        }
    }
    *decoder = mq;
}

/// All samples that the other passes left; whole columns without neighbours take one decision.
pub(super) fn clean_up(
    state: &mut State,
    shape: Shape,
    zero: &Zero,
    (decoder, contexts): Coder<'_, '_>,
    plane: u32,
) {
    let mut mq = *decoder;
    for stripe in 0..shape.stripes() {
        for word in 0..shape.words() {
            let place = shape.place(stripe, word);
            let mut significant = state.significant[place.word];
            let visited = std::mem::take(&mut state.visited[place.word]);
            let mut todo = !(significant | visited) & place.inside;
            if todo == 0 {
                continue;
            }
            let near = state.neighbours(shape, place.word);
            // Columns that are not whole are never empty.
            let mut empty = empty_columns(significant | visited | near | !place.inside);
            while todo != 0 {
                let mut bit = todo.trailing_zeros() as usize;
                let found = if empty >> bit & 1 == 1 {
                    if mq.decode(&mut contexts[RUN]) == 0 {
                        todo &= !(0b1111 << bit);
                        continue;
                    }
                    let run = even(&mut mq, contexts, 2) as usize;
                    todo &= !(((2 << run) - 1) << bit);
                    bit += run;
                    true
                } else {
                    todo &= todo - 1;
                    let window = state.window(place, bit);
                    let context = usize::from(zero[window as usize & 511]);
                    mq.decode(&mut contexts[context & 31]) == 1
                };
                if found {
                    become_significant(state, shape, (place, bit), (&mut mq, contexts), plane);
                    significant |= 1 << bit;
                    // Empty no more: the next column.
                    empty &= !(0b1_0000 << (bit & !3));
                }
            }
            state.significant[place.word] = significant;
        }
    }
    *decoder = mq;
}

/// Bits of equal probability, the highest first.
#[inline(always)]
pub(super) fn even(mq: &mut Mq<'_>, contexts: &mut [Context; 32], bits: u32) -> u64 {
    (0..bits).fold(0, |value, _| value << 1 | mq.decode_even(&mut contexts[EVEN]))
}
