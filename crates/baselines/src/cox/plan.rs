//! The order in which a risk set grows and shrinks, worked out once per fit.

use std::collections::BTreeMap;
use std::ops::Range;
use vertebra_survival::Outcomes;

/// One stratum's rows in increasing time, and its event times.
pub(crate) struct Stratum {
    /// Rows by increasing time; at equal times events come first.
    pub(crate) order: Vec<usize>,
    /// Event times in increasing order.
    pub(crate) groups: Vec<EventGroup>,
    /// Rows by decreasing entry time; empty without entry times.
    pub(crate) by_entry: Vec<usize>,
}

/// The events at one time.
pub(crate) struct EventGroup {
    pub(crate) time: f64,
    /// Places of the events in [`Stratum::order`]; whoever stands from `events.start` on has not
    /// left before this time.
    pub(crate) events: Range<usize>,
}

/// The strata of a data set; strata without an event are left out, as they add nothing.
pub(crate) fn strata(outcomes: &Outcomes, strata: Option<&[usize]>) -> Vec<Stratum> {
    let mut rows: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for row in 0..outcomes.n_subjects() {
        rows.entry(strata.map_or(0, |s| s[row])).or_default().push(row);
    }
    rows.into_values()
        .map(|rows| stratum(outcomes, rows))
        .filter(|s| !s.groups.is_empty())
        .collect()
}

fn stratum(outcomes: &Outcomes, rows: Vec<usize>) -> Stratum {
    let (time, event) = (outcomes.time(), outcomes.event());
    let mut order = rows;
    order.sort_by(|&a, &b| time[a].total_cmp(&time[b]).then(event[b].cmp(&event[a])));
    let mut groups: Vec<EventGroup> = Vec::new();
    for (place, &row) in order.iter().enumerate().filter(|(_, row)| event[**row]) {
        match groups.last_mut().filter(|group| group.time == time[row]) {
            Some(group) => group.events.end = place + 1,
            None => groups.push(EventGroup { time: time[row], events: place..place + 1 }),
        }
    }
    let by_entry = outcomes.entry().map_or(Vec::new(), |entry| {
        let mut rows = order.clone();
        rows.sort_by(|&a, &b| entry[b].total_cmp(&entry[a]));
        rows
    });
    Stratum { order, groups, by_entry }
}

impl Stratum {
    /// How many event times are at or before `time`.
    pub(crate) fn groups_until(&self, time: f64) -> usize {
        self.groups.partition_point(|group| group.time <= time)
    }
}
