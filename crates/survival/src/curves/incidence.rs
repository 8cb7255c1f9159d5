//! Cumulative incidence under competing risks (Aalen-Johansen).
//!
//! `F_c(t) = sum_{t_k <= t} S(t_k-) d_ck / n_k`, with `S` the curve of any event. Where a
//! competing event (such as death) makes the event impossible, `1 - Kaplan-Meier` of the event
//! alone overstates its probability; `F_c` does not. Standard errors are the infinitesimal
//! jackknife ones, over clusters where subjects depend on each other. Where nobody had an event of
//! the cause the upper bound is the exact one (Clopper & Pearson) of those whose fate is known.
//!
//! Sources: Aalen & Johansen, *Scand. J. Stat.* 5:141-150, 1978; Putter, Fiocco & Geskus, *Stat.
//! Med.* 26:2389-2430, 2007. Equal to R `survfit()` of a factor status, interval `"log"`, with case
//! weights and delayed entry as well.

use crate::{
    curves::{
        dependence::is_all,
        spread::{Spread, Walk},
    },
    error::Error,
    estimate::{Interval, Units, boundary::upper_of_none},
    outcomes::{
        CompetingOutcomes, Outcomes, check,
        labels::{check_labels, members, most},
    },
    risk_sets::{
        at_risk::at_risk,
        time_groups::{TimeGroup, TimeGroups},
    },
};

/// Cumulative incidence of one cause: a right-continuous step function.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct CumulativeIncidence {
    /// The cause, from 1.
    pub cause: usize,
    /// Distinct follow-up times in years, increasing.
    pub times: Vec<f64>,
    /// (Weighted) number of subjects at risk just before each time.
    pub n_risk: Vec<f64>,
    /// (Weighted) number of events of this cause at each time.
    pub n_event: Vec<f64>,
    /// Probability of an event of this cause by each time.
    pub incidence: Vec<f64>,
    /// Standard error of `incidence`.
    pub std_error: Vec<f64>,
    /// Lower bound of the interval on the log scale; 0 before the first event.
    pub lower: Vec<f64>,
    /// Upper bound, cut at 1; exact before the first event.
    pub upper: Vec<f64>,
    /// Confidence level of the intervals.
    pub level: f64,
    /// Upper bound of the interval before the first time.
    #[serde(default = "one")]
    upper_before: f64,
}

fn one() -> f64 {
    1.0
}

impl CumulativeIncidence {
    /// Probability of an event of this cause by `time` years.
    #[must_use]
    pub fn at(&self, time: f64) -> f64 {
        self.row_at(time).map_or(0.0, |k| self.incidence[k])
    }

    /// Standard error of [`at`](Self::at); 0 before the first row.
    #[must_use]
    pub fn std_error_at(&self, time: f64) -> f64 {
        self.row_at(time).map_or(0.0, |k| self.std_error[k])
    }

    /// The pointwise interval at `time`; before the first row the exact one of no event.
    #[must_use]
    pub fn interval_at(&self, time: f64) -> Interval {
        let bounds =
            self.row_at(time).map_or((0.0, self.upper_before), |k| (self.lower[k], self.upper[k]));
        Interval::new(bounds.0, bounds.1, self.level)
    }

    fn row_at(&self, time: f64) -> Option<usize> {
        self.times.partition_point(|&t| t <= time).checked_sub(1)
    }
}

/// Cumulative incidence of every cause, in O(n log n). Case weights and entry times are honoured.
///
/// # Errors
/// [`Error::Empty`] or [`Error::NoEvents`].
///
/// # Examples
/// ```
/// use vertebra_survival::{CompetingOutcomes, cumulative_incidence};
/// let (fracture, death) = (1, 2);
/// let cause = vec![fracture, death, 0, fracture];
/// let curves = cumulative_incidence(&CompetingOutcomes::new(vec![1.0, 2.0, 3.0, 4.0], cause)?)?;
/// assert_eq!((curves[0].at(3.0), curves[1].at(3.0)), (0.25, 0.25));
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn cumulative_incidence(
    outcomes: &CompetingOutcomes,
) -> Result<Vec<CumulativeIncidence>, Error> {
    IncidenceOptions::default().fit(outcomes)
}

/// How cumulative incidences are estimated; the default has 95 % intervals.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct IncidenceOptions {
    level: f64,
}

impl Default for IncidenceOptions {
    fn default() -> Self {
        Self { level: 0.95 }
    }
}

impl IncidenceOptions {
    /// Confidence level of the intervals, such as 0.95.
    #[must_use]
    pub fn with_level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Cumulative incidence of every cause, in O(n log n).
    ///
    /// # Errors
    /// As [`cumulative_incidence`], and [`Error::InvalidSetting`] for a level outside (0, 1).
    pub fn fit(&self, outcomes: &CompetingOutcomes) -> Result<Vec<CumulativeIncidence>, Error> {
        let level = check::level(self.level)?;
        let any = outcomes.any_event();
        check::length("time", any.time(), any)?;
        if any.n_events() == 0 {
            return Err(Error::NoEvents { n: any.n_subjects() });
        }
        curves(outcomes, outcomes.n_causes(), (Units::of(any, NAME)?, level))
    }

    /// Cumulative incidence of every cause in each group, in order of the labels.
    ///
    /// # Errors
    /// As [`cumulative_incidence_by_group`], and [`Error::InvalidSetting`] for a level outside (0,
    /// 1).
    pub fn fit_by_group<L: Ord + Copy>(
        &self,
        outcomes: &CompetingOutcomes,
        groups: &[L],
    ) -> Result<Vec<GroupIncidence<L>>, Error> {
        let level = check::level(self.level)?;
        check_labels("groups", groups, outcomes)?;
        if outcomes.any_event().n_events() == 0 {
            return Err(Error::NoEvents { n: outcomes.causes().len() });
        }
        let whole = Units::of(outcomes.any_event(), NAME)?;
        let one = |subjects: Vec<usize>| {
            let here = outcomes.subset(&subjects);
            let units = whole.within(here.any_event(), NAME)?;
            let curves = curves(&here, outcomes.n_causes(), (units, level))?;
            Ok(GroupIncidence { label: groups[subjects[0]], n: subjects.len(), curves })
        };
        members(groups).into_iter().map(one).collect()
    }
}

const NAME: &str = "the cumulative incidence's interval";

fn curves(
    outcomes: &CompetingOutcomes,
    n_causes: usize,
    (units, level): (Units<'_>, f64),
) -> Result<Vec<CumulativeIncidence>, Error> {
    let any = outcomes.any_event();
    let groups = TimeGroups::new(any);
    let n_risk = at_risk(any, &groups);
    let labels = match units.labels() {
        Some(labels) => labels.to_vec(),
        None => (0..any.n_subjects()).collect(),
    };
    let sample = Sample { any, groups, n_risk, units, labels, cause: outcomes.causes() };
    Ok((1..=n_causes).map(|which| sample.incidence(which, level)).collect())
}

/// The sorted sample, shared by all causes.
struct Sample<'a> {
    any: &'a Outcomes,
    groups: TimeGroups,
    n_risk: Vec<f64>,
    units: Units<'a>,
    /// The unit of each subject.
    labels: Vec<usize>,
    cause: &'a [usize],
}

impl Sample<'_> {
    fn incidence(&self, which: usize, level: f64) -> CumulativeIncidence {
        let z = self.units.normal().two_sided(level);
        let mut curve = empty(which, self.groups.len(), level);
        let (mut survival, mut incidence) = (1.0, 0.0);
        let mut spread = Spread::<2>::new(most(&self.labels));
        let mut walk = Walk::new(self.any, &self.labels);
        let weight = |i: usize| self.any.weight(i);
        walk.at_start().for_each(|i| spread.enter(self.labels[i], weight(i)));
        let mut known = Known::new(self.any, self.units);
        let at_first = self.n_risk.first().copied().unwrap_or(0.0);
        curve.upper_before = upper_of_none(known.worth * at_first, level);
        for ((group, &time), &n) in self.groups.iter().zip(self.groups.times()).zip(&self.n_risk) {
            walk.enter_before(time, |i| spread.enter(self.labels[i], weight(i)));
            let (d, own) = (self.any.weigh(group.events), self.own(group, which));
            incidence += survival * own / n;
            let all = is_all(d, n);
            let step = Step::new(n, if all { None } else { Some(d) }, own, survival, incidence);
            spread.step(step.at_risk);
            for i in group.events.iter().map(|&i| i as usize) {
                let own = if self.cause[i] == which { step.own } else { [0.0; 2] };
                let by = [0, 1].map(|k| weight(i) * (step.any[k] + own[k]));
                spread.event(self.labels[i], by);
            }
            let left = |&i: &u32| spread.leave(self.labels[i as usize], weight(i as usize));
            group.all.iter().for_each(left);
            let se = spread.variance([1.0, incidence]).sqrt();
            let shown = incidence.min(1.0); // a sum of shares may pass 1 by rounding
            let factor = if shown > 0.0 { (z * se / shown).exp() } else { 1.0 };
            let none = upper_of_none(known.at(n), level);
            curve.times.push(time);
            curve.n_risk.push(n);
            curve.n_event.push(own);
            curve.incidence.push(shown);
            curve.std_error.push(se);
            curve.lower.push(shown / factor);
            curve.upper.push(if shown > 0.0 { (shown * factor).min(1.0) } else { none });
            known.pass(group.events.iter().map(|&i| weight(i as usize)).sum());
            survival = if all { 0.0 } else { survival * (1.0 - d / n) };
        }
        curve
    }

    fn own(&self, group: TimeGroup<'_>, which: usize) -> f64 {
        let own = group.events.iter().map(|&i| i as usize).filter(|&i| self.cause[i] == which);
        own.map(|i| self.any.weight(i)).sum()
    }
}

/// How many units are known to be without an event of the cause where nobody had one: those at risk
/// and those with another event, or with delayed entry the fewest that were at risk so far.
struct Known {
    /// Units that a weight of 1 is worth.
    worth: f64,
    delayed: bool,
    fewest: f64,
    passed: f64,
}

impl Known {
    fn new(any: &Outcomes, units: Units<'_>) -> Self {
        let worth = units.worth(any);
        Self { worth, delayed: any.entry().is_some(), fewest: f64::INFINITY, passed: 0.0 }
    }

    /// Where `at_risk` are at risk.
    fn at(&mut self, at_risk: f64) -> f64 {
        self.fewest = at_risk.min(self.fewest);
        self.worth * if self.delayed { self.fewest } else { at_risk + self.passed }
    }

    /// Some have had another event.
    fn pass(&mut self, events: f64) {
        self.passed += events;
    }
}

fn empty(cause: usize, rows: usize, level: f64) -> CumulativeIncidence {
    let empty = || Vec::with_capacity(rows);
    CumulativeIncidence {
        cause,
        times: empty(),
        n_risk: empty(),
        n_event: empty(),
        incidence: empty(),
        std_error: empty(),
        lower: empty(),
        upper: empty(),
        level,
        upper_before: 1.0,
    }
}

/// What the events at a time `u` add to the influence `w_i (X_i + F(t) Y_i)` of a subject on
/// `F(t)`: to `X_i` and to `Y_i`.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// For all at risk.
    at_risk: [f64; 2],
    /// For an event of any cause, besides.
    any: [f64; 2],
    /// For an event of this cause, besides.
    own: [f64; 2],
}

impl Step {
    /// Of weight `n` at risk, `d` have an event (`None`: all of them) and `own` one of this
    /// cause; the curve of any event is at `survival` before and the incidence at `incidence`
    /// after.
    fn new(n: f64, d: Option<f64>, own: f64, survival: f64, incidence: f64) -> Self {
        let (hazard, event) = match d {
            // Nobody is left whose risk could change.
            None => (0.0, 0.0),
            Some(d) => (d / (n * (n - d)), 1.0 / (n - d)),
        };
        Self {
            at_risk: [-incidence * hazard - survival * own / (n * n), hazard],
            any: [incidence * event, -event],
            own: [survival / n, 0.0],
        }
    }
}

/// The cumulative incidences of one group.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct GroupIncidence<L> {
    /// What its subjects are labelled with.
    pub label: L,
    /// Its subjects.
    pub n: usize,
    /// One curve for each cause up to the largest in the whole sample.
    pub curves: Vec<CumulativeIncidence>,
}

/// Cumulative incidence of every cause in each group (one label per subject), in order of the
/// labels; compare them by [`gray_test`](crate::gray_test).
///
/// # Errors
/// As [`cumulative_incidence`], and [`Error::LengthMismatch`]. A group without any event is no
/// error where another has one: its curves stay at 0.
///
/// # Examples
/// ```
/// use vertebra_survival::{curves::cumulative_incidence_by_group, CompetingOutcomes};
/// let outcomes = CompetingOutcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![1, 2, 0, 1])?;
/// let by_sex = cumulative_incidence_by_group(&outcomes, &["f", "m", "f", "m"])?;
/// assert_eq!((by_sex[0].label, by_sex[0].curves[0].at(3.5)), ("f", 0.5));
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn cumulative_incidence_by_group<L: Ord + Copy>(
    outcomes: &CompetingOutcomes,
    groups: &[L],
) -> Result<Vec<GroupIncidence<L>>, Error> {
    IncidenceOptions::default().fit_by_group(outcomes, groups)
}
