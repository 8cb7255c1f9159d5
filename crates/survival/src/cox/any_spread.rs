//! The Cox partial likelihood for log hazards of any spread and with entry times.
//!
//! All sums keep their largest exponent apart and nothing is ever subtracted from a sum, so that
//! value and gradient are right however far the log hazards lie apart. Also what each event time
//! adds to the cumulative baseline hazard.

use crate::{
    cox::{
        plain::WIDEST,
        scaled::{Scaled, SumTree},
        ties::{TiedEvents, Ties},
    },
    numeric::ranks::Ranks,
    outcomes::Outcomes,
    risk_sets::{
        entering::Entering,
        time_groups::{TimeGroup, TimeGroups},
    },
};

/// Sets `gradient` and returns the loss, both summed over events.
pub(super) fn likelihood_of_any_spread(
    outcomes: &Outcomes,
    groups: &TimeGroups,
    log_hazard: &[f64],
    ties: Ties,
    gradient: &mut Vec<f64>,
) -> f64 {
    let shares = shares(outcomes, log_hazard);
    let terms = event_terms(outcomes, groups, &shares, ties);
    *gradient = gradient_of(outcomes, groups, &shares, &terms);
    let own = |&i: &u32| outcomes.weight(i as usize) * log_hazard[i as usize];
    let one = |(group, term): (TimeGroup<'_>, &EventTerm)| {
        term.log_risk - group.events.iter().map(own).sum::<f64>()
    };
    groups.iter().zip(&terms).map(one).sum()
}

/// `w exp(h) * (hazard accumulated while at risk) - w * event`, for each subject.
fn gradient_of(
    outcomes: &Outcomes,
    groups: &TimeGroups,
    shares: &[Scaled],
    terms: &[EventTerm],
) -> Vec<f64> {
    let mut gradient = vec![0.0; shares.len()];
    let mut before = AccumulatedHazard::new(outcomes, groups, terms);
    for (g, group) in groups.iter().enumerate() {
        for i in group.events.iter().map(|&i| i as usize) {
            let mut hazard = before.of(i, g);
            hazard.add(terms[g].own_step);
            gradient[i] = shares[i].times(hazard) - outcomes.weight(i);
        }
        before.step(terms[g].step);
        for i in group.censored.iter().map(|&i| i as usize) {
            gradient[i] = shares[i].times(before.of(i, g + 1));
        }
    }
    gradient
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
                entering.leave_from(now, |i| risk_set.set(place(i as u32), Scaled::ZERO));
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
    let weight = outcomes.weigh(events);
    let mut sums = TiedEvents::ALONE;
    if TiedEvents::matter(events.len(), ties) {
        let mut tied = Scaled::ZERO;
        events.iter().for_each(|&i| tied.add(shares[i as usize]));
        sums = TiedEvents::efron(events.len(), tied.times(risk_set.divide(1.0)));
    }
    EventTerm {
        log_risk: weight * (risk_set.ln() + sums.log_left),
        step: risk_set.divide(weight * sums.others),
        own_step: risk_set.divide(weight * sums.own),
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
