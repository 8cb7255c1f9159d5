//! Result buffers that are used again. A training step makes the same arrays as the one before;
//! memory fresh from the system costs a page fault and a zeroing for every 4 KiB, together as much
//! as a quarter of a step.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Values below which the allocator itself keeps memory at hand.
const SMALL: usize = 1 << 13;

/// Values kept at most, 1 GiB.
const MOST: usize = 1 << 28;

/// Buffers given back until one that nobody took meanwhile is let go: a few steps of a large network.
const AGE: u64 = 1 << 13;

/// Buffers given back from one look for old ones to the next.
const SWEEP: u64 = 1 << 9;

/// Buffers by capacity.
static KEPT: Mutex<Kept> = Mutex::new(Kept { values: 0, given: 0, buffers: BTreeMap::new() });

#[derive(Default)]
struct Kept {
    values: usize,
    /// Buffers given back so far.
    given: u64,
    buffers: BTreeMap<usize, Vec<Aged>>,
}

/// A buffer and the number of those given back before it.
struct Aged {
    buffer: Vec<f32>,
    given: u64,
}

impl Kept {
    /// A buffer of at least `len` values, at most an eighth more.
    fn take(&mut self, len: usize) -> Option<Vec<f32>> {
        let (&capacity, alike) = self.buffers.range_mut(len..=len + len / 8).next()?;
        let latest = alike.pop();
        if alike.is_empty() {
            self.buffers.remove(&capacity);
        }
        self.values -= capacity;
        latest.map(|aged| aged.buffer)
    }

    fn give_back(&mut self, buffer: Vec<f32>) {
        let capacity = buffer.capacity();
        if capacity < SMALL {
            return;
        }
        self.given += 1;
        if self.given.is_multiple_of(SWEEP) {
            self.let_go_of_old();
        }
        if self.values + capacity <= MOST {
            self.values += capacity;
            let aged = Aged { buffer, given: self.given };
            self.buffers.entry(capacity).or_default().push(aged);
        }
    }

    /// Sizes of another network, or of the batch that ends an epoch, would stay for ever.
    fn let_go_of_old(&mut self) {
        let oldest = self.given.saturating_sub(AGE);
        self.buffers.retain(|capacity, alike| {
            let before = alike.len();
            alike.retain(|aged| aged.given >= oldest);
            self.values -= capacity * (before - alike.len());
            !alike.is_empty()
        });
    }
}

fn kept() -> MutexGuard<'static, Kept> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A buffer with arbitrary contents, for those who write every value.
pub(crate) fn take(len: usize) -> Vec<f32> {
    let kept = if len < SMALL { None } else { kept().take(len) };
    let Some(mut buffer) = kept else { return vec![0.0; len] };
    buffer.resize(len, 0.0);
    buffer
}

/// A buffer of zeros.
pub(crate) fn take_zeros(len: usize) -> Vec<f32> {
    let kept = if len < SMALL { None } else { kept().take(len) };
    let Some(mut buffer) = kept else { return vec![0.0; len] };
    buffer.clear();
    buffer.resize(len, 0.0);
    buffer
}

/// Keeps a buffer for another [`take`].
pub(crate) fn give_back(buffer: Vec<f32>) {
    kept().give_back(buffer);
}

/// Gives the memory that this crate keeps for the next training step back to the allocator: at most
/// 1 GiB of result buffers, as many as a step had at the same time.
pub fn release_buffers() {
    drop(std::mem::take(&mut *kept()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_serves_again_for_its_own_length_and_a_little_less() {
        let len = 987_654; // of no other test
        give_back(vec![1.0; len]);
        assert_eq!(take(len - 1000), vec![1.0; len - 1000]);
        give_back(vec![1.0; len]);
        assert_eq!(take_zeros(len), vec![0.0; len]);
        give_back(vec![1.0; len]);
        assert_eq!(take(len + 1), vec![0.0; len + 1]);
        assert!(kept().take(len / 2).is_none());
    }

    #[test]
    fn what_is_kept_has_a_bound() {
        let mut kept = Kept { values: MOST - SMALL, ..Kept::default() };
        kept.give_back(vec![1.0; SMALL]);
        kept.give_back(vec![2.0; SMALL]);
        assert_eq!((kept.values, kept.buffers[&SMALL].len()), (MOST, 1));
        assert_eq!(kept.take(SMALL), Some(vec![1.0; SMALL]));
        assert!(kept.take(SMALL).is_none() && kept.values == MOST - SMALL);
    }

    #[test]
    fn a_buffer_that_nobody_takes_is_let_go() {
        let mut kept = Kept::default();
        kept.give_back(vec![1.0; 3 * SMALL]);
        let mut step = || {
            let buffer = kept.take(SMALL).unwrap_or_else(|| vec![0.0; SMALL]);
            kept.give_back(buffer);
            kept.values
        };
        assert_eq!(step(), 4 * SMALL);
        assert_eq!((0..AGE + SWEEP).map(|_| step()).last(), Some(SMALL));
    }
}
