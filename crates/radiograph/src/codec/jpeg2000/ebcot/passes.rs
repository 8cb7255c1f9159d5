//! The three arithmetically coded passes over a bit-plane (T.800 D.3).

use super::contexts::{EVEN, REFINE, RUN, SIGNS, Zero, sign_index, zero_index};
use super::mq::{Context, Mq};
use super::state::{Shape, State, empty_columns, later, neighbours, next_column, window};

/// The decoder and the contexts it works with.
pub(super) type Coder<'c, 'a> = (&'c mut Mq<'a>, &'c mut [Context; 32]);

/// Samples that are not significant but have significant neighbours. Nearly half of them become
/// significant, which no branch predictor foresees: the sign is decoded without a branch, of the
/// others from an interval of its own of nothing.
pub(super) fn propagate(
    state: &mut State,
    shape: Shape,
    zero: &Zero,
    (decoder, contexts): Coder<'_, '_>,
    plane: u32,
) {
    let mut mq = *decoder;
    for place in shape.places() {
        let mut significant = state.significant(shape, place);
        let mut todo = neighbours(significant) & !significant & place.inside;
        if todo == 0 {
            state.visited[place.word] = 0;
            continue;
        }
        let mut negative = state.negative(shape, place);
        let mut visited = todo;
        while todo != 0 {
            let bit = todo.trailing_zeros() as usize;
            let around = window(significant, bit);
            let context = usize::from(zero[zero_index(around)]);
            let found = mq.decode_even(&mut contexts[context % 32]);
            let mask = found.wrapping_neg();
            significant |= found << bit;
            let more = later(bit) & place.inside & !significant & mask;
            todo = todo & (todo - 1) | more;
            visited |= more;
            let sign = SIGNS[sign_index(around, window(negative, bit))];
            let minus = mq.decode_if(&mut contexts[usize::from(sign) % 32], mask);
            let minus = (minus ^ u64::from(sign >> 7)) & found;
            negative |= minus << bit;
            state.set(place, bit, plane, minus, mask);
        }
        state.keep(place, significant, negative);
        state.visited[place.word] = visited;
    }
    *decoder = mq;
}

/// Samples that were significant before this bit-plane.
pub(super) fn refine(
    state: &mut State,
    shape: Shape,
    (decoder, contexts): Coder<'_, '_>,
    plane: u32,
) {
    let mut mq = *decoder;
    let mut last = contexts[REFINE + 2];
    for place in shape.places() {
        let mut todo = state.significant[place.word] & !state.visited[place.word];
        let refined = state.refined[place.word];
        state.refined[place.word] = refined | todo;
        if todo & !refined != 0 {
            contexts[REFINE + 2] = last;
            let near = neighbours(state.significant(shape, place)) & !refined;
            while todo != 0 {
                let bit = todo.trailing_zeros() as usize;
                todo &= todo - 1;
                let context = (near >> bit & 1 | (refined >> bit & 1) << 1) as usize;
                let value = mq.decode_even(&mut contexts[(REFINE + context) % 32]);
                state.refine(place, bit, plane, value);
            }
            last = contexts[REFINE + 2];
        }
        while todo != 0 {
            let bit = todo.trailing_zeros() as usize;
            todo &= todo - 1;
            let value = mq.decode_even(&mut last);
            state.refine(place, bit, plane, value);
        }
    }
    contexts[REFINE + 2] = last;
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
    for place in shape.places() {
        let visited = std::mem::take(&mut state.visited[place.word]);
        let mut todo = !(state.significant[place.word] | visited) & place.inside;
        if todo == 0 {
            continue;
        }
        let mut significant = state.significant(shape, place);
        let mut negative = state.negative(shape, place);
        // Columns that are not whole are never empty.
        let near = neighbours(significant);
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
                let context = usize::from(zero[zero_index(window(significant, bit))]);
                mq.decode(&mut contexts[context % 32]) == 1
            };
            if found {
                let index = sign_index(window(significant, bit), window(negative, bit));
                let sign = SIGNS[index];
                let minus = mq.decode_even(&mut contexts[usize::from(sign) % 32]);
                let minus = minus ^ u64::from(sign >> 7);
                significant |= 1 << bit;
                negative |= minus << bit;
                state.set(place, bit, plane, minus, u64::MAX);
                empty &= !next_column(bit);
            }
        }
        state.keep(place, significant, negative);
    }
    *decoder = mq;
}

/// Bits of equal probability, the highest first.
#[inline(always)]
pub(super) fn even(mq: &mut Mq<'_>, contexts: &mut [Context; 32], bits: u32) -> u64 {
    (0..bits).fold(0, |value, _| value << 1 | mq.decode_even(&mut contexts[EVEN]))
}
