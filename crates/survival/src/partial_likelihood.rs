//! The Cox partial likelihood and its exact gradient with respect to the log hazards.
//!
//! With risk sets `R(t) = {j: entry_j < t <= time_j}`, log hazards `h` and case weights `w`, the
//! loss is the negative log partial likelihood divided by the (weighted) number of events. At a
//! time with events `D` it adds
//!
//! - Breslow: `sum_D w_i (ln S - h_i)` with `S = sum_R w_j exp(h_j)`;
//! - Efron: `sum_D -w_i h_i + mean_D(w) sum_{r=0}^{d-1} ln(S - (r/d) E)`, `E = sum_D w_j exp(h_j)`.
//!
//! All sums are kept as logarithms with their largest exponent taken out, and nothing is ever
//! subtracted from a sum, so that value and gradient are right for any spread of `h`.
//!
//! Sources: Breslow, *Biometrics* 30:89-99, 1974; Efron, *JASA* 72:557-565, 1977. Equal to
//! `coxph(.. ~ offset(h))` of R survival 3.8: minus the gradient is the martingale residual.

use crate::{
    Error, Outcomes, check,
    entering::Entering,
    log_sum::{LogSum, LogSumTree},
    ranks::Ranks,
    time_groups::{TimeGroup, TimeGroups},
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
/// Entry times and case weights of the outcomes are honoured.
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
    check::finite("log_hazard", log_hazard, outcomes)?;
    if outcomes.n_events() == 0 {
        return Err(Error::NoEvents(outcomes.n_subjects()));
    }
    let groups = TimeGroups::new(outcomes);
    let shares = log_shares(outcomes, log_hazard);
    let terms = event_terms(outcomes, &groups, &shares, ties);
    let total: f64 = (0..outcomes.n_subjects())
        .filter(|&i| outcomes.event()[i])
        .map(|i| outcomes.weight(i))
        .sum();
    let loss = loss(outcomes, log_hazard, &groups, &terms) / total;
    if !loss.is_finite() {
        let widest = log_hazard.iter().copied().fold(0.0, |a: f64, b| a.max(b.abs()));
        return Err(Error::InvalidSetting("spread of log_hazard", "below 1e300", widest));
    }
    let gradient = gradient(outcomes, &groups, &shares, &terms);
    Ok(CoxPartialLikelihood { loss, gradient: gradient.into_iter().map(|g| g / total).collect() })
}

/// What the events at one time contribute; `-inf` and 0 at a time without events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventTerm {
    /// `ln S` and Efron's corrections, times the events' weight.
    pub(crate) log_risk: f64,
    /// Logarithm of the hazard step that the risk set beyond the events sees.
    pub(crate) log_step: f64,
    /// Logarithm of the hazard step that the events themselves see.
    pub(crate) log_own_step: f64,
}

/// `h + ln w`: the logarithm of a subject's share of its risk sets.
pub(crate) fn log_shares(outcomes: &Outcomes, log_hazard: &[f64]) -> Vec<f64> {
    match outcomes.weights() {
        None => log_hazard.to_vec(),
        Some(w) => log_hazard.iter().zip(w).map(|(h, w)| h + w.ln()).collect(),
    }
}

pub(crate) fn event_terms(
    outcomes: &Outcomes,
    groups: &TimeGroups,
    shares: &[f64],
    ties: Ties,
) -> Vec<EventTerm> {
    let term = |group: TimeGroup<'_>, log_risk_set: f64| {
        event_term(outcomes, group.events, shares, log_risk_set, ties)
    };
    let mut terms: Vec<EventTerm> = match outcomes.entry() {
        None => {
            let mut risk_set = LogSum::EMPTY;
            groups
                .iter()
                .rev()
                .map(|group| {
                    group.all.iter().for_each(|&i| risk_set.add(shares[i as usize]));
                    term(group, risk_set.ln())
                })
                .collect()
        }
        Some(entry) => {
            let place = Ranks::new(entry);
            let mut risk_set = LogSumTree::new(entry.len());
            let mut entering = Entering::new(outcomes);
            groups
                .iter()
                .rev()
                .map(|group| {
                    for &i in group.all {
                        risk_set.set(place.place(i) as usize, LogSum::of(shares[i as usize]));
                    }
                    let now = outcomes.time()[group.all[0] as usize];
                    entering
                        .leave_from(now, |i| risk_set.set(place.place(i) as usize, LogSum::EMPTY));
                    term(group, risk_set.total().ln())
                })
                .collect()
        }
    };
    terms.reverse();
    terms
}

fn event_term(
    outcomes: &Outcomes,
    events: &[u32],
    shares: &[f64],
    log_risk_set: f64,
    ties: Ties,
) -> EventTerm {
    if events.is_empty() {
        let none = f64::NEG_INFINITY;
        return EventTerm { log_risk: 0.0, log_step: none, log_own_step: none };
    }
    let d = events.len() as f64;
    let weight: f64 = events.iter().map(|&i| outcomes.weight(i as usize)).sum();
    if ties == Ties::Breslow || events.len() == 1 {
        let step = weight.ln() - log_risk_set;
        return EventTerm { log_risk: weight * log_risk_set, log_step: step, log_own_step: step };
    }
    let mut tied = LogSum::EMPTY;
    events.iter().for_each(|&i| tied.add(shares[i as usize]));
    let fraction = (tied.ln() - log_risk_set).exp().min(1.0);
    let (mut log_left, mut step, mut own_step) = (0.0, 0.0, 0.0);
    for r in 0..events.len() {
        let gone = r as f64 / d;
        let left = 1.0 - gone * fraction;
        log_left += left.ln();
        step += 1.0 / left;
        own_step += (1.0 - gone) / left;
    }
    let log_mean_weight = (weight / d).ln();
    EventTerm {
        log_risk: weight * log_risk_set + weight / d * log_left,
        log_step: log_mean_weight + step.ln() - log_risk_set,
        log_own_step: log_mean_weight + own_step.ln() - log_risk_set,
    }
}

fn loss(outcomes: &Outcomes, log_hazard: &[f64], groups: &TimeGroups, terms: &[EventTerm]) -> f64 {
    let own = |&i: &u32| outcomes.weight(i as usize) * log_hazard[i as usize];
    let one = |(group, term): (TimeGroup<'_>, &EventTerm)| {
        term.log_risk - group.events.iter().map(own).sum::<f64>()
    };
    groups.iter().zip(terms).map(one).sum()
}

/// `w exp(h) * (hazard accumulated while at risk) - w * event`, for each subject.
fn gradient(
    outcomes: &Outcomes,
    groups: &TimeGroups,
    shares: &[f64],
    terms: &[EventTerm],
) -> Vec<f64> {
    let mut gradient = vec![0.0; shares.len()];
    let mut before = AccumulatedHazard::new(outcomes, groups, terms);
    for (g, group) in groups.iter().enumerate() {
        for &i in group.events {
            let i = i as usize;
            let mut hazard = before.of(i, g);
            hazard.add(terms[g].log_own_step);
            gradient[i] = (shares[i] + hazard.ln()).exp() - outcomes.weight(i);
        }
        before.step(terms[g].log_step);
        for &i in group.censored {
            let i = i as usize;
            gradient[i] = (shares[i] + before.of(i, g + 1).ln()).exp();
        }
    }
    gradient
}

/// The cumulative hazard that a subject has met since it entered.
enum AccumulatedHazard<'a> {
    FromStart(LogSum),
    SinceEntry { tree: LogSumTree, groups: &'a TimeGroups, outcomes: &'a Outcomes },
}

impl<'a> AccumulatedHazard<'a> {
    fn new(outcomes: &'a Outcomes, groups: &'a TimeGroups, terms: &[EventTerm]) -> Self {
        if outcomes.entry().is_none() {
            return Self::FromStart(LogSum::EMPTY);
        }
        let mut tree = LogSumTree::new(terms.len());
        for (g, term) in terms.iter().enumerate() {
            if term.log_step > f64::NEG_INFINITY {
                tree.set(g, LogSum::of(term.log_step));
            }
        }
        Self::SinceEntry { tree, groups, outcomes }
    }

    fn step(&mut self, log_step: f64) {
        if let (Self::FromStart(sum), true) = (self, log_step > f64::NEG_INFINITY) {
            sum.add(log_step);
        }
    }

    /// For `subject`, over the groups before `end`.
    fn of(&self, subject: usize, end: usize) -> LogSum {
        match self {
            Self::FromStart(sum) => *sum,
            Self::SinceEntry { tree, groups, outcomes } => {
                let entry = outcomes.entry().map_or(0.0, |e| e[subject]);
                tree.range(groups.count_until(outcomes, entry).min(end), end)
            }
        }
    }
}
