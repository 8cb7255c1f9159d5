//! Labels of subjects: groups, strata, clusters.

use std::collections::BTreeMap;

use crate::{
    error::Error,
    outcomes::{CompetingOutcomes, check},
};

/// The indices that carry each label, in order of the labels.
pub(crate) fn members<L: Ord + Copy>(labels: &[L]) -> Vec<Vec<usize>> {
    let mut members = BTreeMap::<L, Vec<usize>>::new();
    for (i, &label) in labels.iter().enumerate() {
        members.entry(label).or_default().push(i);
    }
    members.into_values().collect()
}

/// Labels beside competing outcomes.
pub(crate) fn check_labels<T>(
    name: &'static str,
    labels: &[T],
    outcomes: &CompetingOutcomes,
) -> Result<(), Error> {
    check::length(name, labels, outcomes.any_event())
}
