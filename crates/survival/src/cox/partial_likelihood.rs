//! The Cox partial likelihood and its exact gradient with respect to the log hazards.
//!
//! With risk sets `R(t) = {j: entry_j < t <= time_j}`, log hazards `h` and case weights `w`, the
//! loss is the negative log partial likelihood divided by the (weighted) number of events. At a
//! time with events `D` it adds
//!
//! - Breslow: `sum_D w_i (ln S - h_i)` with `S = sum_R w_j exp(h_j)`;
//! - Efron: `sum_D -w_i h_i + mean_D(w) sum_{r=0}^{d-1} ln(S - (r/d) E)`, `E = sum_D w_j exp(h_j)`.
//!
//! All sums keep their largest exponent apart and nothing is ever subtracted from a sum, so that
//! value and gradient are right for any spread of `h`.
//!
//! Sources: Breslow, *Biometrics* 30:89-99, 1974; Efron, *JASA* 72:557-565, 1977. Equal to
//! `coxph(.. ~ offset(h))` of R survival 3.8: minus the gradient is the martingale residual.

use crate::{
    cox::{
        plain::{WIDEST, usual_likelihood},
        scaled::{Scaled, SumTree},
    },
    error::Error,
    numeric::ranks::Ranks,
    outcomes::{Outcomes, check, labels::members},
    risk_sets::{
        entering::Entering,
        time_groups::{TimeGroup, TimeGroups},
    },
};

/// How events at equal times share their risk set.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Ties {
    /// Every event sees the whole risk set; the cumulative hazard steps of Breslow's estimator.
    Breslow,
    /// The r-th of d events no longer sees r/d of the events' share; closer to the exact one.
    #[default]
    Efron,
}

/// Value and gradient of the negative log partial likelihood, both per event.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CoxPartialLikelihood {
    /// Negative log partial likelihood divided by the (weighted) number of events.
    pub loss: f64,
    /// Derivative of `loss` with respect to each subject's log hazard, shape `[n]`.
    pub gradient: Vec<f64>,
}

/// Negative log partial likelihood (mean over events) and its gradient, in O(n log n).
///
/// Entry times and case weights of the outcomes are honoured. To evaluate many log hazards on the
/// same outcomes, prepare [`RiskSets`] once.
///
/// # Shapes
/// - `log_hazard`: `[n]`, any finite values
///
/// # Errors
/// [`Error::NoEvents`], [`Error::LengthMismatch`] or [`Error::OutOfDomain`].
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, Ties, cox_partial_likelihood};
/// let outcomes = Outcomes::new(vec![1.0, 2.0], vec![true, false])?;
/// let null = cox_partial_likelihood(&outcomes, &[0.0, 0.0], Ties::Efron)?;
/// assert!((null.loss - 2f64.ln()).abs() < 1e-15);
/// assert_eq!(null.gradient, [-0.5, 0.5]);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn cox_partial_likelihood(
    outcomes: &Outcomes,
    log_hazard: &[f64],
    ties: Ties,
) -> Result<CoxPartialLikelihood, Error> {
    RiskSets::new(outcomes)?.partial_likelihood(log_hazard, ties)
}

/// The gradient of [`cox_partial_likelihood`]'s loss with Efron ties, shape `[n]`, in O(n log n): what a network
/// that puts out log hazards is trained by, without tensors.
///
/// Entry times and case weights of the outcomes are honoured. Minus the gradient times the (weighted) number of
/// events is the martingale residual. For strata, Breslow ties, or many log hazards on the same outcomes:
/// [`RiskSets::gradient_log_hazard`].
///
/// # Shapes
/// - `log_hazard`: `[n]`, any finite values
///
/// # Errors
/// As [`cox_partial_likelihood`].
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, gradient_log_hazard};
/// let outcomes = Outcomes::new(vec![1.0, 2.0], vec![true, false])?;
/// assert_eq!(gradient_log_hazard(&outcomes, &[0.0, 0.0])?, [-0.5, 0.5]);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn gradient_log_hazard(outcomes: &Outcomes, log_hazard: &[f64]) -> Result<Vec<f64>, Error> {
    RiskSets::new(outcomes)?.gradient_log_hazard(log_hazard, Ties::Efron)
}

/// The risk sets of outcomes, sorted once for many evaluations of the partial likelihood.
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, RiskSets, Ties};
/// let outcomes = Outcomes::new(vec![1.0, 2.0, 1.5, 3.0], vec![true; 4])?;
/// let clinics = RiskSets::stratified(&outcomes, &[0, 0, 1, 1])?;
/// let null = clinics.partial_likelihood(&[0.0; 4], Ties::Efron)?;
/// assert!((null.loss - 2.0 * 2f64.ln() / 4.0).abs() < 1e-15);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RiskSets {
    strata: Vec<Stratum>,
    n_subjects: usize,
    /// Weight of all events.
    events: f64,
}

/// The subjects who are compared with each other.
#[derive(Debug, Clone)]
struct Stratum {
    /// Their indices in the whole sample; `None` for all of it.
    subjects: Option<Vec<usize>>,
    outcomes: Outcomes,
    groups: TimeGroups,
}

impl RiskSets {
    /// One risk set at each event time.
    ///
    /// # Errors
    /// [`Error::Empty`] or [`Error::NoEvents`].
    pub fn new(outcomes: &Outcomes) -> Result<Self, Error> {
        check::length("time", outcomes.time(), outcomes)?;
        Self::of(outcomes, vec![Stratum::new(None, outcomes.clone())])
    }

    /// Risk sets within strata, one label per subject, so that each stratum has a baseline hazard
    /// of its own.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::NoEvents`] or [`Error::LengthMismatch`].
    pub fn stratified(outcomes: &Outcomes, strata: &[usize]) -> Result<Self, Error> {
        check::length("strata", strata, outcomes)?;
        let stratum = |subjects: Vec<usize>| {
            let outcomes = outcomes.subset(&subjects);
            Stratum::new(Some(subjects), outcomes)
        };
        Self::of(outcomes, members(strata).into_iter().map(stratum).collect())
    }

    fn of(outcomes: &Outcomes, strata: Vec<Stratum>) -> Result<Self, Error> {
        if outcomes.n_events() == 0 {
            return Err(Error::NoEvents(outcomes.n_subjects()));
        }
        let events = (0..outcomes.n_subjects()).filter(|&i| outcomes.event()[i]);
        let events = events.map(|i| outcomes.weight(i)).sum();
        Ok(Self { strata, n_subjects: outcomes.n_subjects(), events })
    }

    /// As [`cox_partial_likelihood`], in O(n) without entry times.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] or [`Error::OutOfDomain`].
    pub fn partial_likelihood(
        &self,
        log_hazard: &[f64],
        ties: Ties,
    ) -> Result<CoxPartialLikelihood, Error> {
        check::finite_values("log_hazard", log_hazard, self.n_subjects)?;
        let mut total = CoxPartialLikelihood { loss: 0.0, gradient: Vec::new() };
        for stratum in &self.strata {
            let Some(subjects) = &stratum.subjects else {
                total.loss = stratum.add(log_hazard, ties, &mut total.gradient);
                continue;
            };
            let here: Vec<f64> = subjects.iter().map(|&i| log_hazard[i]).collect();
            let mut gradient = Vec::new();
            total.loss += stratum.add(&here, ties, &mut gradient);
            total.gradient.resize(self.n_subjects, 0.0);
            subjects.iter().zip(gradient).for_each(|(&i, g)| total.gradient[i] = g);
        }
        total.loss /= self.events;
        total.gradient.iter_mut().for_each(|g| *g /= self.events);
        if !total.loss.is_finite() {
            let widest = log_hazard.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
            return Err(Error::InvalidSetting("spread of log_hazard", "below 1e300", widest));
        }
        Ok(total)
    }

    /// The gradient of [`partial_likelihood`](Self::partial_likelihood)'s loss alone, shape `[n]`.
    ///
    /// # Errors
    /// As there.
    pub fn gradient_log_hazard(&self, log_hazard: &[f64], ties: Ties) -> Result<Vec<f64>, Error> {
        Ok(self.partial_likelihood(log_hazard, ties)?.gradient)
    }
}

impl Stratum {
    fn new(subjects: Option<Vec<usize>>, outcomes: Outcomes) -> Self {
        let groups = TimeGroups::new(&outcomes);
        Self { subjects, outcomes, groups }
    }

    /// Sets `gradient` and returns the loss, both summed over events.
    fn add(&self, log_hazard: &[f64], ties: Ties, gradient: &mut Vec<f64>) -> f64 {
        let (outcomes, groups) = (&self.outcomes, &self.groups);
        if let Some(loss) = usual_likelihood(outcomes, groups, log_hazard, ties, gradient) {
            return loss;
        }
        self.add_of_any_spread(log_hazard, ties, gradient)
    }

    /// The same for any log hazards and entry times.
    fn add_of_any_spread(&self, log_hazard: &[f64], ties: Ties, gradient: &mut Vec<f64>) -> f64 {
        let shares = shares(&self.outcomes, log_hazard);
        let terms = event_terms(&self.outcomes, &self.groups, &shares, ties);
        *gradient = self.gradient(&shares, &terms);
        let own = |&i: &u32| self.outcomes.weight(i as usize) * log_hazard[i as usize];
        let one = |(group, term): (TimeGroup<'_>, &EventTerm)| {
            term.log_risk - group.events.iter().map(own).sum::<f64>()
        };
        self.groups.iter().zip(&terms).map(one).sum()
    }

    /// `w exp(h) * (hazard accumulated while at risk) - w * event`, for each subject.
    fn gradient(&self, shares: &[Scaled], terms: &[EventTerm]) -> Vec<f64> {
        let mut gradient = vec![0.0; shares.len()];
        let mut before = AccumulatedHazard::new(&self.outcomes, &self.groups, terms);
        for (g, group) in self.groups.iter().enumerate() {
            for &i in group.events {
                let i = i as usize;
                let mut hazard = before.of(i, g);
                hazard.add(terms[g].own_step);
                gradient[i] = shares[i].times(hazard) - self.outcomes.weight(i);
            }
            before.step(terms[g].step);
            for &i in group.censored {
                let i = i as usize;
                gradient[i] = shares[i].times(before.of(i, g + 1));
            }
        }
        gradient
    }
}

/// `w exp(h)`: a subject's share of its risk sets. Where the spread allows, all have one scale, so
/// that each exponential is taken once.
pub(crate) fn shares(outcomes: &Outcomes, log_hazard: &[f64]) -> Vec<Scaled> {
    let most = log_hazard.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let least = log_hazard.iter().copied().fold(f64::INFINITY, f64::min);
    let narrow = most - least < WIDEST;
    let share = |(i, &h): (usize, &f64)| {
        let weight = outcomes.weight(i);
        if narrow {
            Scaled { scale: most, value: weight * (h - most).exp() }
        } else {
            Scaled { scale: h, value: weight }
        }
    };
    log_hazard.iter().enumerate().map(share).collect()
}

/// What the events at one time contribute; zeros at a time without events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventTerm {
    /// `ln S` and Efron's corrections, times the events' weight.
    log_risk: f64,
    /// The hazard step that the risk set beyond the events sees.
    pub(crate) step: Scaled,
    /// The hazard step that the events themselves see.
    own_step: Scaled,
}

pub(crate) fn event_terms(
    outcomes: &Outcomes,
    groups: &TimeGroups,
    shares: &[Scaled],
    ties: Ties,
) -> Vec<EventTerm> {
    let term = |group: TimeGroup<'_>, risk_set: Scaled| {
        event_term(outcomes, group.events, shares, risk_set, ties)
    };
    let mut terms: Vec<EventTerm> = match outcomes.entry() {
        None => {
            let mut risk_set = Scaled::ZERO;
            let walk = groups.iter().rev().map(|group| {
                group.all.iter().for_each(|&i| risk_set.add(shares[i as usize]));
                term(group, risk_set)
            });
            walk.collect()
        }
        Some(entry) => {
            let ranks = Ranks::new(entry);
            let place = |i: u32| ranks.place(i) as usize;
            let mut risk_set = SumTree::new(entry.len());
            let mut entering = Entering::new(outcomes);
            let walk = groups.iter().zip(groups.times()).rev().map(|(group, &now)| {
                group.all.iter().for_each(|&i| risk_set.set(place(i), shares[i as usize]));
                entering.leave_from(now, |i| risk_set.set(place(i), Scaled::ZERO));
                term(group, risk_set.total())
            });
            walk.collect()
        }
    };
    terms.reverse();
    terms
}

fn event_term(
    outcomes: &Outcomes,
    events: &[u32],
    shares: &[Scaled],
    risk_set: Scaled,
    ties: Ties,
) -> EventTerm {
    if events.is_empty() {
        return EventTerm { log_risk: 0.0, step: Scaled::ZERO, own_step: Scaled::ZERO };
    }
    let d = events.len() as f64;
    let weight = outcomes.weigh(events);
    if ties == Ties::Breslow || events.len() == 1 {
        let step = risk_set.divide(weight);
        return EventTerm { log_risk: weight * risk_set.ln(), step, own_step: step };
    }
    let mut tied = Scaled::ZERO;
    events.iter().for_each(|&i| tied.add(shares[i as usize]));
    let fraction = tied.times(risk_set.divide(1.0)).min(1.0);
    let (mut log_left, mut step, mut own_step) = (0.0, 0.0, 0.0);
    for r in 0..events.len() {
        let gone = r as f64 / d;
        let left = 1.0 - gone * fraction;
        log_left += left.ln();
        step += 1.0 / left;
        own_step += (1.0 - gone) / left;
    }
    EventTerm {
        log_risk: weight * risk_set.ln() + weight / d * log_left,
        step: risk_set.divide(weight / d * step),
        own_step: risk_set.divide(weight / d * own_step),
    }
}

/// The cumulative hazard that a subject has met since it entered.
enum AccumulatedHazard<'a> {
    FromStart(Scaled),
    SinceEntry { tree: SumTree, groups: &'a TimeGroups, outcomes: &'a Outcomes },
}

impl<'a> AccumulatedHazard<'a> {
    fn new(outcomes: &'a Outcomes, groups: &'a TimeGroups, terms: &[EventTerm]) -> Self {
        if outcomes.entry().is_none() {
            return Self::FromStart(Scaled::ZERO);
        }
        let mut tree = SumTree::new(terms.len());
        terms.iter().enumerate().for_each(|(g, term)| tree.set(g, term.step));
        Self::SinceEntry { tree, groups, outcomes }
    }

    #[inline]
    fn step(&mut self, step: Scaled) {
        if let (Self::FromStart(sum), true) = (self, step.value > 0.0) {
            sum.add(step);
        }
    }

    /// For `subject`, over the groups before `end`.
    #[inline]
    fn of(&self, subject: usize, end: usize) -> Scaled {
        match self {
            Self::FromStart(sum) => *sum,
            Self::SinceEntry { tree, groups, outcomes } => {
                let entry = outcomes.entry().map_or(0.0, |e| e[subject]);
                tree.range(groups.count_until(entry).min(end), end)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    proptest! {
        #[test]
        fn the_usual_form_is_the_general_one(
            rows in vec((1u8..9, any::<bool>(), -30.0..30.0, 0.5..3.0), 2..60), weigh in any::<bool>()
        ) {
            let event: Vec<bool> = rows.iter().map(|r| r.1).collect();
            prop_assume!(event.contains(&true));
            let time = rows.iter().map(|r| f64::from(r.0)).collect();
            let mut outcomes = Outcomes::new(time, event).unwrap();
            if weigh {
                outcomes = outcomes.with_weights(rows.iter().map(|r| r.3).collect()).unwrap();
            }
            let h: Vec<f64> = rows.iter().map(|r| r.2).collect();
            let stratum = Stratum::new(None, outcomes);
            for ties in [Ties::Breslow, Ties::Efron] {
                let (mut usual, mut general) = (Vec::new(), Vec::new());
                let a = stratum.add(&h, ties, &mut usual);
                let b = stratum.add_of_any_spread(&h, ties, &mut general);
                prop_assert!((a - b).abs() <= 1e-11 * b.abs().max(1.0), "{} {}", a, b);
                for (a, b) in usual.iter().zip(&general) {
                    prop_assert!((a - b).abs() <= 1e-11 * b.abs().max(1.0), "{} {}", a, b);
                }
            }
        }
    }
}
