//! Delayed entry, walking back in time: who is no longer at risk because it had not entered yet.

use crate::{numeric::order::argsort, outcomes::Outcomes};

/// Subjects by entry time; empty where nobody enters late.
#[derive(Debug, Clone)]
pub(crate) struct Entering<'a> {
    entry: &'a [f64],
    by_entry: Vec<u32>,
}

impl<'a> Entering<'a> {
    pub(crate) fn new(outcomes: &'a Outcomes) -> Self {
        let entry = outcomes.entry().unwrap_or_default();
        Self { entry, by_entry: argsort(entry) }
    }

    /// Calls `leave` once for every subject with `entry >= time`, for decreasing `time`.
    #[inline]
    pub(crate) fn leave_from(&mut self, time: f64, mut leave: impl FnMut(u32)) {
        while let Some(&last) = self.by_entry.last() {
            if self.entry[last as usize] < time {
                break;
            }
            leave(last);
            self.by_entry.pop();
        }
    }
}
