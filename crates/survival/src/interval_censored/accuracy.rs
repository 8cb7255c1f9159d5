//! How well a score ranks subjects whose events are known to an interval.
//!
//! Whether a subject had its event by a time, and which of two came first, is known with some
//! probability. With `w_i = P(T_i <= t | what is known of i, its score)`
//!
//! `AUC(t) = sum_{i != j} w_i (1 - w_j) [M_i > M_j] / sum_{i != j} w_i (1 - w_j)`
//!
//! (cumulative cases and dynamic controls; Li & Ma, *Stat. Med.* 30:1266-1277, 2011; Beyene & El
//! Ghouch, *Biom. J.* 64:1056-1074, 2022), and likewise
//!
//! `C(t) = sum P(T_i < T_j, T_i <= t | ..) [M_i > M_j] / sum P(T_i < T_j, T_i <= t | ..)`;
//!
//! equal scores count half. The probabilities are those of the proportional hazards model
//! ([`IntervalCoxOptions`](super::IntervalCoxOptions)) of the normal scores of the score's ranks,
//! so that both depend on ranks alone, as C and AUC should. Two times within one interval of
//! support of the model count as equal, and are no pair. Where all times are exact up to `t` the
//! probabilities are 0 and 1 and the model does not matter.
//!
//! Standard errors are the standard deviation over bootstrap samples, in each of which the model is
//! fitted anew: that of influence values with the model as known is too small (with 17 events 0.05
//! where 0.064 is right). `docs/VALIDATION.md` of the project says how well intervals cover.

use super::{outcomes::IntervalOutcomes, proportional::IntervalCoxOptions};
use crate::{
    cox::Design,
    error::Error,
    estimate::{Estimate, Pivot, ReferenceDistribution, Scale},
    numeric::{distributions::Normal, order::Order},
    outcomes::{check, labels::members},
    resampling::BootstrapOptions,
};

/// How C and AUC of outcomes known to an interval are computed; 95 % intervals by default.
///
/// # Examples
/// ```
/// use vertebra_survival::interval_censored::{AccuracyOptions, IntervalOutcomes};
/// // Sixty subjects with films every two years, of whom half have an event: earlier at high risk.
/// let visit = |k: usize| 2.0 * k as f64;
/// let (mut left, mut right, mut risk) = (Vec::new(), Vec::new(), Vec::new());
/// for i in 0..60 {
///     let last = 1 + i % 4;
///     left.push(visit(if i % 2 == 0 { last - 1 } else { last }));
///     right.push(if i % 2 == 0 { visit(last) } else { f64::INFINITY });
///     risk.push((i * 7 % 11) as f64 - last as f64 + if i % 2 == 0 { 3.0 } else { 0.0 });
/// }
/// let outcomes = IntervalOutcomes::new(left, right)?;
/// let auc = AccuracyOptions::default().auc_at(&outcomes, &risk, 3.0)?;
/// assert!(auc.estimate.value > 0.6 && auc.estimate.interval.upper < 1.0);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AccuracyOptions {
    level: f64,
    reference: ReferenceDistribution,
    bootstrap: BootstrapOptions,
}

impl Default for AccuracyOptions {
    fn default() -> Self {
        let bootstrap = BootstrapOptions::default().with_replicates(200);
        Self { level: 0.95, reference: ReferenceDistribution::default(), bootstrap }
    }
}

/// C or AUC of outcomes known to an interval.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct IntervalAccuracy {
    /// The figure with its interval.
    pub estimate: Estimate,
    /// Subjects.
    pub n: usize,
    /// Those of them with the event at any time.
    pub events: usize,
    /// Expected number of events by the horizon among all subjects.
    pub cases: f64,
}

impl AccuracyOptions {
    /// Confidence level of the interval.
    #[must_use]
    pub fn with_level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// What the figure divided by its standard error is compared with.
    #[must_use]
    pub fn with_reference(mut self, reference: ReferenceDistribution) -> Self {
        self.reference = reference;
        self
    }

    /// The bootstrap behind the standard error, of 200 samples by default; subjects in one of its
    /// clusters are dependent.
    #[must_use]
    pub fn with_bootstrap(mut self, bootstrap: BootstrapOptions) -> Self {
        self.bootstrap = bootstrap;
        self
    }

    /// Cumulative, dynamic AUC at `horizon` (years).
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::InvalidSetting`],
    /// [`Error::NoEvents`]; [`Error::Undefined`] for a horizon that nobody was followed to, a score
    /// that is constant, or no cases or controls; those of the model;
    /// [`Error::UndefinedReplicates`] where these stop more than one in ten bootstrap samples.
    pub fn auc_at(
        &self,
        outcomes: &IntervalOutcomes,
        risk: &[f64],
        horizon: f64,
    ) -> Result<IntervalAccuracy, Error> {
        self.result(outcomes, risk, |outcomes, risk| auc(outcomes, risk, horizon))
    }

    /// Concordance of the events by `horizon` (years).
    ///
    /// # Errors
    /// As [`auc_at`](Self::auc_at).
    pub fn c(
        &self,
        outcomes: &IntervalOutcomes,
        risk: &[f64],
        horizon: f64,
    ) -> Result<IntervalAccuracy, Error> {
        self.result(outcomes, risk, |outcomes, risk| concordance(outcomes, risk, horizon))
    }

    fn result(
        &self,
        outcomes: &IntervalOutcomes,
        risk: &[f64],
        figure: impl Fn(&IntervalOutcomes, &[f64]) -> Result<Figure, Error> + Sync,
    ) -> Result<IntervalAccuracy, Error> {
        let level = check::level(self.level)?;
        let Figure { value, cases } = figure(outcomes, risk)?;
        let pivot = self.pivot(outcomes)?;
        let drawn = self.bootstrap.draw(outcomes.n_subjects(), |sample| {
            let risk: Vec<f64> = sample.iter().map(|&i| risk[i]).collect();
            Some(figure(&outcomes.subset(sample), &risk).ok()?.value)
        })?;
        Ok(IntervalAccuracy {
            estimate: Estimate::around(value, drawn.std_error(), (pivot, Scale::Logit), level),
            n: outcomes.n_subjects(),
            events: outcomes.n_events(),
            cases,
        })
    }

    /// Student's t with the subjects (clusters) with the event.
    fn pivot(&self, outcomes: &IntervalOutcomes) -> Result<Pivot, Error> {
        let n = outcomes.n_subjects();
        let mut groups = outcomes.n_events();
        let drawing = &self.bootstrap.drawing;
        drawing.check(n)?;
        if let Some(clusters) = &drawing.clusters {
            let seen =
                |cluster: &&Vec<usize>| cluster.iter().any(|&i| outcomes.right()[i].is_finite());
            groups = members(clusters).iter().filter(seen).count();
        }
        match self.reference {
            ReferenceDistribution::Normal => Ok(Pivot::Normal),
            ReferenceDistribution::Student if groups < 2 => Err(Error::Undefined {
                name: "the interval",
                why: "fewer than two subjects have the event",
            }),
            ReferenceDistribution::Student => Ok(Pivot::Student(groups as f64 - 1.0)),
        }
    }
}

/// A figure without its interval.
struct Figure {
    value: f64,
    /// Expected events by the horizon.
    cases: f64,
}

fn auc(outcomes: &IntervalOutcomes, risk: &[f64], horizon: f64) -> Result<Figure, Error> {
    let case = Model::new(outcomes, risk)?.by(horizon)?;
    let mut pairs = Pairs::new(outcomes, risk);
    let control: Vec<f64> = case.iter().map(|w| 1.0 - w).collect();
    pairs.add(&case, &control);
    pairs.figure(&case)
}

fn concordance(outcomes: &IntervalOutcomes, risk: &[f64], horizon: f64) -> Result<Figure, Error> {
    let model = Model::new(outcomes, risk)?;
    let case = model.by(horizon)?;
    let mut pairs = Pairs::new(outcomes, risk);
    let mut before = vec![0.0; risk.len()];
    for end in model.ends(horizon) {
        let by = model.by(end)?;
        let here: Vec<f64> = by.iter().zip(&before).map(|(b, a)| b - a).collect();
        let later: Vec<f64> = by.iter().map(|b| 1.0 - b).collect();
        pairs.add(&here, &later);
        before = by;
    }
    pairs.figure(&case)
}

/// The model of the score that says how likely an event was when.
struct Model {
    rate: Vec<f64>,
    /// Cumulative hazard at the ends of each subject's interval, infinite where it has none.
    known: Vec<(f64, f64)>,
    fit: super::IntervalCox,
}

impl Model {
    fn new(outcomes: &IntervalOutcomes, risk: &[f64]) -> Result<Self, Error> {
        check::finite_values("risk", risk, outcomes.n_subjects())?;
        let scores = normal_scores(risk);
        let design = Design::from_columns(&[&scores])?;
        let fit = IntervalCoxOptions::default().fit(outcomes, &design)?;
        let rate: Vec<f64> =
            scores.iter().map(|s| (fit.coefficients[0] * (s - fit.means[0])).exp()).collect();
        let hazard = |time: f64| match time > fit.until {
            true => f64::INFINITY,
            false => fit.cumulative_hazard_at(time).unwrap_or(f64::INFINITY),
        };
        let known = outcomes.left().iter().zip(outcomes.right());
        let known = known.map(|(&l, &r)| match l == r {
            true => (fit.hazard_before(l), hazard(r)),
            false => (hazard(l), hazard(r)),
        });
        Ok(Self { rate, known: known.collect(), fit })
    }

    /// The probability that each subject had its event by `time`.
    fn by(&self, time: f64) -> Result<Vec<f64>, Error> {
        let now = self.fit.cumulative_hazard_at(time)?;
        let one = |(&e, &(from, to)): (&f64, &(f64, f64))| {
            let now = now.clamp(from, to);
            let beyond = |to: f64| -(e * (from - to)).exp_m1();
            if now >= to { 1.0 } else { beyond(now) / beyond(to) }
        };
        Ok(self.rate.iter().zip(&self.known).map(one).collect())
    }

    /// Where intervals of support end, up to the horizon.
    fn ends(&self, horizon: f64) -> Vec<f64> {
        let mut ends: Vec<f64> =
            self.fit.upper.iter().copied().filter(|&upper| upper < horizon).collect();
        ends.push(horizon);
        ends
    }
}

/// Sums over ordered pairs of different subjects.
struct Pairs<'a> {
    outcomes: &'a IntervalOutcomes,
    /// Runs of equal scores, increasing.
    runs: Vec<Vec<usize>>,
    concordant: f64,
    all: f64,
}

impl<'a> Pairs<'a> {
    fn new(outcomes: &'a IntervalOutcomes, risk: &[f64]) -> Self {
        let order = Order::new(risk);
        let runs = order.runs().map(|run| run.iter().map(|&i| i as usize).collect()).collect();
        Self { outcomes, runs, concordant: 0.0, all: 0.0 }
    }

    /// Adds the pairs in which `i` counts `first[i]` as the one with the event and `j` counts
    /// `second[j]` as the one without.
    fn add(&mut self, first: &[f64], second: &[f64]) {
        let weight = |i: usize| self.outcomes.weight(i);
        let all_second: f64 = second.iter().enumerate().map(|(i, x)| weight(i) * x).sum();
        let mut below = 0.0;
        for run in &self.runs {
            let here: f64 = run.iter().map(|&i| weight(i) * second[i]).sum();
            for &i in run {
                let (own, counts) = (weight(i) * second[i], weight(i) * first[i]);
                self.concordant += counts * (below + 0.5 * (here - own));
                self.all += counts * (all_second - own);
            }
            below += here;
        }
    }

    fn figure(self, case: &[f64]) -> Result<Figure, Error> {
        if self.all <= 0.0 {
            return Err(Error::NoComparablePair { n: case.len() });
        }
        let cases = case.iter().enumerate().map(|(i, w)| self.outcomes.weight(i) * w).sum();
        Ok(Figure { value: self.concordant / self.all, cases })
    }
}

/// The normal quantile of each rank, the middle one of equal scores.
fn normal_scores(risk: &[f64]) -> Vec<f64> {
    let order = Order::new(risk);
    let n = risk.len() as f64;
    let mut scores = vec![0.0; risk.len()];
    let mut below = 0.0;
    for run in order.runs() {
        let rank = below + 0.5 * (run.len() as f64 + 1.0);
        run.iter().for_each(|&i| scores[i as usize] = Normal.quantile(rank / (n + 1.0)));
        below += run.len() as f64;
    }
    scores
}
