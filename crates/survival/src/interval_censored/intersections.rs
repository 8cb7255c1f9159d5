//! Where a nonparametric estimate can put mass: the maximal intersections of the intervals.
//!
//! Sorted, every beginning of an interval that an end follows at once bounds one (Turnbull,
//! *J. R. Stat. Soc. B* 38:290-295, 1976; Peto, *Appl. Stat.* 22:86-91, 1973). Elsewhere mass only
//! lowers the likelihood, and how mass lies within one does not matter to it.

use super::outcomes::IntervalOutcomes;

/// Maximal intersections `(lower, upper]`, increasing; a point where both are equal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Intersections {
    pub(crate) lower: Vec<f64>,
    pub(crate) upper: Vec<f64>,
    /// The intersections within each subject's interval: from `ranges[i].0` to before
    /// `ranges[i].1`.
    pub(crate) ranges: Vec<(usize, usize)>,
}

/// Ends of intervals in the order in which they come at the same time: `[t` and `t]` of an exact
/// time and the ends of intervals, then `(t`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    BeginsWith,
    EndsWith,
    BeginsAfter,
}

impl Intersections {
    /// Those of some outcomes; with `cut`, as if two more subjects were known to have the event by
    /// `cut` and after it, so that no intersection lies on both sides.
    pub(crate) fn new(outcomes: &IntervalOutcomes, cut: Option<f64>) -> Self {
        let (lower, upper) = maximal(ends(outcomes, cut));
        let range = |i: usize| {
            let (left, right) = (outcomes.left()[i], outcomes.right()[i]);
            let exact = left == right;
            let first = lower.partition_point(|&l| l < left);
            // An exact time's own intersection begins with it; one that begins after it does not
            // count.
            let first = match exact {
                true => first,
                false => first + usize::from(upper.get(first) == Some(&left)),
            };
            let end = upper.partition_point(|&u| u <= right);
            (first, if exact { first + 1 } else { end })
        };
        let ranges = (0..outcomes.n_subjects()).map(range).collect();
        Self { lower, upper, ranges }
    }

    pub(crate) fn len(&self) -> usize {
        self.lower.len()
    }
}

fn ends(outcomes: &IntervalOutcomes, cut: Option<f64>) -> Vec<(f64, End)> {
    let mut ends = Vec::with_capacity(2 * outcomes.n_subjects() + 4);
    for (&left, &right) in outcomes.left().iter().zip(outcomes.right()) {
        ends.push((left, if left == right { End::BeginsWith } else { End::BeginsAfter }));
        ends.push((right, End::EndsWith));
    }
    if let Some(cut) = cut {
        ends.extend([(0.0, End::BeginsAfter), (cut, End::EndsWith)]);
        ends.extend([(cut, End::BeginsAfter), (f64::INFINITY, End::EndsWith)]);
    }
    ends.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    ends
}

fn maximal(ends: Vec<(f64, End)>) -> (Vec<f64>, Vec<f64>) {
    let beside = |pair: &&[(f64, End)]| pair[0].1 != End::EndsWith && pair[1].1 == End::EndsWith;
    ends.windows(2).filter(beside).map(|pair| (pair[0].0, pair[1].0)).unzip()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    #[test]
    fn an_exact_time_is_a_point_and_belongs_to_what_ends_there() {
        let inf = f64::INFINITY;
        let outcomes =
            IntervalOutcomes::new(vec![1.0, 0.0, 1.0, 0.0], vec![1.0, 1.0, 2.0, inf]).unwrap();
        let found = Intersections::new(&outcomes, None);
        assert_eq!((found.lower, found.upper), (vec![1.0, 1.0], vec![1.0, 2.0]));
        assert_eq!(found.ranges, [(0, 1), (0, 1), (1, 2), (0, 2)]);
    }

    proptest! {
        /// Against the definition: every subject has an intersection, each lies wholly within
        /// those intervals that meet it.
        #[test]
        fn intersections_lie_within_the_intervals_of_their_ranges(
            rows in vec((0u8..6, 0u8..5), 1..25), cut in proptest::option::of(1u8..6),
        ) {
            let left: Vec<f64> = rows.iter().map(|r| f64::from(r.0)).collect();
            let right = rows.iter().map(|r| match r.1 {
                4 => f64::INFINITY,
                width => f64::from((r.0 + width).max(1)),
            });
            let outcomes = IntervalOutcomes::new(left, right.collect()).unwrap();
            let found = Intersections::new(&outcomes, cut.map(f64::from));
            for (i, &(first, end)) in found.ranges.iter().enumerate() {
                prop_assert!(first < end, "{i} {found:?}");
                let (l, r) = (outcomes.left()[i], outcomes.right()[i]);
                for k in 0..found.len() {
                    let (lower, upper) = (found.lower[k], found.upper[k]);
                    let within = match (l == r, lower == upper) {
                        (true, point) => point && lower == l,
                        (false, true) => l < lower && upper <= r,
                        (false, false) => l <= lower && upper <= r,
                    };
                    prop_assert_eq!(within, (first..end).contains(&k), "{} {} {:?}", i, k, &found);
                }
            }
        }
    }
}
