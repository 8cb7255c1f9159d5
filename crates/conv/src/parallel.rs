//! Parallel loops that stay on the caller's thread when the work is not worth waking another.

use rayon::prelude::*;

/// Multiply-adds (or values passed over, times [`PASS`]) below which a loop stays serial: about
/// 30 microseconds, the cost of handing work to a sleeping thread and waiting for it.
const SERIAL: usize = 1 << 21;

/// Cost of one value of an element-wise pass, in multiply-adds.
pub(crate) const PASS: usize = 32;

/// Whether work of `cost` multiply-adds is worth another thread.
pub(crate) fn is_worth(cost: usize) -> bool {
    cost >= SERIAL
}

/// Runs `work` on every item; `cost` is the total number of multiply-adds.
pub(crate) fn for_each<T: Send>(items: Vec<T>, cost: usize, work: impl Fn(T) + Sync + Send) {
    if !is_worth(cost) || items.len() < 2 || rayon::current_num_threads() < 2 {
        items.into_iter().for_each(work);
    } else {
        items.into_par_iter().for_each(work);
    }
}

/// The results of `work` on every item, in order; `cost` as for [`for_each`].
pub(crate) fn map<T: Send, R: Send>(
    items: Vec<T>,
    cost: usize,
    work: impl Fn(T) -> R + Sync + Send,
) -> Vec<R> {
    if !is_worth(cost) || items.len() < 2 || rayon::current_num_threads() < 2 {
        items.into_iter().map(work).collect()
    } else {
        items.into_par_iter().map(work).collect()
    }
}
