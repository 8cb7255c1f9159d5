//! Delayed entry, as positions in the order of time, walking forwards or back in time.

use crate::{numeric::order::argsort, outcomes::Outcomes};

/// Subjects with delayed entry by increasing entry, as (entry, position by time).
pub(crate) struct EnteringPlaces {
    by_entry: Vec<(f64, u32)>,
    next: usize,
}

impl EnteringPlaces {
    pub(crate) fn new(outcomes: &Outcomes, order: &[u32]) -> Self {
        let entry = outcomes.entry().unwrap_or_default();
        let mut position = vec![0; entry.len()];
        if !entry.is_empty() {
            order.iter().zip(0..).for_each(|(&i, p)| position[i as usize] = p);
        }
        let by_entry =
            argsort(entry).into_iter().map(|i| (entry[i as usize], position[i as usize]));
        Self { by_entry: by_entry.collect(), next: 0 }
    }

    /// Calls `enter` once for every subject with `entry < time`, for increasing `time`: the events
    /// passed so far are those at or before its entry.
    pub(crate) fn enter_before(&mut self, time: f64, mut enter: impl FnMut(usize)) {
        while let Some(&(_, p)) = self.by_entry.get(self.next).filter(|e| e.0 < time) {
            enter(p as usize);
            self.next += 1;
        }
    }

    /// Calls `leave` once for every subject with `entry >= time`, for decreasing `time`.
    pub(crate) fn leave_from(&mut self, time: f64, mut leave: impl FnMut(usize)) {
        while let Some((_, p)) = self.by_entry.pop_if(|e| e.0 >= time) {
            leave(p as usize);
        }
    }
}
