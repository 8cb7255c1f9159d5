//! Rows of one subject that follow each other: `(0, 2]` and `(2, 5]` are one follow-up cut in two.
//!
//! Within a cluster, a row that begins where another ends without an event goes on with its
//! subject. Such rows are one where the variance of independent subjects is asked for, so that it
//! does not depend on where a follow-up is cut.

use std::collections::HashMap;

use crate::{numeric::order::argsort, outcomes::Outcomes};

/// A label for each row, the same for the rows of one follow-up.
pub(crate) fn chains(outcomes: &Outcomes) -> Vec<usize> {
    let mut labels: Vec<usize> = (0..outcomes.n_subjects()).collect();
    let (Some(clusters), Some(entry)) = (outcomes.clusters(), outcomes.entry()) else {
        return labels;
    };
    let mut ends: HashMap<(usize, u64), Vec<usize>> = HashMap::new();
    for i in argsort(outcomes.time()).into_iter().map(|i| i as usize) {
        let place = |time: f64| (clusters[i], (time + 0.0).to_bits());
        if let Some(before) = ends.get_mut(&place(entry[i])).and_then(Vec::pop) {
            labels[i] = labels[before];
        }
        if !outcomes.event()[i] {
            ends.entry(place(outcomes.time()[i])).or_default().push(i);
        }
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_follow_up_cut_in_three_is_one() {
        let time = vec![5.0, 2.0, 3.0, 5.0, 2.0];
        let event = vec![true, false, false, false, true];
        let outcomes = Outcomes::new(time, event).unwrap();
        let outcomes = outcomes.with_entry(vec![3.0, 0.0, 2.0, 2.0, 1.0]).unwrap();
        assert_eq!(chains(&outcomes), [0, 1, 2, 3, 4]);
        let clustered = outcomes.with_clusters(vec![0, 0, 0, 0, 0]).unwrap();
        // The last row ends with an event, so that nothing goes on with it.
        assert_eq!(chains(&clustered), [1, 1, 1, 3, 4]);
    }
}
