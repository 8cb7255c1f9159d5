//! The sample of a subdistribution hazard, its partial likelihood and derivatives.
//!
//! At an event time `t` the risk set is `sum_i w_i(t) exp(h_i)`: those followed, and those *gone*
//! after an event of another cause, whose weight `G(t-) H(t-) / (G(t_i-) H(t_i-))` is a product of
//! a factor of the time and one of the subject. The derivatives are those of a Cox model
//! (`cox::derivatives`): with the hazard that each subject has met, the second moments of the risk
//! sets are not needed.

use super::weights::{GAP, observable_before};
use crate::{
    cox::{
        moments::{Members, Moments},
        standardised::Standardised,
    },
    error::Error,
    numeric::{
        linear::{Matrix, add},
        newton::Local,
    },
    outcomes::{Endpoint, Outcomes},
    risk_sets::time_groups::{TimeGroup, TimeGroups},
};

pub(crate) struct Sample<'a> {
    /// Follow-up with an event of any cause as the event.
    pub(crate) any: &'a Outcomes,
    /// Whether the subject had an event of the cause.
    own: Vec<bool>,
    pub(crate) groups: TimeGroups,
    /// `G H` just before each group's time.
    pub(crate) before: Vec<f64>,
    pub(crate) covariates: Standardised,
}

/// What a pass over the sample has found.
#[derive(Debug, Clone)]
pub(crate) struct Pass {
    /// The largest log hazard, taken out of all exponentials.
    pub(crate) most: f64,
    /// `w exp(h - most)` of each subject.
    pub(crate) shares: Vec<f64>,
    /// The times with events of the cause, increasing.
    pub(crate) times: Vec<EventTime>,
}

/// The events of the cause at one time.
#[derive(Debug, Clone)]
pub(crate) struct EventTime {
    pub(crate) group: usize,
    /// Their weight.
    pub(crate) weight: f64,
    /// The step of the baseline hazard on the scale of `most`: `weight` by the sum of the risk set.
    pub(crate) step: f64,
    /// Mean covariates of the risk set.
    pub(crate) mean: Vec<f64>,
}

/// Whether each subject had an event of the kind predicted.
pub(crate) fn own_events(endpoint: &impl Endpoint) -> Vec<bool> {
    let event = endpoint.follow_up().event();
    event.iter().enumerate().map(|(i, &event)| event && endpoint.is_of_interest(i)).collect()
}

impl Pass {
    /// How many event times belong to the groups before `end`.
    pub(crate) fn times_before(&self, end: usize) -> usize {
        self.times.partition_point(|time| time.group < end)
    }
}

impl<'a> Sample<'a> {
    pub(crate) fn new(
        endpoint: &'a impl Endpoint,
        covariates: Standardised,
    ) -> Result<Self, Error> {
        let any = endpoint.follow_up();
        let own = own_events(endpoint);
        if !own.contains(&true) {
            return Err(Error::NoEvents { n: any.n_subjects() });
        }
        let groups = TimeGroups::new(any);
        let before = observable_before(any, &groups);
        let sample = Self { any, own, groups, before, covariates };
        let is_own = |i: &u32| sample.is_own(*i as usize);
        let last = sample.groups.iter().rposition(|group| group.events.iter().any(is_own));
        let earlier = sample.groups.iter().zip(&sample.before).take(last.unwrap_or(0));
        let stuck = |(group, before): (TimeGroup<'_>, &f64)| {
            *before == 0.0 && !group.events.iter().all(is_own)
        };
        if earlier.into_iter().any(stuck) {
            return Err(GAP);
        }
        Ok(sample)
    }

    #[inline]
    pub(crate) fn is_own(&self, i: usize) -> bool {
        self.own[i]
    }

    /// Log likelihood, score and information at coefficients of the standardised covariates.
    pub(crate) fn derivatives(&self, b: &[f64]) -> Local<Pass> {
        let h = self.covariates.linear(b);
        let most = h.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let share = |(i, h): (usize, &f64)| self.any.weight(i) * (h - most).exp();
        let shares: Vec<f64> = h.iter().enumerate().map(share).collect();
        let (times, log_risk) = self.event_times(&shares);
        let pass = Pass { most, shares, times };
        let mut value = -log_risk;
        let mut score = vec![0.0; b.len()];
        let mut information = Matrix::zeros(b.len());
        let expected = self.expected(&pass);
        for (i, expected) in expected.into_iter().enumerate() {
            let observed = if self.is_own(i) { self.any.weight(i) } else { 0.0 };
            value += observed * (h[i] - most);
            add(&mut score, observed - expected, self.covariates.row(i));
            information.add_outer(expected, self.covariates.row(i));
        }
        pass.times.iter().for_each(|time| information.add_outer(-time.weight, &time.mean));
        information.mirror();
        Local { value, score, information, rest: pass }
    }

    /// The event times, and the sum over events of the logarithm of their risk set.
    fn event_times(&self, shares: &[f64]) -> (Vec<EventTime>, f64) {
        let mut followed = self.followed(shares);
        let mut gone = Moments::new(self.covariates.n_columns());
        let (mut times, mut log_risk) = (Vec::with_capacity(followed.len()), 0.0);
        for (g, group) in self.groups.iter().enumerate() {
            if let Some((_, mut risk_set)) = followed.pop_if(|(own, _)| *own == g) {
                let own = group.events.iter().map(|&i| i as usize).filter(|&i| self.is_own(i));
                let weight: f64 = own.map(|i| self.any.weight(i)).sum();
                risk_set.add_all(self.before[g], &gone);
                log_risk += weight * risk_set.zero.ln();
                let (step, mean) = (weight / risk_set.zero, risk_set.mean());
                times.push(EventTime { group: g, weight, step, mean });
            }
            self.leave(g, shares, &mut gone);
        }
        (times, log_risk)
    }

    /// The sums over those followed at the times with events of the cause, from the last.
    fn followed(&self, shares: &[f64]) -> Vec<(usize, Moments)> {
        let (outcomes, groups, covariates) = (self.any, &self.groups, &self.covariates);
        let members = Members { outcomes, groups, covariates, shares };
        let mut followed = Vec::new();
        members.walk_back(|g, group, risk_set| {
            if group.events.iter().any(|&i| self.is_own(i as usize)) {
                followed.push((g, risk_set.clone()));
            }
        });
        followed
    }

    /// Adds to the gone those of group `g` with another event; without a curve there is no event
    /// of the cause after them.
    pub(crate) fn leave(&self, g: usize, shares: &[f64], gone: &mut Moments) {
        if self.before[g] == 0.0 {
            return;
        }
        for i in self.groups.get(g).events.iter().map(|&i| i as usize) {
            if !self.is_own(i) {
                gone.add(shares[i] / self.before[g], self.covariates.row(i));
            }
        }
    }

    /// The weight of events expected of each subject: its share times the hazard it has met, while
    /// followed and gone.
    fn expected(&self, pass: &Pass) -> Vec<f64> {
        let steps = || pass.times.iter().map(|time| time.step);
        let weighted = pass.times.iter().map(|time| self.before[time.group] * time.step);
        let met = cumulated(steps());
        let mut later = cumulated(weighted.rev());
        later.reverse();
        let mut expected = vec![0.0; pass.shares.len()];
        for (g, group) in self.groups.iter().enumerate() {
            let through = pass.times_before(g + 1);
            for i in group.all.iter().map(|&i| i as usize) {
                let mut hazard = met[through] - met[self.entered(i, pass)];
                if self.any.event()[i] && !self.is_own(i) && later[through] > 0.0 {
                    hazard += later[through] / self.before[g];
                }
                expected[i] = pass.shares[i] * hazard;
            }
        }
        expected
    }

    /// How many event times subject `i` had not entered by.
    pub(crate) fn entered(&self, i: usize, pass: &Pass) -> usize {
        let entry = self.any.entry();
        entry.map_or(0, |entry| pass.times_before(self.groups.count_until(entry[i])))
    }
}

/// The sums before each step and after the last.
fn cumulated(steps: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sums = vec![0.0];
    let mut sum = 0.0;
    for step in steps {
        sum += step;
        sums.push(sum);
    }
    sums
}
