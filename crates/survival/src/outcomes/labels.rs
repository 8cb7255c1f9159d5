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

/// The same labels as numbers from 0, in order of the labels.
pub(crate) fn dense(labels: &[usize]) -> Vec<usize> {
    let most = labels.iter().max().copied().unwrap_or(0);
    if most < 4 * labels.len() {
        let mut places = vec![0; most + 1];
        labels.iter().for_each(|&label| places[label] = 1);
        let mut next = 0;
        for place in &mut places {
            next += std::mem::replace(place, next);
        }
        return labels.iter().map(|&label| places[label]).collect();
    }
    let mut distinct = labels.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    labels.iter().map(|label| distinct.partition_point(|other| other < label)).collect()
}

/// The rows of each dense label, one label after another.
pub(crate) struct Rows {
    rows: Vec<usize>,
    ends: Vec<usize>,
}

impl Rows {
    /// In one pass over the labels and one over the rows, which keep their order.
    pub(crate) fn by_label(dense: &[usize]) -> Self {
        let mut ends = vec![0; most(dense) + 1];
        dense.iter().for_each(|&label| ends[label + 1] += 1);
        for label in 1..ends.len() {
            ends[label] += ends[label - 1];
        }
        let mut rows = vec![0; dense.len()];
        for (row, &label) in dense.iter().enumerate() {
            rows[ends[label]] = row;
            ends[label] += 1;
        }
        ends.pop();
        Self { rows, ends }
    }

    /// Calls `of` with the rows of each label.
    pub(crate) fn for_each(&mut self, mut of: impl FnMut(&mut [usize])) {
        let mut start = 0;
        for &end in &self.ends {
            of(&mut self.rows[start..end]);
            start = end;
        }
    }
}

/// How many labels there are, used or not, up to the largest of dense ones.
pub(crate) fn most(dense: &[usize]) -> usize {
    dense.iter().max().map_or(0, |last| last + 1)
}

/// How many different labels there are among dense ones.
pub(crate) fn n_distinct(dense: impl Iterator<Item = usize>, most: usize) -> usize {
    let (mut seen, mut count) = (vec![false; most], 0);
    for label in dense {
        count += usize::from(!std::mem::replace(&mut seen[label], true));
    }
    count
}

/// Labels beside competing outcomes.
pub(crate) fn check_labels<T>(
    name: &'static str,
    labels: &[T],
    outcomes: &CompetingOutcomes,
) -> Result<(), Error> {
    check::length(name, labels, outcomes.any_event())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dense_labels_keep_their_order() {
        assert_eq!(dense(&[7, 3, 7, 5]), [2, 0, 2, 1]);
        assert_eq!(dense(&[1_000_000, 3, 1_000_000]), [1, 0, 1]);
        assert_eq!(dense(&[]), [0; 0]);
        assert_eq!(n_distinct([2, 0, 2].into_iter(), 3), 2);
        let mut rows = Vec::new();
        Rows::by_label(&[2, 0, 2, 3]).for_each(|of| rows.push(of.to_vec()));
        assert_eq!(rows, [vec![1], vec![], vec![0, 2], vec![3]]);
    }
}
