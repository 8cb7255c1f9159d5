//! Memory of results that is used again. A training step makes the same arrays as the one before;
//! memory fresh from the system costs a page fault and a zeroing for every 4 KiB, together as much
//! as a quarter of a step.
//!
//! The layers of a network share [`Buffers`]. A tensor that they compute lends its memory from
//! there and gives it back when the last reference to it is dropped, wherever that is. The buffers
//! themselves are freed with the last layer.

// A tensor's storage that gives its memory back is one of burn's allocation controllers, whose
// interface is unsafe.
#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::mem::{MaybeUninit, take};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use burn_std::{AccessError, AccessPolicy, AllocationController, AllocationProperty, Bytes};

/// Values below which the allocator itself keeps memory at hand.
const SMALL: usize = 1 << 13;

/// Values kept at most, 1 GiB.
const MOST: usize = 1 << 28;

/// Buffers given back until one that nobody took meanwhile is freed: a few steps of a large
/// network.
const AGE: u64 = 1 << 13;

/// Buffers given back from one look for old ones to the next.
const SWEEP: u64 = 1 << 9;

/// The memory that the layers of one network share.
#[derive(Clone, Default)]
pub(super) struct Buffers(Arc<Mutex<Kept>>);

impl std::fmt::Debug for Buffers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Buffers").field("values", &self.kept().values).finish()
    }
}

impl Buffers {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Memory for `len` values, with arbitrary contents.
    pub(super) fn lend(&self, len: usize) -> Lent {
        let kept = if len < SMALL { None } else { self.kept().take(len) };
        let values = match kept {
            Some(mut buffer) => {
                buffer.resize(len, 0.0);
                buffer
            }
            None => vec![0.0; len],
        };
        Lent { values, owner: Arc::downgrade(&self.0) }
    }

    /// Frees everything that is kept.
    pub(super) fn release(&self) {
        drop(take(&mut *self.kept()));
    }
}

/// Memory that is given back when it is dropped, unless its owner is gone.
#[derive(Debug)]
pub(super) struct Lent {
    values: Vec<f32>,
    owner: Weak<Mutex<Kept>>,
}

impl Lent {
    pub(super) fn values(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// As the storage of a tensor.
    pub(super) fn into_bytes(self) -> Bytes {
        let len = size_of_val(self.values.as_slice());
        // SAFETY: `memory` gives exactly the bytes of `values`, all of them initialised.
        unsafe { Bytes::from_controller(Box::new(self), len) }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(owner) = self.owner.upgrade() {
            let mut kept = owner.lock().unwrap_or_else(PoisonError::into_inner);
            kept.give_back(take(&mut self.values));
        }
    }
}

impl AllocationController for Lent {
    fn alloc_align(&self) -> usize {
        align_of::<f32>()
    }

    fn property(&self) -> AllocationProperty {
        AllocationProperty::Other
    }

    unsafe fn memory_mut(
        &mut self,
        _policy: AccessPolicy,
    ) -> Result<&mut [MaybeUninit<u8>], AccessError> {
        let bytes = size_of_val(self.values.as_slice());
        // SAFETY: these are the bytes of `values`, borrowed as long as `self`; the caller writes
        // nothing but initialised bytes, as this function's contract says, and any is valid in f32.
        Ok(unsafe { std::slice::from_raw_parts_mut(self.values.as_mut_ptr().cast(), bytes) })
    }

    fn memory(&self, _policy: AccessPolicy) -> Result<&[MaybeUninit<u8>], AccessError> {
        let bytes = size_of_val(self.values.as_slice());
        // SAFETY: these are the bytes of `values`, borrowed as long as `self`.
        Ok(unsafe { std::slice::from_raw_parts(self.values.as_ptr().cast(), bytes) })
    }
}

#[derive(Debug, Default)]
struct Kept {
    values: usize,
    /// Buffers given back so far.
    given: u64,
    /// By capacity.
    buffers: BTreeMap<usize, Vec<Aged>>,
}

/// A buffer and the number of those given back before it.
#[derive(Debug)]
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
            self.free_old();
        }
        if self.values + capacity <= MOST {
            self.values += capacity;
            let aged = Aged { buffer, given: self.given };
            self.buffers.entry(capacity).or_default().push(aged);
        }
    }

    /// Sizes of another batch, as the one that ends an epoch, would stay for ever.
    fn free_old(&mut self) {
        let oldest = self.given.saturating_sub(AGE);
        self.buffers.retain(|capacity, alike| {
            let before = alike.len();
            alike.retain(|aged| aged.given >= oldest);
            self.values -= capacity * (before - alike.len());
            !alike.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_serves_again_for_its_own_length_and_a_little_less() {
        let (len, buffers) = (987_654, Buffers::default());
        let lend = |len| buffers.lend(len);
        lend(len).values().fill(1.0);
        assert_eq!(buffers.kept().values, len);
        assert_eq!(lend(len - 1000).values(), vec![1.0; len - 1000]);
        assert_eq!(lend(len + 1).values(), vec![0.0; len + 1]);
        assert!(buffers.kept().take(len / 2).is_none());
        buffers.release();
        assert_eq!(lend(len).values(), vec![0.0; len]);
    }

    #[test]
    fn memory_comes_back_from_a_tensors_storage_and_outlives_its_owner() {
        let buffers = Buffers::default();
        let mut lent = buffers.lend(2 * SMALL);
        lent.values().fill(2.5);
        let mut bytes = lent.into_bytes();
        assert_eq!(bytes[..8], [2.5_f32.to_le_bytes(), 2.5_f32.to_le_bytes()].concat());
        bytes[..4].copy_from_slice(&7.0_f32.to_le_bytes());
        let copy = bytes.clone();
        drop(bytes);
        assert_eq!(buffers.kept().values, 2 * SMALL);
        assert_eq!(buffers.lend(2 * SMALL).values()[..2], [7.0, 2.5]);
        let late = buffers.lend(2 * SMALL).into_bytes();
        drop(buffers);
        assert_eq!(late[..4], copy[..4]);
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
    fn a_buffer_that_nobody_takes_is_freed() {
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
