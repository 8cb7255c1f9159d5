//! Delayed entry: subjects come to be at risk along increasing time, and leave along decreasing.

use crate::{numeric::order::argsort, outcomes::Outcomes};

/// Subjects with delayed entry by increasing entry, as (entry, name); empty where nobody enters
/// late.
#[derive(Debug, Clone)]
pub(crate) struct Entering {
    by_entry: Vec<(f64, u32)>,
    next: usize,
}

impl Entering {
    /// Subjects named by their index.
    pub(crate) fn new(outcomes: &Outcomes) -> Self {
        let entry = outcomes.entry().unwrap_or_default();
        let by_entry = argsort(entry).into_iter().map(|i| (entry[i as usize], i));
        Self { by_entry: by_entry.collect(), next: 0 }
    }

    /// Subjects named by their position in `order`, which holds all of them.
    pub(crate) fn by_position(outcomes: &Outcomes, order: &[u32]) -> Self {
        let mut entering = Self::new(outcomes);
        if !entering.by_entry.is_empty() {
            let mut position = vec![0; order.len()];
            order.iter().zip(0..).for_each(|(&i, p)| position[i as usize] = p);
            entering.by_entry.iter_mut().for_each(|(_, name)| *name = position[*name as usize]);
        }
        entering
    }

    /// Calls `enter` once for every subject with `entry < time`, for increasing `time`: the events
    /// passed so far are those at or before its entry.
    #[inline]
    pub(crate) fn enter_before(&mut self, time: f64, mut enter: impl FnMut(usize)) {
        while let Some(&(_, name)) = self.by_entry.get(self.next).filter(|e| e.0 < time) {
            enter(name as usize);
            self.next += 1;
        }
    }

    /// Calls `leave` once for every subject with `entry >= time`, for decreasing `time`.
    #[inline]
    pub(crate) fn leave_from(&mut self, time: f64, mut leave: impl FnMut(usize)) {
        while let Some((_, name)) = self.by_entry.pop_if(|e| e.0 >= time) {
            leave(name as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_at_risk_after_its_entry_and_not_at_it() {
        let outcomes = Outcomes::new(vec![5.0, 3.0, 4.0], vec![true; 3]).unwrap();
        let outcomes = outcomes.with_entry(vec![2.0, 0.0, 1.0]).unwrap();
        let calls = |mut entering: Entering, back: bool| {
            let mut named = Vec::new();
            for time in if back { [2.0, 1.0, 0.5] } else { [1.0, 2.0, 2.5] } {
                match back {
                    true => entering.leave_from(time, |i| named.push((time, i))),
                    false => entering.enter_before(time, |i| named.push((time, i))),
                }
            }
            named
        };
        assert_eq!(calls(Entering::new(&outcomes), true), [(2.0, 0), (1.0, 2)]);
        assert_eq!(calls(Entering::new(&outcomes), false), [(1.0, 1), (2.0, 2), (2.5, 0)]);
        let by_time = Entering::by_position(&outcomes, &[1, 2, 0]);
        assert_eq!(calls(by_time, true), [(2.0, 2), (1.0, 1)]);
    }
}
