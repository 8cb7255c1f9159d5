//! The log partial likelihood with its first two derivatives in the coefficients of covariates.
//!
//! By the chain rule from the derivatives in the log hazards. With `e_i` the events expected of
//! subject `i` (its share `w exp(h)` times the hazard it has met) and `M`, `C` the mean and the
//! spread over tied events of the mean covariates of their risk sets, at times with events of
//! weight `v`:
//!
//! - score `= sum_i x_i (w_i event_i - e_i)`, the martingale residuals;
//! - information `= sum_i e_i x_i x_i' - sum v (M M' + C)`,
//!
//! so that a pass costs O(n p) for the risk sets and one weighted cross product, and entry times
//! cost nothing more. With `m` the mean covariates of the whole risk set, `e` those of the events
//! and `left = 1 - g f` as in [`TiedEvents`], the r-th of tied events sees the mean
//! `e + (m - e) / left`.
//!
//! Sources: Cox, *JRSS B* 34:187-220, 1972; Efron, *JASA* 72:557-565, 1977.

use super::{
    design::Design,
    exact,
    moments::{Members, Moments},
    partial_likelihood::{RiskSets, Stratum},
    standardised::Standardised,
    ties::{TiedEvents, Ties},
};
use crate::{
    error::Error,
    numeric::{
        linear::{Matrix, add},
        newton::Local,
    },
    outcomes::{Outcomes, check},
};

/// What does not change between Newton's steps.
pub(crate) struct Problem {
    pub(crate) strata: Vec<StratumRows>,
    pub(crate) ties: Ties,
    n_columns: usize,
}

/// A stratum with its covariates and offset, in its own order of subjects.
pub(crate) struct StratumRows {
    pub(crate) stratum: Stratum,
    pub(crate) covariates: Standardised,
    offset: Option<Vec<f64>>,
}

/// What the events at one time add.
pub(crate) struct EventTime {
    pub(crate) group: usize,
    /// Weight of the events.
    pub(crate) weight: f64,
    /// `weight` by the sum of their risk set, on the stratum's scale.
    pub(crate) step: f64,
    pub(crate) tied: TiedEvents,
    /// Mean covariates of the events; of the risk set where ties do not matter.
    events: Vec<f64>,
    /// By how much those of the risk set differ from these; empty where ties do not matter.
    away: Vec<f64>,
}

impl EventTime {
    /// `events + factor * away`.
    pub(crate) fn towards(&self, factor: f64) -> Vec<f64> {
        let mut mean = self.events.clone();
        add(&mut mean, factor, &self.away);
        mean
    }

    /// The mean, over tied events, of the mean covariates of their risk sets.
    pub(crate) fn mean(&self) -> Vec<f64> {
        self.towards(self.tied.others)
    }

    /// Adds `-factor v (M M' + C)`.
    pub(super) fn add_information(&self, factor: f64, information: &mut Matrix) {
        let weight = factor * self.weight;
        if self.away.is_empty() {
            return information.add_outer(-weight, &self.events);
        }
        information.add_outer(-weight, &self.mean());
        let spread = self.tied.others_squared - self.tied.others.powi(2);
        if spread > 0.0 {
            information.add_outer(-weight * spread, &self.away);
        }
    }
}

impl Problem {
    /// From data, with the standardised covariates that the coefficients belong to.
    pub(super) fn of(
        outcomes: &Outcomes,
        design: &Design,
        ties: Ties,
    ) -> Result<(Self, Standardised), Error> {
        check::rows("design", design.n_rows(), outcomes)?;
        let risk_sets = match design.strata() {
            None => RiskSets::new(outcomes)?,
            Some(strata) => RiskSets::stratified(outcomes, strata)?,
        };
        let standardised =
            Standardised::new(design, outcomes).map_err(|column| Error::Constant { column })?;
        Ok((Self::new(risk_sets, &standardised, design.offset(), ties), standardised))
    }

    pub(crate) fn new(
        risk_sets: RiskSets,
        covariates: &Standardised,
        offset: Option<&[f64]>,
        ties: Ties,
    ) -> Self {
        let n_columns = covariates.n_columns();
        let rows = |stratum: Stratum| {
            let (covariates, offset) = match &stratum.subjects {
                None => (covariates.clone(), offset.map(<[f64]>::to_vec)),
                Some(subjects) => (
                    covariates.subset(subjects),
                    offset.map(|offset| subjects.iter().map(|&i| offset[i]).collect()),
                ),
            };
            StratumRows { stratum, covariates, offset }
        };
        Self { strata: risk_sets.strata.into_iter().map(rows).collect(), ties, n_columns }
    }

    /// Log likelihood, score and information at coefficients of the standardised covariates.
    pub(crate) fn derivatives(&self, b: &[f64]) -> Local {
        if self.ties == Ties::Exact {
            return exact::derivatives(&self.strata, b);
        }
        let p = self.n_columns;
        let (mut score, mut information) = (vec![0.0; p], Matrix::zeros(p));
        let mut value = 0.0;
        for rows in &self.strata {
            let log_hazard = rows.log_hazard(b);
            let mut gradient = Vec::new();
            value -= rows.stratum.add(&log_hazard, self.ties, &mut gradient);
            let outcomes = &rows.stratum.outcomes;
            for (i, gradient) in gradient.into_iter().enumerate() {
                let row = rows.covariates.row(i);
                add(&mut score, -gradient, row);
                let observed = if outcomes.event()[i] { outcomes.weight(i) } else { 0.0 };
                information.add_outer(gradient + observed, row);
            }
            let (_, times) = rows.event_times(&log_hazard, self.ties);
            times.iter().for_each(|time| time.add_information(1.0, &mut information));
        }
        information.mirror();
        Local { value, score, information, rest: () }
    }
}

impl StratumRows {
    /// The index in the whole sample of subject `i` of the stratum.
    pub(super) fn subject(&self, i: usize) -> usize {
        self.stratum.subjects.as_ref().map_or(i, |subjects| subjects[i])
    }

    /// Which of the event `times` subject `i` was at risk at: from the first to before the second,
    /// its own event not among them (it is then at the second).
    pub(super) fn met_between(&self, times: &[EventTime], i: usize) -> (usize, usize) {
        let Stratum { outcomes, groups, .. } = &self.stratum;
        let until = |t: f64| {
            let passed = groups.count_until(t);
            times.partition_point(|time| time.group < passed)
        };
        let start = outcomes.entry().map_or(0, |entry| until(entry[i]));
        (start, until(outcomes.time()[i]) - usize::from(outcomes.event()[i]))
    }

    pub(crate) fn log_hazard(&self, b: &[f64]) -> Vec<f64> {
        let mut linear = self.covariates.linear(b);
        if let Some(offset) = &self.offset {
            add(&mut linear, 1.0, offset);
        }
        linear
    }

    /// Each subject's share `w exp(h)`, the largest `exp(h)` being 1, and the times with events
    /// from the last to the first.
    pub(crate) fn event_times(&self, log_hazard: &[f64], ties: Ties) -> (Vec<f64>, Vec<EventTime>) {
        let Stratum { outcomes, groups, .. } = &self.stratum;
        let most = log_hazard.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let share = |(i, h): (usize, &f64)| outcomes.weight(i) * (h - most).exp();
        let shares: Vec<f64> = log_hazard.iter().enumerate().map(share).collect();
        let members = Members { outcomes, groups, covariates: &self.covariates, shares: &shares };
        let mut times = Vec::new();
        members.walk_back(|g, group, risk_set| {
            if !group.events.is_empty() {
                let weight = outcomes.weigh(group.events);
                times.push(self.event_time((g, weight), group.events, risk_set, &shares, ties));
            }
        });
        (shares, times)
    }

    fn event_time(
        &self,
        (group, weight): (usize, f64),
        events: &[u32],
        risk_set: &Moments,
        shares: &[f64],
        ties: Ties,
    ) -> EventTime {
        let (step, mean) = (weight / risk_set.zero, risk_set.mean());
        if !TiedEvents::matter(events.len(), ties) {
            let (tied, away) = (TiedEvents::ALONE, Vec::new());
            return EventTime { group, weight, step, tied, events: mean, away };
        }
        let mut own = Moments::new(mean.len());
        for i in events.iter().map(|&i| i as usize) {
            own.add(shares[i], self.covariates.row(i));
        }
        let tied = TiedEvents::efron(events.len(), own.zero / risk_set.zero);
        let events = own.mean();
        let away = mean.iter().zip(&events).map(|(m, e)| m - e).collect();
        EventTime { group, weight, step, tied, events, away }
    }
}
