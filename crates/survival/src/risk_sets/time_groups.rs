//! The one sorted view of outcomes that every algorithm of this crate walks along.

use std::ops::Range;

use crate::{numeric::order::Order, outcomes::Outcomes};

/// Subjects by increasing time in groups of equal time; in a group the events come first.
#[derive(Debug, Clone)]
pub(crate) struct TimeGroups {
    order: Vec<u32>,
    groups: Vec<Bounds>,
    times: Vec<f64>,
}

#[derive(Debug, Clone, Copy)]
struct Bounds {
    start: u32,
    events_end: u32,
    end: u32,
}

/// The subjects whose time is the same.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeGroup<'a> {
    /// Subjects whose event happened at this time.
    pub(crate) events: &'a [u32],
    /// Subjects censored at this time: they are still at risk for these events.
    pub(crate) censored: &'a [u32],
    /// Both, events first; never empty.
    pub(crate) all: &'a [u32],
}

impl TimeGroups {
    pub(crate) fn new(outcomes: &Outcomes) -> Self {
        let event = outcomes.event();
        let Order { indices: mut order, starts } = Order::new(outcomes.time());
        let mut scratch = Vec::new();
        let group = |run: &[u32]| {
            let (start, end) = (run[0], run[1]);
            let members = &mut order[start as usize..end as usize];
            let events = events_first(members, event, &mut scratch);
            Bounds { start, events_end: start + events as u32, end }
        };
        let groups = starts.windows(2).map(group).collect();
        let times = starts.split_last().map_or(&[][..], |(_, firsts)| firsts);
        let times = times.iter().map(|&p| outcomes.time()[order[p as usize] as usize]).collect();
        Self { order, groups, times }
    }

    /// The time of each group, increasing.
    pub(crate) fn times(&self) -> &[f64] {
        &self.times
    }

    /// All subjects by increasing time, events first among equal ones.
    pub(crate) fn order(&self) -> &[u32] {
        &self.order
    }

    /// Number of distinct times.
    pub(crate) fn len(&self) -> usize {
        self.groups.len()
    }

    pub(crate) fn get(&self, group: usize) -> TimeGroup<'_> {
        let Bounds { start, events_end, end } = self.groups[group];
        let (start, events_end, end) = (start as usize, events_end as usize, end as usize);
        TimeGroup {
            events: &self.order[start..events_end],
            censored: &self.order[events_end..end],
            all: &self.order[start..end],
        }
    }

    /// Positions in [`order`](Self::order) of a group's events and of its censored subjects.
    #[inline]
    pub(crate) fn positions(&self, group: usize) -> (Range<usize>, Range<usize>) {
        let Bounds { start, events_end, end } = self.groups[group];
        (start as usize..events_end as usize, events_end as usize..end as usize)
    }

    /// The groups by increasing time; `.rev()` walks risk sets as they grow.
    pub(crate) fn iter(
        &self,
    ) -> impl DoubleEndedIterator<Item = TimeGroup<'_>> + ExactSizeIterator {
        (0..self.len()).map(|g| self.get(g))
    }

    /// Number of groups with time at most `time`, so also the first group after it.
    pub(crate) fn count_until(&self, time: f64) -> usize {
        self.times.partition_point(|&t| t <= time)
    }
}

/// Moves events before the censored, each in their order; returns the number of events.
fn events_first(group: &mut [u32], event: &[bool], scratch: &mut Vec<u32>) -> usize {
    if group.len() == 1 {
        return usize::from(event[group[0] as usize]);
    }
    scratch.clear();
    let mut events = 0;
    for k in 0..group.len() {
        if event[group[k] as usize] {
            group[events] = group[k];
            events += 1;
        } else {
            scratch.push(group[k]);
        }
    }
    group[events..].copy_from_slice(scratch);
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_equal_times_with_events_first() {
        let time = vec![3.0, 1.0, 3.0, 2.0, 3.0];
        let outcomes = Outcomes::new(time, vec![false, true, true, false, true]).unwrap();
        let groups = TimeGroups::new(&outcomes);
        assert_eq!(groups.len(), 3);
        assert_eq!((groups.get(2).events, groups.get(2).censored), (&[2, 4][..], &[0][..]));
        assert_eq!(groups.iter().map(|g| g.events.len()).collect::<Vec<_>>(), [1, 0, 2]);
        assert_eq!([0.5, 1.0, 2.5, 9.0].map(|t| groups.count_until(t)), [0, 1, 2, 3]);
    }
}
