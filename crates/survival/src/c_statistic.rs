//! Harrell's and Uno's C with standard errors, intervals, and paired comparisons.
//!
//! The standard error is the infinitesimal jackknife: with `c_i = dC / dw_i`, the derivative of the
//! index with respect to subject `i`'s weight, `var C = sum_i (w_i c_i)^2`, and the covariance of
//! two indices on the same subjects is `sum_i (w_i c_i)(w_i c'_i)`. Time weights are held fixed.
//! Clusters sum their members' `w_i c_i` before squaring. Intervals and tests take the quantiles of
//! Student's t with (events - 1) degrees of freedom, on the logit scale for an index.
//!
//! Sources: Harrell, Lee & Mark, *Stat. Med.* 15:361-387, 1996; Uno et al., *Stat. Med.*
//! 30:1105-1117, 2011; Therneau & Watson, *The concordance statistic and the Cox model*, Mayo Clinic
//! Technical Report 85, 2017. Equal to R `survival::concordance(.., reverse = TRUE)` 3.8.

use std::{borrow::Cow, collections::BTreeSet};

use crate::{
    Error, Outcomes, Reference, check,
    pair_sums::{PairTotals, Pairing},
    ranks::Ranks,
    reference::Pivot,
    time_groups::TimeGroups,
    time_weight::{TimeWeight, pair_weights},
};

/// Scale on which an interval for a probability is symmetric.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[non_exhaustive]
pub enum IndexInterval {
    /// On the logit scale: stays inside (0, 1).
    #[default]
    Logit,
    /// `C +- z se`, as R prints; may leave [0, 1].
    Plain,
}

/// A concordance index with its standard error and interval.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct CStatistic {
    /// The index, in [0, 1].
    pub c: f64,
    /// Standard error; 0 where every comparable pair is concordant, or every one discordant.
    pub se: f64,
    /// Lower bound of the interval.
    pub lower: f64,
    /// Upper bound of the interval.
    pub upper: f64,
    /// The pairs behind it.
    pub pairs: PairTotals,
}

/// The difference of two statistics of the same subjects, with its test against 0.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct PairedDifference {
    /// First minus second.
    pub difference: f64,
    /// Standard error of the difference, from the joint covariance.
    pub se: f64,
    /// `difference / se`.
    pub z: f64,
    /// Two-sided P of `z`, under the normal distribution or that of the options' [`Reference`].
    pub p: f64,
    /// Lower bound, a quantile of the same distribution times `se` below the difference.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
}

/// Indices of several risk scores on the same subjects.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct JointConcordance {
    /// One index for each score.
    pub statistics: Vec<CStatistic>,
    /// Their covariance matrix.
    pub covariance: Vec<Vec<f64>>,
    level: f64,
    pivot: Pivot,
}

/// How to compute a concordance index; the default is Harrell's, over all of follow-up, with a 95 %
/// logit interval.
///
/// # Examples
/// ```
/// use vertebra_survival::{ConcordanceOptions, Outcomes, TimeWeight};
/// let outcomes = Outcomes::new(
///     vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
///     vec![true, true, false, true, true, false],
/// )?;
/// let options = ConcordanceOptions::default().with_time_weight(TimeWeight::Uno).with_horizon(4.5);
/// let uno = options.estimate(&outcomes, &[0.9, 0.4, 0.6, 0.5, 0.2, 0.1])?;
/// assert!(uno.lower < uno.c && uno.c < uno.upper);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ConcordanceOptions {
    time_weight: TimeWeight,
    horizon: Option<f64>,
    level: f64,
    interval: IndexInterval,
    reference: Reference,
    strata: Option<Vec<usize>>,
    clusters: Option<Vec<usize>>,
}

impl Default for ConcordanceOptions {
    fn default() -> Self {
        Self {
            time_weight: TimeWeight::default(),
            horizon: None,
            level: 0.95,
            interval: IndexInterval::default(),
            reference: Reference::default(),
            strata: None,
            clusters: None,
        }
    }
}

impl ConcordanceOptions {
    /// Weight of pairs by the time of their earlier event.
    #[must_use]
    pub fn with_time_weight(mut self, time_weight: TimeWeight) -> Self {
        self.time_weight = time_weight;
        self
    }

    /// Counts only pairs whose earlier event is at or before `horizon` years (Uno's truncation
    /// time, R's `ymax`).
    #[must_use]
    pub fn with_horizon(mut self, horizon: f64) -> Self {
        self.horizon = Some(horizon);
        self
    }

    /// Confidence level of the intervals, such as 0.95.
    #[must_use]
    pub fn with_level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Scale of the intervals.
    #[must_use]
    pub fn with_interval(mut self, interval: IndexInterval) -> Self {
        self.interval = interval;
        self
    }

    /// Distribution behind intervals and P values.
    #[must_use]
    pub fn with_reference(mut self, reference: Reference) -> Self {
        self.reference = reference;
        self
    }

    /// Compares only pairs within a stratum; one label per subject.
    #[must_use]
    pub fn with_strata(mut self, strata: Vec<usize>) -> Self {
        self.strata = Some(strata);
        self
    }

    /// Takes the members of a cluster as dependent in standard errors; one label per subject.
    #[must_use]
    pub fn with_clusters(mut self, clusters: Vec<usize>) -> Self {
        self.clusters = Some(clusters);
        self
    }

    /// The index of one score, in O(n log n).
    ///
    /// # Shapes
    /// - `risk`: `[n]`, finite, higher = earlier expected event
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::InvalidSetting`],
    /// [`Error::NoComparablePair`], or [`Error::Unsupported`] for Uno's and Schemper's weights with
    /// delayed entry.
    pub fn estimate(&self, outcomes: &Outcomes, risk: &[f64]) -> Result<CStatistic, Error> {
        self.check(outcomes, risk)?;
        let strata = self.prepare(outcomes)?;
        let (pairs, walked) = influence(&strata, risk)?;
        let influence = self.by_cluster(&strata, walked);
        Ok(self.statistic(pairs, dot(&influence, &influence), self.pivot(&strata)))
    }

    /// The indices of several scores with their covariance matrix.
    ///
    /// # Errors
    /// As [`estimate`](Self::estimate), and [`Error::Empty`] without a score.
    pub fn estimate_jointly(
        &self,
        outcomes: &Outcomes,
        risks: &[&[f64]],
    ) -> Result<JointConcordance, Error> {
        if risks.is_empty() {
            return Err(Error::Empty("risks"));
        }
        risks.iter().try_for_each(|risk| self.check(outcomes, risk))?;
        let strata = self.prepare(outcomes)?;
        let (mut pairs, mut influences) = (Vec::new(), Vec::new());
        for risk in risks {
            let (totals, walked) = influence(&strata, risk)?;
            pairs.push(totals);
            influences.push(self.by_cluster(&strata, walked));
        }
        let covariance: Vec<Vec<f64>> =
            influences.iter().map(|a| influences.iter().map(|b| dot(a, b)).collect()).collect();
        let statistics = pairs.iter().enumerate();
        let pivot = self.pivot(&strata);
        let statistics =
            statistics.map(|(k, pairs)| self.statistic(*pairs, covariance[k][k], pivot)).collect();
        Ok(JointConcordance { statistics, covariance, level: self.level, pivot })
    }

    /// Tests whether two scores of the same subjects have the same index.
    ///
    /// # Errors
    /// As [`estimate`](Self::estimate), and [`Error::Undefined`] where both scores rank all pairs
    /// alike.
    pub fn compare(
        &self,
        outcomes: &Outcomes,
        first: &[f64],
        second: &[f64],
    ) -> Result<PairedDifference, Error> {
        self.estimate_jointly(outcomes, &[first, second])?.difference(0, 1)
    }

    /// Each subject's `w_i dC / dw_i`, the index's infinitesimal jackknife values, shape `[n]`.
    ///
    /// # Errors
    /// As [`estimate`](Self::estimate).
    pub fn jackknife_values(&self, outcomes: &Outcomes, risk: &[f64]) -> Result<Vec<f64>, Error> {
        self.check(outcomes, risk)?;
        let strata = self.prepare(outcomes)?;
        let (_, walked) = influence(&strata, risk)?;
        Ok(by_subject(&strata, &walked))
    }

    fn statistic(&self, pairs: PairTotals, variance: f64, pivot: Pivot) -> CStatistic {
        let (c, se) = (pairs.index(), variance.sqrt());
        let (lower, upper) = index_interval(c, pivot.two_sided(self.level) * se, self.interval);
        CStatistic { c, se, lower, upper, pairs }
    }

    /// What an index divided by its standard error is compared with.
    fn pivot(&self, strata: &[Prepared<'_>]) -> Pivot {
        if self.reference == Reference::Normal {
            return Pivot::Normal;
        }
        let events = strata.iter().flat_map(Prepared::counted_events);
        let independent = match &self.clusters {
            None => events.count(),
            Some(labels) => events.map(|i| labels[i]).collect::<BTreeSet<_>>().len(),
        };
        Pivot::Student((independent as f64 - 1.0).max(1.0))
    }

    pub(crate) fn prepare<'a>(&self, outcomes: &'a Outcomes) -> Result<Vec<Prepared<'a>>, Error> {
        match &self.strata {
            None => Ok(vec![self.prepare_stratum(Cow::Borrowed(outcomes), None)?]),
            Some(labels) => members(labels)
                .into_iter()
                .map(|subjects| {
                    let here = Cow::Owned(outcomes.subset(&subjects));
                    self.prepare_stratum(here, Some(subjects))
                })
                .collect(),
        }
    }

    fn prepare_stratum<'a>(
        &self,
        outcomes: Cow<'a, Outcomes>,
        subjects: Option<Vec<usize>>,
    ) -> Result<Prepared<'a>, Error> {
        let groups = TimeGroups::new(&outcomes);
        let time_weights = self.time_weights(&outcomes, &groups)?;
        Ok(Prepared { subjects, outcomes, groups, time_weights })
    }

    /// The weight of pairs whose earlier event is at each group's time.
    pub(crate) fn time_weights(
        &self,
        outcomes: &Outcomes,
        groups: &TimeGroups,
    ) -> Result<Vec<f64>, Error> {
        let mut time_weights = pair_weights(outcomes, groups, self.time_weight)?;
        if let Some(horizon) = self.horizon {
            time_weights[groups.count_until(horizon)..].fill(0.0);
        }
        Ok(time_weights)
    }

    pub(crate) fn clusters(&self) -> Option<&[usize]> {
        self.clusters.as_deref()
    }

    /// Infinitesimal jackknife values, or their sums over clusters.
    fn by_cluster(&self, strata: &[Prepared<'_>], walked: Vec<f64>) -> Vec<f64> {
        match &self.clusters {
            None => walked,
            Some(labels) => {
                let influence = by_subject(strata, &walked);
                let sum = |cluster: &Vec<usize>| cluster.iter().map(|&i| influence[i]).sum();
                members(labels).iter().map(sum).collect()
            }
        }
    }

    fn check(&self, outcomes: &Outcomes, risk: &[f64]) -> Result<(), Error> {
        check::finite("risk", risk, outcomes)?;
        check::level(self.level)?;
        if let Some(horizon) = self.horizon.filter(|h| h.is_nan() || *h < 0.0) {
            return Err(Error::InvalidSetting("horizon", "at least 0 years", horizon));
        }
        for (name, labels) in [("strata", &self.strata), ("clusters", &self.clusters)] {
            if let Some(labels) = labels {
                check::length(name, labels, outcomes)?;
            }
        }
        Ok(())
    }
}

/// One stratum sorted and weighted, for any number of scores.
#[derive(Debug, Clone)]
pub(crate) struct Prepared<'a> {
    /// Indices in the whole sample; `None` for all of it.
    pub(crate) subjects: Option<Vec<usize>>,
    pub(crate) outcomes: Cow<'a, Outcomes>,
    pub(crate) groups: TimeGroups,
    pub(crate) time_weights: Vec<f64>,
}

impl Prepared<'_> {
    /// Subjects whose event counts, as indices in the whole sample.
    fn counted_events(&self) -> impl Iterator<Item = usize> {
        let counted = self.groups.iter().zip(&self.time_weights).filter(|(_, w)| **w > 0.0);
        counted.flat_map(|(group, _)| group.events).map(|&i| match &self.subjects {
            None => i as usize,
            Some(subjects) => subjects[i as usize],
        })
    }

    /// Ranks of the stratum's scores, in order of time.
    pub(crate) fn ranks(&self, risk: &[f64]) -> Ranks {
        let ranks = match &self.subjects {
            None => Ranks::new(risk),
            Some(subjects) => {
                let here: Vec<f64> = subjects.iter().map(|&i| risk[i]).collect();
                Ranks::new(&here)
            }
        };
        ranks.reordered(self.groups.order())
    }
}

/// Pairs of all strata, and each subject's `w_i dC / dw_i`, stratum by stratum in order of time.
fn influence(strata: &[Prepared<'_>], risk: &[f64]) -> Result<(PairTotals, Vec<f64>), Error> {
    let ranks: Vec<Ranks> = strata.iter().map(|stratum| stratum.ranks(risk)).collect();
    influence_of(strata, &ranks)
}

/// The same from the ranks of the scores in each stratum.
pub(crate) fn influence_of(
    strata: &[Prepared<'_>],
    ranks: &[Ranks],
) -> Result<(PairTotals, Vec<f64>), Error> {
    let mut totals = PairTotals::default();
    let mut parts = Vec::with_capacity(strata.len());
    for (Prepared { outcomes, groups, time_weights, .. }, ranks) in strata.iter().zip(ranks) {
        let (pairs, sums) = Pairing { outcomes, groups, time_weights }.sums_of(ranks);
        totals.add(pairs);
        parts.push(sums);
    }
    let n: usize = ranks.iter().map(Ranks::len).sum();
    let comparable = totals.comparable();
    if comparable <= 0.0 {
        return Err(Error::NoComparablePair(n));
    }
    let c = totals.index();
    let mut influence = Vec::with_capacity(n);
    for (stratum, sums) in strata.iter().zip(&parts) {
        let own = sums.score.iter().zip(&sums.pairs).map(|(s, p)| (s - c * p) / comparable);
        match stratum.outcomes.weights() {
            None => influence.extend(own),
            Some(w) => {
                let order = stratum.groups.order();
                influence.extend(own.zip(order).map(|(v, &i)| v * w[i as usize]));
            }
        }
    }
    Ok((totals, influence))
}

/// Values in the order of [`influence`], back in the order of the sample.
pub(crate) fn by_subject(strata: &[Prepared<'_>], walked: &[f64]) -> Vec<f64> {
    let mut values = vec![0.0; walked.len()];
    let orders = strata.iter().flat_map(|stratum| {
        stratum.groups.order().iter().map(|&i| match &stratum.subjects {
            None => i as usize,
            Some(subjects) => subjects[i as usize],
        })
    });
    orders.zip(walked).for_each(|(i, &value)| values[i] = value);
    values
}

impl JointConcordance {
    /// The index of score `first` minus that of score `second`, with its test.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] where there is no such score, [`Error::Undefined`] where both rank
    /// all pairs alike, so that the difference has no variance.
    pub fn difference(&self, first: usize, second: usize) -> Result<PairedDifference, Error> {
        let n = self.statistics.len();
        if let Some(k) = [first, second].into_iter().find(|&k| k >= n) {
            return Err(Error::InvalidSetting("score", "one of those estimated", k as f64));
        }
        let v = &self.covariance;
        let variance = v[first][first] + v[second][second] - 2.0 * v[first][second];
        let largest = v[first][first].max(v[second][second]);
        let difference = self.statistics[first].c - self.statistics[second].c;
        paired_difference(difference, variance, largest, self.level, self.pivot)
    }
}

/// A difference whose variance is not just the rounding of its parts, `largest` the larger of these.
pub(crate) fn paired_difference(
    difference: f64,
    variance: f64,
    largest: f64,
    level: f64,
    pivot: Pivot,
) -> Result<PairedDifference, Error> {
    if variance <= 1e-14 * largest || variance <= 0.0 {
        return Err(Error::Undefined("the paired comparison", "the two scores agree on all pairs"));
    }
    let se = variance.sqrt();
    let z = difference / se;
    let reach = pivot.two_sided(level) * se;
    Ok(PairedDifference {
        difference,
        se,
        z,
        p: pivot.two_sided_p(z),
        lower: difference - reach,
        upper: difference + reach,
    })
}

/// Harrell's C with its standard error and 95 % interval (logit scale, Student's t).
///
/// # Errors
/// As [`ConcordanceOptions::estimate`].
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, harrell_c};
/// let outcomes = Outcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![true, true, false, true])?;
/// assert_eq!(harrell_c(&outcomes, &[0.9, 0.1, 0.4, 0.2])?.c, 0.6);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn harrell_c(outcomes: &Outcomes, risk: &[f64]) -> Result<CStatistic, Error> {
    ConcordanceOptions::default().estimate(outcomes, risk)
}

/// Uno's C up to `horizon` years with its standard error and 95 % logit interval.
///
/// Choose a horizon at which enough subjects are still followed: weights grow as `1 / G^2`.
///
/// # Errors
/// As [`ConcordanceOptions::estimate`].
pub fn uno_c(outcomes: &Outcomes, risk: &[f64], horizon: f64) -> Result<CStatistic, Error> {
    let uno = ConcordanceOptions::default().with_time_weight(TimeWeight::Uno);
    uno.with_horizon(horizon).estimate(outcomes, risk)
}

/// Tests whether two scores of the same subjects have the same Harrell's C.
///
/// # Errors
/// As [`ConcordanceOptions::compare`].
pub fn compare_harrell_c(
    outcomes: &Outcomes,
    first: &[f64],
    second: &[f64],
) -> Result<PairedDifference, Error> {
    ConcordanceOptions::default().compare(outcomes, first, second)
}

/// Tests whether two scores of the same subjects have the same Uno's C up to `horizon` years.
///
/// # Errors
/// As [`ConcordanceOptions::compare`].
pub fn compare_uno_c(
    outcomes: &Outcomes,
    first: &[f64],
    second: &[f64],
    horizon: f64,
) -> Result<PairedDifference, Error> {
    let uno = ConcordanceOptions::default().with_time_weight(TimeWeight::Uno);
    uno.with_horizon(horizon).compare(outcomes, first, second)
}

/// The interval that reaches so far on both sides of `c`, on its own scale or the logit one.
pub(crate) fn index_interval(c: f64, reach: f64, kind: IndexInterval) -> (f64, f64) {
    if reach == 0.0 || kind == IndexInterval::Plain || c <= 0.0 || c >= 1.0 {
        return (c - reach, c + reach);
    }
    let logit = (c / (1.0 - c)).ln();
    let half = reach / (c * (1.0 - c));
    let back = |x: f64| 1.0 / (1.0 + (-x).exp());
    (back(logit - half), back(logit + half))
}

pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// The indices that carry each label, in order of the labels.
pub(crate) fn members<L: Ord + Copy>(labels: &[L]) -> Vec<Vec<usize>> {
    let mut members = std::collections::BTreeMap::<L, Vec<usize>>::new();
    for (i, &label) in labels.iter().enumerate() {
        members.entry(label).or_default().push(i);
    }
    members.into_values().collect()
}
