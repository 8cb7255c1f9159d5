//! Cumulative incidence under competing risks (Aalen-Johansen).
//!
//! `F_c(t) = sum_{t_k <= t} S(t_k-) d_ck / n_k`, with `S` the curve of any event. Where a
//! competing event (such as death) makes the event impossible, `1 - Kaplan-Meier` of the event
//! alone overstates its probability; `F_c` does not. Standard errors are the infinitesimal
//! jackknife ones.
//!
//! Sources: Aalen & Johansen, *Scand. J. Stat.* 5:141-150, 1978; Putter, Fiocco & Geskus, *Stat.
//! Med.* 26:2389-2430, 2007. Equal to R `survfit()` of a factor status, interval `"log"`, with case
//! weights and delayed entry as well.

use crate::{
    error::Error,
    estimate::Interval,
    numeric::{distributions::Normal, order::argsort},
    outcomes::{
        CompetingOutcomes, Outcomes, check,
        labels::{check_labels, members},
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
    /// Upper bound, cut at 1; 0 before the first event.
    pub upper: Vec<f64>,
    /// Confidence level of the intervals.
    pub level: f64,
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

    /// The pointwise interval at `time`; from 0 to 0 before the first row.
    #[must_use]
    pub fn interval_at(&self, time: f64) -> Interval {
        let bounds = self.row_at(time).map_or((0.0, 0.0), |k| (self.lower[k], self.upper[k]));
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
        Ok(curves(outcomes, outcomes.n_causes(), level))
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
        let one = |subjects: Vec<usize>| GroupIncidence {
            label: groups[subjects[0]],
            n: subjects.len(),
            curves: curves(&outcomes.subset(&subjects), outcomes.n_causes(), level),
        };
        Ok(members(groups).into_iter().map(one).collect())
    }
}

fn curves(outcomes: &CompetingOutcomes, n_causes: usize, level: f64) -> Vec<CumulativeIncidence> {
    let any = outcomes.any_event();
    let groups = TimeGroups::new(any);
    let n_risk = at_risk(any, &groups);
    let by_entry = any.entry().map(argsort).unwrap_or_default();
    let sample = Sample { any, groups, n_risk, by_entry, cause: outcomes.causes() };
    (1..=n_causes).map(|which| sample.incidence(which, level)).collect()
}

/// The sorted sample, shared by all causes.
struct Sample<'a> {
    any: &'a Outcomes,
    groups: TimeGroups,
    n_risk: Vec<f64>,
    /// Subjects by entry time; empty where all are at risk from the start.
    by_entry: Vec<u32>,
    cause: &'a [usize],
}

impl Sample<'_> {
    fn incidence(&self, which: usize, level: f64) -> CumulativeIncidence {
        let z = Normal.two_sided(level);
        let empty = || Vec::with_capacity(self.groups.len());
        let mut curve = CumulativeIncidence {
            cause: which,
            times: empty(),
            n_risk: empty(),
            n_event: empty(),
            incidence: empty(),
            std_error: empty(),
            lower: empty(),
            upper: empty(),
            level,
        };
        let (mut survival, mut incidence) = (1.0, 0.0);
        let mut spread = Spread::new(self.any);
        let mut entering = self.by_entry.iter().peekable();
        for ((group, &time), &n) in self.groups.iter().zip(self.groups.times()).zip(&self.n_risk) {
            while let Some(&i) = entering.next_if(|&&i| self.entry(i) < time) {
                spread.enter(i as usize);
            }
            let (d, own) = (self.any.weigh(group.events), self.own(group, which));
            incidence += survival * own / n;
            let all = d >= n * (1.0 - 1e-12); // weighted sums may differ by rounding
            let step = Step::new(n, if all { None } else { Some(d) }, own, survival, incidence);
            spread.step(group, step, |i| self.cause[i as usize] == which);
            let se = spread.variance(incidence).sqrt();
            let shown = incidence.min(1.0); // a sum of shares may pass 1 by rounding
            let factor = if shown > 0.0 { (z * se / shown).exp() } else { 1.0 };
            curve.times.push(time);
            curve.n_risk.push(n);
            curve.n_event.push(own);
            curve.incidence.push(shown);
            curve.std_error.push(se);
            curve.lower.push(shown / factor);
            curve.upper.push((shown * factor).min(1.0));
            survival = if all { 0.0 } else { survival * (1.0 - d / n) };
        }
        curve
    }

    fn entry(&self, subject: u32) -> f64 {
        self.any.entry().map_or(0.0, |entry| entry[subject as usize])
    }

    fn own(&self, group: TimeGroup<'_>, which: usize) -> f64 {
        let own = group.events.iter().map(|&i| i as usize).filter(|&i| self.cause[i] == which);
        own.map(|i| self.any.weight(i)).sum()
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

/// Sums over all subjects of their squared influence, as time goes on. Those at risk have met the
/// same steps since they entered, so that one sum stands for them all.
#[derive(Debug)]
struct Spread<'a> {
    outcomes: &'a Outcomes,
    /// Sums of the steps for all at risk.
    met: [f64; 2],
    /// The same when a subject entered; empty where all are at risk from the start.
    at_entry: Vec<[f64; 2]>,
    /// Over those at risk, of `w^2` and of `w^2 at_entry`.
    weight: f64,
    entered: [f64; 2],
    /// Over all, of `w^2 X^2`, `w^2 X Y` and `w^2 Y^2`.
    squares: [f64; 3],
}

impl<'a> Spread<'a> {
    fn new(outcomes: &'a Outcomes) -> Self {
        let all = match (outcomes.entry(), outcomes.weights()) {
            (Some(_), _) => 0.0,
            (None, None) => outcomes.n_subjects() as f64,
            (None, Some(weights)) => weights.iter().map(|w| w * w).sum(),
        };
        let at_entry = outcomes.entry().map_or(Vec::new(), |e| vec![[0.0; 2]; e.len()]);
        Self {
            outcomes,
            met: [0.0; 2],
            at_entry,
            weight: all,
            entered: [0.0; 2],
            squares: [0.0; 3],
        }
    }

    fn enter(&mut self, subject: usize) {
        self.at_entry[subject] = self.met;
        self.count(subject, 1.0);
    }

    fn count(&mut self, subject: usize, sign: f64) {
        let square = sign * self.outcomes.weight(subject).powi(2);
        let start = self.at_entry.get(subject).copied().unwrap_or_default();
        self.weight += square;
        (0..2).for_each(|k| self.entered[k] += square * start[k]);
    }

    /// The events at one time, then the subjects whose follow-up ends there.
    fn step(&mut self, group: TimeGroup<'_>, step: Step, is_own: impl Fn(u32) -> bool) {
        let [x, y] = [0, 1].map(|k| self.met[k] * self.weight - self.entered[k]);
        let ([a, b], w) = (step.at_risk, self.weight);
        self.squares[0] += a * (2.0 * x + a * w);
        self.squares[1] += a * y + b * x + a * b * w;
        self.squares[2] += b * (2.0 * y + b * w);
        (0..2).for_each(|k| self.met[k] += step.at_risk[k]);
        for &i in group.events {
            let own = if is_own(i) { step.own } else { [0.0; 2] };
            self.change(i as usize, [0, 1].map(|k| step.any[k] + own[k]));
        }
        group.all.iter().for_each(|&i| self.count(i as usize, -1.0));
    }

    fn change(&mut self, subject: usize, by: [f64; 2]) {
        let start = self.at_entry.get(subject).copied().unwrap_or_default();
        let [x, y] = [0, 1].map(|k| self.met[k] - start[k]);
        let (square, [a, b]) = (self.outcomes.weight(subject).powi(2), by);
        self.squares[0] += square * a * (2.0 * x + a);
        self.squares[1] += square * (a * y + b * x + a * b);
        self.squares[2] += square * b * (2.0 * y + b);
    }

    /// The variance of `F(t)` now.
    fn variance(&self, incidence: f64) -> f64 {
        let [constant, linear, square] = self.squares;
        (constant + incidence * (2.0 * linear + incidence * square)).max(0.0)
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
