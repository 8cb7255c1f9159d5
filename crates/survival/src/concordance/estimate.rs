//! Harrell's and Uno's C with standard errors, intervals, and paired comparisons.
//!
//! The standard error is the infinitesimal jackknife: with `c_i = dC / dw_i`, the derivative of the
//! index with respect to subject `i`'s weight, `var C = sum_i (w_i c_i)^2`, and the covariance of
//! two indices on the same subjects is `sum_i (w_i c_i)(w_i c'_i)`. Time weights are held fixed.
//! Clusters sum their members' `w_i c_i` before squaring. Intervals and tests take the quantiles of
//! Student's t with (events - 1) degrees of freedom, on the logit scale for an index.
//!
//! Sources: Harrell, Lee & Mark, *Stat. Med.* 15:361-387, 1996; Uno et al., *Stat. Med.*
//! 30:1105-1117, 2011; Therneau & Watson, *The concordance statistic and the Cox model*, Mayo
//! Clinic Technical Report 85, 2017. Equal to R `survival::concordance(.., reverse = TRUE)` 3.8.

use std::borrow::Cow;

use crate::{
    concordance::{
        ConcordanceOptions, PairTotals, TimeWeight,
        pairs::{Pairing, SubjectSums},
        time_weight::pair_weights,
    },
    error::Error,
    estimate::{Estimate, Influence, Pivot, ReferenceDistribution, boundary},
    numeric::ranks::Ranks,
    outcomes::{
        Outcomes,
        labels::{dense, members, most, n_distinct},
    },
    risk_sets::{at_risk::at_risk, time_groups::TimeGroups},
};

/// A concordance index with its standard error and interval.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct CStatistic {
    /// The index, in [0, 1]. Where every comparable pair is concordant, or every one discordant,
    /// its standard error is 0 and its interval that of Newcombe's score test for an area.
    pub estimate: Estimate,
    /// The pairs behind it.
    pub pairs: PairTotals,
}

impl ConcordanceOptions {
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
        let options = self.with_clusters_of(outcomes);
        options.check(outcomes, risk)?;
        let strata = options.prepare(outcomes)?;
        let (pairs, walked) = influence(&strata, risk)?;
        let influence = options.by_cluster(&strata, pairs, walked);
        Ok(options.statistic(pairs, &influence, (options.pivot(&strata), &strata)))
    }

    /// These options with the clusters of the outcomes, where they have none of their own; as dense
    /// labels.
    pub(super) fn with_clusters_of(&self, outcomes: &Outcomes) -> Cow<'_, Self> {
        let labels = match &self.clusters {
            Some(own) => dense(own),
            None => match outcomes.clusters() {
                None => return Cow::Borrowed(self),
                Some(labels) => labels.to_vec(),
            },
        };
        Cow::Owned(Self { clusters: Some(labels), ..self.clone() })
    }

    /// Each subject's `w_i dC / dw_i`, the index's infinitesimal jackknife values, shape `[n]`.
    ///
    /// # Errors
    /// As [`estimate`](Self::estimate).
    pub fn jackknife_values(&self, outcomes: &Outcomes, risk: &[f64]) -> Result<Vec<f64>, Error> {
        self.with_clusters_of(outcomes).check(outcomes, risk)?;
        let strata = self.prepare(outcomes)?;
        let (_, walked) = influence(&strata, risk)?;
        Ok(by_subject(&strata, &walked))
    }

    pub(super) fn statistic(
        &self,
        pairs: PairTotals,
        influence: &Influence,
        (pivot, strata): (Pivot, &[Prepared<'_>]),
    ) -> CStatistic {
        let (value, std_error, by) =
            (influence.value(), influence.std_error(), (pivot, self.scale));
        let estimate = match value > 0.0 && value < 1.0 {
            true => Estimate::around(value, std_error, by, self.level),
            false => boundary::area(value, std_error, self.sizes(strata), by, self.level),
        };
        CStatistic { estimate, pairs }
    }

    /// The events (clusters with one) that count, and the mean number of subjects (clusters) that
    /// each is compared with.
    fn sizes(&self, strata: &[Prepared<'_>]) -> (f64, f64) {
        let (mut events, mut pairs, mut n) = (0.0, 0.0, 0.0);
        for stratum in strata {
            n += stratum.outcomes.n_subjects() as f64;
            let everybody_once = stratum.outcomes.clone().into_owned().unweighted();
            let at_risk = at_risk(&everybody_once, &stratum.groups);
            let counted = stratum.groups.iter().zip(&stratum.time_weights).zip(at_risk);
            for ((group, _), at_risk) in counted.filter(|((_, weight), _)| **weight > 0.0) {
                let here = group.events.len() as f64;
                events += here;
                pairs += here * (at_risk - here);
            }
        }
        let independent = self.independent_events(strata) as f64;
        let units = match &self.clusters {
            None => n,
            Some(labels) => n_distinct(labels.iter().copied(), most(labels)) as f64,
        };
        (independent, pairs / events * units / n)
    }

    /// The events that count, or the clusters that have one.
    fn independent_events(&self, strata: &[Prepared<'_>]) -> usize {
        let events = strata.iter().flat_map(Prepared::counted_events);
        match &self.clusters {
            None => events.count(),
            Some(labels) => n_distinct(events.map(|i| labels[i]), most(labels)),
        }
    }

    /// What an index divided by its standard error is compared with.
    pub(super) fn pivot(&self, strata: &[Prepared<'_>]) -> Pivot {
        if self.reference == ReferenceDistribution::Normal {
            return Pivot::Normal;
        }
        Pivot::Student((self.independent_events(strata) as f64 - 1.0).max(1.0))
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
        pair_weights(outcomes, groups, (self.time_weight, self.horizon))
    }

    pub(crate) fn clusters(&self) -> Option<&[usize]> {
        self.clusters.as_deref()
    }

    /// The index with its infinitesimal jackknife values, or their sums over clusters.
    pub(super) fn by_cluster(
        &self,
        strata: &[Prepared<'_>],
        pairs: PairTotals,
        walked: Vec<f64>,
    ) -> Influence {
        let Some(labels) = &self.clusters else { return Influence::new(pairs.index(), walked) };
        let mut sums = vec![0.0; most(labels)];
        subjects(strata).zip(walked).for_each(|(i, value)| sums[labels[i]] += value);
        Influence::new(pairs.index(), sums)
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
pub(super) fn influence(
    strata: &[Prepared<'_>],
    risk: &[f64],
) -> Result<(PairTotals, Vec<f64>), Error> {
    let ranks: Vec<Ranks> = strata.iter().map(|stratum| stratum.ranks(risk)).collect();
    influence_of(strata, &ranks)
}

/// The same from the ranks of the scores in each stratum.
pub(crate) fn influence_of(
    strata: &[Prepared<'_>],
    ranks: &[Ranks],
) -> Result<(PairTotals, Vec<f64>), Error> {
    let of_stratum = |(stratum, ranks): (&Prepared<'_>, &Ranks)| {
        let Prepared { outcomes, groups, time_weights, .. } = stratum;
        Pairing { outcomes, groups, time_weights }.sums_of(ranks)
    };
    from_sums(strata, strata.iter().zip(ranks).map(of_stratum).collect())
}

/// The same from the totals of each stratum and its subjects' sums.
pub(super) fn from_sums(
    strata: &[Prepared<'_>],
    parts: Vec<(PairTotals, SubjectSums)>,
) -> Result<(PairTotals, Vec<f64>), Error> {
    let mut totals = PairTotals::default();
    parts.iter().for_each(|(pairs, _)| totals.add(*pairs));
    let n: usize = parts.iter().map(|(_, sums)| sums.score.len()).sum();
    let comparable = totals.comparable();
    if comparable <= 0.0 {
        return Err(Error::NoComparablePair { n });
    }
    let c = totals.index();
    let mut influence = Vec::with_capacity(n);
    for (stratum, (_, sums)) in strata.iter().zip(&parts) {
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
    subjects(strata).zip(walked).for_each(|(i, &value)| values[i] = value);
    values
}

/// The subjects in the order of [`influence`].
fn subjects(strata: &[Prepared<'_>]) -> impl Iterator<Item = usize> {
    strata.iter().flat_map(|stratum| {
        stratum.groups.order().iter().map(|&i| match &stratum.subjects {
            None => i as usize,
            Some(subjects) => subjects[i as usize],
        })
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
/// assert_eq!(harrell_c(&outcomes, &[0.9, 0.1, 0.4, 0.2])?.estimate.value, 0.6);
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
