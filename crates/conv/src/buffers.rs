//! Result buffers that are used again. A training step makes the same arrays as the one before;
//! memory fresh from the system costs a page fault and a zeroing for every 4 KiB, together as much
//! as a quarter of a step.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Values below which the allocator itself keeps memory at hand.
const SMALL: usize = 1 << 13;

/// Values kept at most, 1 GiB.
const MOST: usize = 1 << 28;

/// Buffers by capacity.
static KEPT: Mutex<Kept> = Mutex::new(Kept { values: 0, buffers: BTreeMap::new() });

#[derive(Default)]
struct Kept {
    values: usize,
    buffers: BTreeMap<usize, Vec<Vec<f32>>>,
}

impl Kept {
    /// A buffer of at least `len` values, at most an eighth more.
    fn take(&mut self, len: usize) -> Option<Vec<f32>> {
        let (&capacity, alike) = self.buffers.range_mut(len..=len + len / 8).next()?;
        let buffer = alike.pop();
        if alike.is_empty() {
            self.buffers.remove(&capacity);
        }
        self.values -= capacity;
        buffer
    }

    fn give_back(&mut self, buffer: Vec<f32>) {
        let capacity = buffer.capacity();
        if capacity >= SMALL && self.values + capacity <= MOST {
            self.values += capacity;
            self.buffers.entry(capacity).or_default().push(buffer);
        }
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
}
