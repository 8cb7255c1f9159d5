//! Comparing two C indices with the U-statistic variance of Kang et al.
//!
//! With `a_ij = 1` where `i` and `j` are comparable and `s_ij = +1, -1, 0` where a score orders
//! them rightly, wrongly or not at all, `C = (1 + sum s_ij / sum a_ij) / 2`; the (co)variances of
//! the sums are those of second-order U-statistics, and the delta method gives those of the
//! indices. In large samples it agrees with the jackknife of
//! [`ConcordanceOptions::compare`](crate::ConcordanceOptions::compare); in small ones it corrects
//! for pairs sharing a subject. Where subjects depend on each other the units are the clusters,
//! whose pairs have the sums over their members; pairs within a cluster count in `C` and belong to
//! it.
//!
//! Written from the paper: Kang, Chen, Petrick & Gallas, *Stat Med* 2015;34:685-703. The values are
//! compared with those of R compareC 1.3.3.

use crate::{
    concordance::pairs::{Pairing, SubjectSums},
    error::Error,
    estimate::{CasesInClusters, Influence, PairedDifference, ReferenceDistribution, Units},
    outcomes::{Outcomes, check, labels::members},
    risk_sets::time_groups::TimeGroups,
};

/// How two C indices are compared by U-statistics; the default has a 95 % interval by
/// Student's t.
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, concordance::UStatisticOptions};
/// let time = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let outcomes = Outcomes::new(time, vec![true, true, false, true, true, false])?;
/// let (first, second) = ([0.9, 0.4, 0.6, 0.5, 0.2, 0.1], [0.2, 0.9, 0.3, 0.1, 0.6, 0.5]);
/// let options = UStatisticOptions::default().with_level(0.9);
/// let compared = options.compare(&outcomes, &first, &second)?;
/// assert_eq!(compared.difference.interval.level, 0.9);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct UStatisticOptions {
    level: f64,
    reference: ReferenceDistribution,
}

impl Default for UStatisticOptions {
    fn default() -> Self {
        Self { level: 0.95, reference: ReferenceDistribution::default() }
    }
}

impl UStatisticOptions {
    /// Confidence level of the interval, such as 0.95.
    #[must_use]
    pub fn with_level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Distribution behind the interval and the P value.
    #[must_use]
    pub fn with_reference(mut self, reference: ReferenceDistribution) -> Self {
        self.reference = reference;
        self
    }

    /// As [`compare_c_u_statistic`].
    ///
    /// # Errors
    /// As there, and [`Error::InvalidSetting`] for a level outside (0, 1).
    pub fn compare(
        &self,
        outcomes: &Outcomes,
        first: &[f64],
        second: &[f64],
    ) -> Result<PairedDifference, Error> {
        let level = check::level(self.level)?;
        check::finite("first", first, outcomes)?;
        check::finite("second", second, outcomes)?;
        let units = Units::of(outcomes, NAME)?;
        supported(outcomes, units)?;
        let n = units.n() as f64;
        let Covariance { totals, v, sums } = totals_with_covariance(outcomes, first, second)?;
        // C_k = (1 + t_k / t_a) / 2.
        let slope = |k: usize| {
            let mut d = [0.0; 3];
            d[k] = 0.5 / totals[2];
            d[2] = -0.5 * totals[k] / (totals[2] * totals[2]);
            d.map(|d| d * n * (n - 1.0))
        };
        let (a, b) = (slope(0), slope(1));
        let difference: [f64; 3] = std::array::from_fn(|k| a[k] - b[k]);
        let largest = form(&v, &a).max(form(&v, &b));
        let c = |k: usize| 0.5 + 0.5 * totals[k] / totals[2];
        let events: Vec<usize> = (0..first.len()).filter(|&i| outcomes.event()[i]).collect();
        let by = CasesInClusters::new((outcomes, units), &events, &[first, second], self.reference);
        // What large clusters take off the first order of the variance, they take off all of it.
        let mut values = vec![0.0; units.places(first.len())];
        for (c, unit) in distinct_units(units, first.len()).into_iter().enumerate() {
            values[unit] = (0..3).map(|k| difference[k] * sums[k][c]).sum();
        }
        let first_order = Influence::new(0.0, values);
        let unpulled = by.unpulled(first_order.clone()).variance();
        let pull = unpulled / first_order.variance();
        let variance = form(&v, &difference) * if pull.is_finite() { pull } else { 1.0 };
        PairedDifference::new(c(0) - c(1), variance, largest, (by.pivot, level))
    }
}

/// Tests whether two scores have the same Harrell's C, with U-statistic variances and a 95 %
/// interval, in O(n events), or in O(n^2) with clusters. Other levels: [`UStatisticOptions`].
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::NoComparablePair`],
/// [`Error::Undefined`] for fewer than four subjects (clusters) or scores that agree on all pairs,
/// [`Error::Unsupported`] for delayed entry or case weights.
pub fn compare_c_u_statistic(
    outcomes: &Outcomes,
    first: &[f64],
    second: &[f64],
) -> Result<PairedDifference, Error> {
    UStatisticOptions::default().compare(outcomes, first, second)
}

/// The units that have a member, in order.
fn distinct_units(units: Units<'_>, n_subjects: usize) -> Vec<usize> {
    let mut all: Vec<usize> = (0..n_subjects).map(|i| units.unit(i)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn supported(outcomes: &Outcomes, units: Units<'_>) -> Result<(), Error> {
    if outcomes.entry().is_some() || outcomes.weights().is_some() {
        return Err(Error::Unsupported { what: NAME, with: "delayed entry or case weights" });
    }
    if units.n() < 4 {
        let why = match units.are_clusters() {
            true => "fewer than four clusters",
            false => "fewer than four subjects",
        };
        return Err(Error::Undefined { name: NAME, why });
    }
    Ok(())
}

const NAME: &str = "the U-statistic test";

/// Sums over ordered pairs.
struct Covariance {
    /// Of both scores' signs and of the comparable pairs.
    totals: [f64; 3],
    /// The covariance of their means.
    v: [[f64; 3]; 3],
    /// Those of each unit.
    sums: [Vec<f64>; 3],
}

fn totals_with_covariance(
    outcomes: &Outcomes,
    first: &[f64],
    second: &[f64],
) -> Result<Covariance, Error> {
    let n = outcomes.n_subjects();
    let groups = TimeGroups::new(outcomes);
    let time_weights = vec![1.0; groups.len()];
    let pairing = Pairing { outcomes, groups: &groups, time_weights: &time_weights };
    let (x, y) = (pairing.sums(first).1, pairing.sums(second).1);
    let pairs: f64 = x.pairs.iter().sum();
    if pairs == 0.0 {
        return Err(Error::NoComparablePair { n });
    }
    if let Some(labels) = outcomes.clusters() {
        let by_time = [signs(&x), signs(&y), x.pairs];
        let sums = by_time.map(|sums| in_order_of_subjects(&groups, &sums));
        let totals = sums.each_ref().map(|s| s.iter().sum::<f64>());
        let Clustered { sums, products, n } = clustered(outcomes, labels, [first, second], &sums);
        let of_sums = sums.each_ref().map(|s| s.iter().sum::<f64>());
        let v = covariance(&sums, &of_sums, &products, n);
        return Ok(Covariance { totals, v, sums });
    }
    let joint = joint_signs(outcomes, &groups, first, second);
    let sums = [signs(&x), signs(&y), x.pairs.clone()];
    let totals = sums.each_ref().map(|s| s.iter().sum::<f64>());
    let products = [
        [joint.0, joint.2, totals[0]],
        [joint.2, joint.1, totals[1]],
        [totals[0], totals[1], totals[2]],
    ];
    let v = covariance(&sums, &totals, &products, n as f64);
    Ok(Covariance { totals, v, sums })
}

fn in_order_of_subjects(groups: &TimeGroups, by_time: &[f64]) -> Vec<f64> {
    let mut of_subjects = vec![0.0; by_time.len()];
    groups.order().iter().zip(by_time).for_each(|(&i, &sum)| of_subjects[i as usize] = sum);
    of_subjects
}

fn signs(sums: &SubjectSums) -> Vec<f64> {
    sums.score.iter().zip(&sums.pairs).map(|(score, pairs)| 2.0 * score - pairs).collect()
}

/// The sums of clusters, and the sums over pairs of clusters of their products.
struct Clustered {
    sums: [Vec<f64>; 3],
    products: [[f64; 3]; 3],
    n: f64,
}

/// From the sums of their members, of which pairs within the cluster are taken off once: they vary
/// with one cluster, and not with two.
fn clustered(
    outcomes: &Outcomes,
    labels: &[usize],
    scores: [&[f64]; 2],
    of_subjects: &[Vec<f64>; 3],
) -> Clustered {
    let members = members(labels);
    let mut clustered = Clustered {
        sums: [(); 3].map(|()| Vec::with_capacity(members.len())),
        products: [[0.0; 3]; 3],
        n: members.len() as f64,
    };
    let (time, event) = (outcomes.time(), outcomes.event());
    let outlives =
        |i: usize, j: usize| event[i] && (time[i] < time[j] || (time[i] == time[j] && !event[j]));
    let sign = |score: &[f64], i: usize, j: usize| {
        f64::from(i8::from(score[i] > score[j]) - i8::from(score[i] < score[j]))
    };
    let mut of_pair = vec![[0.0; 3]; labels.iter().max().map_or(0, |last| last + 1)];
    for these in &members {
        of_pair.fill([0.0; 3]);
        for (&i, j) in these.iter().flat_map(|i| (0..time.len()).map(move |j| (i, j))) {
            let first = match (outlives(i, j), outlives(j, i)) {
                (true, _) => (i, j),
                (_, true) => (j, i),
                _ => continue,
            };
            let sum = &mut of_pair[labels[j]];
            sum[0] += sign(scores[0], first.0, first.1);
            sum[1] += sign(scores[1], first.0, first.1);
            sum[2] += 1.0;
        }
        let own = labels[these[0]];
        for k in 0..3 {
            let all: f64 = these.iter().map(|&i| of_subjects[k][i]).sum();
            clustered.sums[k].push(all - 0.5 * of_pair[own][k]);
        }
        of_pair[own] = [0.0; 3];
        for pair in &of_pair {
            (0..9).for_each(|kl| clustered.products[kl / 3][kl % 3] += pair[kl / 3] * pair[kl % 3]);
        }
    }
    clustered
}

/// `d' V d`.
fn form(v: &[[f64; 3]; 3], d: &[f64; 3]) -> f64 {
    (0..3).map(|k| (0..3).map(|l| d[k] * v[k][l] * d[l]).sum::<f64>()).sum()
}

/// Covariance of the means over ordered pairs, from the subjects' sums, the totals, and the sums
/// over pairs of the products.
fn covariance(
    sums: &[Vec<f64>; 3],
    totals: &[f64; 3],
    products: &[[f64; 3]; 3],
    n: f64,
) -> [[f64; 3]; 3] {
    let all = n * (n - 1.0) * (n - 2.0) * (n - 3.0);
    std::array::from_fn(|k| {
        std::array::from_fn(|l| {
            let shared: f64 = sums[k].iter().zip(&sums[l]).map(|(a, b)| a * b).sum();
            let mean = 2.0 * (2.0 * n - 3.0) / (n * (n - 1.0)) * totals[k] * totals[l];
            (4.0 * shared - 2.0 * products[k][l] - mean) / all
        })
    })
}

/// Sums over ordered comparable pairs of the squared sign of each score, and of their product.
fn joint_signs(
    outcomes: &Outcomes,
    groups: &TimeGroups,
    first: &[f64],
    second: &[f64],
) -> (f64, f64, f64) {
    let sign = |score: &[f64], i: usize, j: usize| {
        f64::from(i8::from(score[i] > score[j]) - i8::from(score[i] < score[j]))
    };
    let (mut a, mut b, mut both) = (0.0, 0.0, 0.0);
    let (time, event) = (outcomes.time(), outcomes.event());
    for i in groups.iter().flat_map(|g| g.events).map(|&i| i as usize) {
        for j in (0..time.len()).filter(|&j| time[i] < time[j] || (time[i] == time[j] && !event[j]))
        {
            let (x, y) = (sign(first, i, j), sign(second, i, j));
            a += 2.0 * x * x;
            b += 2.0 * y * y;
            both += 2.0 * x * y;
        }
    }
    (a, b, both)
}
