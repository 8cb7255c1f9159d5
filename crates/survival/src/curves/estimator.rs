//! Survival curves with pointwise intervals: Kaplan-Meier, Nelson-Aalen, Fleming-Harrington.
//!
//! With `d_k` events among `n_k` at risk at `t_k`:
//!
//! - Kaplan-Meier: `S(t) = prod (1 - d_k / n_k)`, variance of `ln S` (Greenwood)
//!   `sum d_k / (n_k (n_k - d_k))`;
//! - Nelson-Aalen: `H(t) = sum d_k / n_k` with variance `sum d_k / n_k^2`, and `S = exp(-H)`;
//! - Fleming-Harrington: tied events one after another, `H(t) = sum_k sum_{r<d_k} 1 / (n_k - r)`.
//!
//! The default interval is the log-log one, `exp(-exp(ln(-ln S) +- z se / ln S))`.
//!
//! Where nobody had the event, the lower bound is exact: that of none among those at risk there
//! (Clopper & Pearson), or with delayed entry among the fewest that were at risk so far. Clusters,
//! and case weights that are not whole numbers, have the robust variances of `dependence`.
//!
//! Sources: Kaplan & Meier, *JASA* 53:457-481, 1958; Aalen, *Ann. Stat.* 6:701-726, 1978; Fleming &
//! Harrington, *Commun. Stat.* 13:2469-2486, 1984; Kalbfleisch & Prentice, *The Statistical
//! Analysis of Failure Time Data*, 1980, sec. 1.3; Andersen et al., *Statistical Models Based on
//! Counting Processes*, 1993, sec. IV.3 (intervals). Equal to R `survfit()`.

use crate::{
    curves::{
        CurveScale, GroupCurve, SurvivalCurve,
        dependence::{Dependence, Variances, is_all},
    },
    error::Error,
    estimate::{Units, boundary::upper_of_none},
    outcomes::{Outcomes, check, copies::Distinct, labels::members},
    risk_sets::{
        at_risk::at_risk,
        time_counts::{TimeCount, count_times},
        time_groups::TimeGroups,
    },
};

/// How a survival curve is estimated.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[non_exhaustive]
pub enum CurveEstimator {
    /// Product-limit. R's `survfit()`.
    #[default]
    KaplanMeier,
    /// `exp(-H)` of the Nelson-Aalen hazard. R's `stype = 2, ctype = 1`.
    NelsonAalen,
    /// `exp(-H)` with tied events one after another. R's `stype = 2, ctype = 2`.
    FlemingHarrington,
}

/// How to estimate a curve; the default is Kaplan-Meier with 95 % log-log intervals.
///
/// # Examples
/// ```
/// use vertebra_survival::{curves::{CurveEstimator, CurveOptions, CurveScale}, Outcomes};
/// let outcomes = Outcomes::new(vec![1.0, 2.0, 3.0], vec![true, false, true])?;
/// let options = CurveOptions::default()
///     .with_estimator(CurveEstimator::NelsonAalen)
///     .with_scale(CurveScale::Log)
///     .with_level(0.9);
/// let curve = options.fit(&outcomes)?;
/// assert_eq!(curve.cumulative_hazard, [1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0 + 1.0]);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct CurveOptions {
    estimator: CurveEstimator,
    scale: CurveScale,
    level: f64,
}

impl Default for CurveOptions {
    fn default() -> Self {
        let (estimator, scale) = (CurveEstimator::default(), CurveScale::default());
        Self { estimator, scale, level: 0.95 }
    }
}

impl CurveOptions {
    /// Which estimator.
    #[must_use]
    pub fn with_estimator(mut self, estimator: CurveEstimator) -> Self {
        self.estimator = estimator;
        self
    }

    /// Scale of the intervals.
    #[must_use]
    pub fn with_scale(mut self, scale: CurveScale) -> Self {
        self.scale = scale;
        self
    }

    /// Confidence level, such as 0.95.
    #[must_use]
    pub fn with_level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// The curve of these outcomes, in O(n log n).
    ///
    /// Entry times and case weights are honoured. Where nobody is at risk between two times
    /// (possible with late entry) the curve simply stays.
    ///
    /// # Errors
    /// [`Error::Empty`] without subjects, [`Error::InvalidSetting`] for a level outside (0, 1),
    /// [`Error::Undefined`] where all subjects are one cluster.
    pub fn fit(&self, outcomes: &Outcomes) -> Result<SurvivalCurve, Error> {
        check::length("time", outcomes.time(), outcomes)?;
        check::level(self.level)?;
        self.fit_units(outcomes, Units::of(outcomes, NAME)?)
    }

    fn fit_units(&self, outcomes: &Outcomes, units: Units<'_>) -> Result<SurvivalCurve, Error> {
        let split_ties = self.estimator == CurveEstimator::FlemingHarrington;
        let (mut curve, events, variances) = count_risk_sets(outcomes, units, split_ties);
        curve.level = self.level;
        let worth = units.worth(outcomes);
        let at_first = curve.n_risk.first().copied().unwrap_or(0.0);
        curve.lower_before = 1.0 - upper_of_none(at_first * worth, self.level);
        self.estimate(&mut curve, &events, &variances, worth);
        Ok(curve)
    }

    /// Fills the curve in; `events` are the events at each time, without weights, and a weight of 1
    /// at risk is worth `worth` units.
    fn estimate(
        &self,
        curve: &mut SurvivalCurve,
        events: &[u32],
        variances: &Variances,
        worth: f64,
    ) {
        let z = curve.pivot().two_sided(self.level);
        let mut now = Course { survival: 1.0, ..Course::default() };
        let (mut lower, mut upper) = (1.0, 1.0);
        let (mut se, mut hazard_se) = (0.0, 0.0);
        let mut fewest = f64::INFINITY;
        let mut n_variances = 0;
        for (k, &events) in events.iter().enumerate() {
            let (n, d) = (curve.n_risk[k], curve.n_event[k]);
            fewest = n.min(fewest);
            let step = if d > 0.0 { now.pass(self.estimator, (n, d), events) } else { 0.0 };
            if Variances::is_at(k, d) {
                let of_log = usize::from(self.estimator != CurveEstimator::KaplanMeier);
                let robust = variances.at(n_variances, [now.variance, now.hazard_variance]);
                n_variances += 1;
                hazard_se = robust[1].sqrt();
                // Once the curve is 0 its error stays.
                se = if now.survival > 0.0 { robust[of_log].sqrt() } else { se };
            }
            if now.hazard == 0.0 {
                (lower, upper) = (1.0 - upper_of_none(fewest * worth, self.level), 1.0);
            } else if d > 0.0 {
                (lower, upper) = self.scale.around(now.survival, se, z, upper);
            }
            curve.survival.push(now.survival);
            curve.std_error_log.push(se);
            curve.lower.push(lower);
            curve.upper.push(upper);
            curve.cumulative_hazard.push(now.hazard);
            curve.std_error_hazard.push(hazard_se);
            curve.variance_steps.push(step);
        }
    }

    /// The curve of each group (one label per subject, such as a stratum), in order of the labels.
    ///
    /// # Errors
    /// As [`fit`](Self::fit), and [`Error::LengthMismatch`].
    pub fn fit_by_group<L: Ord + Copy>(
        &self,
        outcomes: &Outcomes,
        groups: &[L],
    ) -> Result<Vec<GroupCurve<L>>, Error> {
        check::length("groups", groups, outcomes)?;
        check::level(self.level)?;
        let whole = Units::of(outcomes, NAME)?;
        let one = |subjects: Vec<usize>| {
            let here = outcomes.subset(&subjects);
            let (n, events) = (here.n_subjects(), here.n_events());
            let label = groups[subjects[0]];
            let curve = self.fit_units(&here, whole.within(&here, NAME)?)?;
            Ok(GroupCurve { label, n, events, curve })
        };
        members(groups).into_iter().map(one).collect()
    }
}

const NAME: &str = "the curve's interval";

/// A curve and the variances of its logarithm and of its hazard, as far as they have come.
#[derive(Default)]
struct Course {
    survival: f64,
    variance: f64,
    hazard: f64,
    hazard_variance: f64,
}

impl Course {
    /// Past `d` (weighted) events among `n`; returns what they add to the variance of `ln S`.
    fn pass(&mut self, estimator: CurveEstimator, (n, d): (f64, f64), events: u32) -> f64 {
        let (hazard, variance) = match estimator {
            CurveEstimator::FlemingHarrington => one_by_one(n, d, events),
            _ => (d / n, d / (n * n)),
        };
        self.hazard += hazard;
        self.hazard_variance += variance;
        let (survival, step) = match estimator {
            CurveEstimator::KaplanMeier if is_all(d, n) => (0.0, 0.0),
            CurveEstimator::KaplanMeier => (self.survival * ((n - d) / n), d / (n * (n - d))),
            _ => ((-self.hazard).exp(), variance),
        };
        self.survival = survival;
        self.variance += step;
        step
    }
}

/// Hazard and variance of `count` tied events of total weight `d`, taken one after another.
fn one_by_one(n: f64, d: f64, count: u32) -> (f64, f64) {
    let each = d / f64::from(count);
    let left = |r: u32| n - f64::from(r) * each;
    let hazard = (0..count).map(|r| each / left(r)).sum();
    (hazard, (0..count).map(|r| each / (left(r) * left(r))).sum())
}

/// Kaplan-Meier curve with 95 % log-log intervals, in O(n log n).
///
/// Entry times and case weights of the outcomes are honoured.
///
/// # Errors
/// [`Error::Empty`] without subjects.
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, kaplan_meier};
/// let outcomes = Outcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![true, false, true, false])?;
/// let curve = kaplan_meier(&outcomes)?;
/// assert_eq!((curve.at(0.5), curve.at(1.0), curve.at(3.5)), (1.0, 0.75, 0.375));
/// assert_eq!(curve.quantile(0.5), Some(3.0));
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn kaplan_meier(outcomes: &Outcomes) -> Result<SurvivalCurve, Error> {
    CurveOptions::default().fit(outcomes)
}

/// Kaplan-Meier curves of groups (one label per subject), in order of the labels, with 95 % log-log
/// intervals; compare them by [`log_rank`](crate::log_rank). Other estimators:
/// [`CurveOptions::fit_by_group`].
///
/// # Errors
/// [`Error::Empty`] or [`Error::LengthMismatch`].
///
/// # Examples
/// ```
/// use vertebra_survival::{curves::kaplan_meier_by_group, Outcomes};
/// let outcomes = Outcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![true, true, false, true])?;
/// let arms = kaplan_meier_by_group(&outcomes, &["new", "old", "new", "old"])?;
/// assert_eq!((arms[0].label, arms[0].events, arms[0].curve.at(2.5)), ("new", 1, 0.5));
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn kaplan_meier_by_group<L: Ord + Copy>(
    outcomes: &Outcomes,
    groups: &[L],
) -> Result<Vec<GroupCurve<L>>, Error> {
    CurveOptions::default().fit_by_group(outcomes, groups)
}

/// Nelson-Aalen cumulative hazard, and the survival curve `exp(-H)` with 95 % log-log intervals.
///
/// # Errors
/// [`Error::Empty`] without subjects.
pub fn nelson_aalen(outcomes: &Outcomes) -> Result<SurvivalCurve, Error> {
    CurveOptions::default().with_estimator(CurveEstimator::NelsonAalen).fit(outcomes)
}

/// Kaplan-Meier curve of the censoring ("reverse Kaplan-Meier"): its median is the median follow-up
/// (Schemper & Smith, *Control. Clin. Trials* 17:343-346, 1996).
///
/// # Errors
/// [`Error::Empty`] without subjects.
///
/// # Examples
/// ```
/// use vertebra_survival::{curves::follow_up_curve, Outcomes};
/// let outcomes = Outcomes::new(vec![1.0, 2.0, 3.0], vec![true, false, false])?;
/// assert_eq!(follow_up_curve(&outcomes)?.quantile(0.5), Some(2.5));
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn follow_up_curve(outcomes: &Outcomes) -> Result<SurvivalCurve, Error> {
    kaplan_meier(&outcomes.reversed())
}

/// The counts of a curve that is still to be estimated, the events at each time without weights
/// (and without copies in their cluster where ties are split), and the variances.
fn count_risk_sets(
    outcomes: &Outcomes,
    units: Units<'_>,
    split_ties: bool,
) -> (SurvivalCurve, Vec<u32>, Variances) {
    if outcomes.entry().is_none()
        && outcomes.weights().is_none()
        && !units.are_clusters()
        && let Some(counts) = count_times(outcomes.time(), outcomes.event())
    {
        return from_counts(&counts);
    }
    let groups = TimeGroups::new(outcomes);
    let mut curve = SurvivalCurve::unfinished(
        groups.times().to_vec(),
        at_risk(outcomes, &groups),
        groups.iter().map(|g| outcomes.weigh(g.events)).collect(),
        groups.iter().map(|g| outcomes.weigh(g.censored)).collect(),
    );
    let mut variances = Variances::Models;
    if let Some(dependence) = Dependence::of(outcomes, &groups, units) {
        variances = dependence.variances((&curve.n_risk, &curve.n_event));
        curve.dependence = Some(dependence);
    }
    let events = match units.labels() {
        Some(_) if split_ties => {
            let copies = Distinct::of(outcomes, &[]).copies;
            let share = |&i: &u32| 1.0 / f64::from(copies[i as usize]);
            groups.iter().map(|g| g.events.iter().map(share).sum::<f64>().round() as u32).collect()
        }
        _ => groups.iter().map(|g| g.events.len() as u32).collect(),
    };
    (curve, events, variances)
}

fn from_counts(counts: &[TimeCount]) -> (SurvivalCurve, Vec<u32>, Variances) {
    let mut left = 0.0;
    let mut n_risk: Vec<f64> = counts
        .iter()
        .rev()
        .map(|count| {
            left += f64::from(count.events) + f64::from(count.censored);
            left
        })
        .collect();
    n_risk.reverse();
    let curve = SurvivalCurve::unfinished(
        counts.iter().map(|count| count.time).collect(),
        n_risk,
        counts.iter().map(|count| f64::from(count.events)).collect(),
        counts.iter().map(|count| f64::from(count.censored)).collect(),
    );
    (curve, counts.iter().map(|count| count.events).collect(), Variances::Models)
}
