//! Rows of one cluster that are alike in everything: copies, which tell no more than one of them.
//!
//! Where a method handles ties, or leaves one subject out, copies are one row that counts as many
//! times; otherwise they would seem to be different subjects with tied events.

use crate::outcomes::{Outcomes, labels::Rows};

/// The distinct rows of some outcomes.
pub(crate) struct Distinct {
    /// The first row of each set of copies, increasing.
    pub(crate) rows: Vec<usize>,
    /// Summed weights of the copies, in the order of `rows`.
    weights: Vec<f64>,
    /// How many rows there are like each row, itself included, shape `[n]`.
    pub(crate) copies: Vec<u32>,
}

impl Distinct {
    /// Rows of one cluster with the same entry, time, event and values of `columns` (`[n]` each);
    /// without clusters, all rows.
    pub(crate) fn of(outcomes: &Outcomes, columns: &[&[f64]]) -> Self {
        let n = outcomes.n_subjects();
        let weight = |i: &usize| outcomes.weight(*i);
        let Some(clusters) = outcomes.clusters() else {
            let weights = (0..n).map(|i| weight(&i)).collect();
            return Self { rows: (0..n).collect(), weights, copies: vec![1; n] };
        };
        let entry = |i: usize| outcomes.entry().map_or(0.0, |entry| entry[i]);
        let first = |i: usize| (outcomes.event()[i], bits(outcomes.time()[i]));
        let rest = |i: usize| {
            let others = columns.iter().map(move |column| column[i]);
            std::iter::once(entry(i)).chain(others).map(bits)
        };
        let order =
            |a: &usize, b: &usize| first(*a).cmp(&first(*b)).then_with(|| rest(*a).cmp(rest(*b)));
        let (mut copies, mut weights) = (vec![1; n], vec![0.0; n]);
        let mut rows = Rows::by_label(clusters);
        rows.for_each(|members| {
            members.sort_by(order); // stable: the first of copies comes first
            for alike in members.chunk_by(|a, b| order(a, b).is_eq()) {
                alike.iter().for_each(|&i| copies[i] = alike.len() as u32);
                weights[alike[0]] = alike.iter().map(weight).sum::<f64>();
            }
        });
        let rows: Vec<usize> = (0..n).filter(|&i| weights[i] > 0.0).collect();
        let weights = rows.iter().map(|&i| weights[i]).collect();
        Self { rows, weights, copies }
    }

    /// The outcomes of the distinct rows, which count as often as they stand there.
    pub(crate) fn outcomes(&self, all: &Outcomes) -> Outcomes {
        let mut outcomes = all.subset(&self.rows);
        if all.weights().is_some() || self.rows.len() < all.n_subjects() {
            outcomes.frequencies().copy_from_slice(&self.weights);
        }
        outcomes
    }
}

/// The bits of a number, those of 0 where it is -0.
fn bits(x: f64) -> u64 {
    (x + 0.0).to_bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_one_row_that_counts_twice() {
        let outcomes = Outcomes::new(vec![2.0, 1.0, 2.0, 2.0], vec![true; 4]).unwrap();
        let x = [0.0, 1.0, -0.0, 0.0];
        assert_eq!(Distinct::of(&outcomes, &[&x]).rows, [0, 1, 2, 3]);
        let clustered = outcomes.with_clusters(vec![0, 0, 0, 1]).unwrap();
        let distinct = Distinct::of(&clustered, &[&x]);
        assert_eq!(
            (distinct.rows.as_slice(), distinct.copies.as_slice()),
            (&[0, 1, 3][..], &[2, 1, 2, 1][..])
        );
        let got = distinct.outcomes(&clustered);
        assert_eq!(got.weights(), Some(&[2.0, 1.0, 1.0][..]));
        assert_eq!(got.clusters(), Some(&[0, 0, 1][..]));
    }
}
