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
    partial_likelihood::Stratum,
    plain::PART,
    standardised::{Scaling, Standardised},
    ties::{TiedEvents, Ties},
};
use crate::{
    error::Error,
    numeric::{
        gram::LANES,
        linear::{Matrix, add},
        newton::Local,
    },
    outcomes::{Outcomes, check},
};
use rayon::prelude::*;
use std::{borrow::Cow, sync::OnceLock};
use vertebra_wide::{Loops, widest};

/// What does not change between Newton's steps.
pub(crate) struct Problem<'a> {
    pub(crate) strata: Vec<StratumRows<'a>>,
    pub(crate) ties: Ties,
    n_columns: usize,
}

/// A stratum with its covariates and offset, in its own order of subjects.
pub(crate) struct StratumRows<'a> {
    pub(crate) stratum: Stratum<'a>,
    design: &'a Design,
    scaling: Scaling,
    standardised: OnceLock<Standardised>,
    /// The same in order of time.
    pub(super) in_time: OnceLock<Vec<f64>>,
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

    /// Adds `weight` times [`towards`](Self::towards).
    #[inline]
    pub(super) fn add_towards(&self, factor: f64, weight: f64, sum: &mut [f64]) {
        add(sum, weight, &self.events);
        add(sum, weight * factor, &self.away);
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

impl<'a> Problem<'a> {
    /// From data, with what standardises the covariates that the coefficients belong to.
    pub(super) fn of(
        outcomes: &'a Outcomes,
        design: &'a Design,
        ties: Ties,
    ) -> Result<(Self, Scaling), Error> {
        check::rows("design", design.n_rows(), outcomes)?;
        if outcomes.n_events() == 0 {
            return Err(Error::NoEvents { n: outcomes.n_subjects() });
        }
        let scaling = Scaling::new(design, &|i| outcomes.weight(i))
            .map_err(|column| Error::Constant { column })?;
        let strata = match design.strata() {
            None => vec![Stratum::new(None, Cow::Borrowed(outcomes))],
            Some(strata) => Stratum::several(outcomes, strata),
        };
        let rows = |stratum| StratumRows {
            stratum,
            design,
            scaling: scaling.clone(),
            standardised: OnceLock::new(),
            in_time: OnceLock::new(),
        };
        let strata = strata.into_iter().map(rows).collect();
        Ok((Self { strata, ties, n_columns: design.n_columns() }, scaling))
    }

    pub(super) fn n_columns(&self) -> usize {
        self.n_columns
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
            let Some(walk) = rows.walk(&log_hazard, self.ties) else {
                value += rows.general(&log_hazard, self.ties, (&mut score, &mut information));
                continue;
            };
            drop(log_hazard);
            value += walk.log_likelihood;
            for of_rows in rows.weighted(&walk, &[&|_| 1.0]) {
                add(&mut score, 1.0, &of_rows.score);
                information.add_scaled(1.0, &of_rows.information);
            }
        }
        information.mirror();
        Local { value, score, information, rest: () }
    }
}

impl StratumRows<'_> {
    pub(super) fn n_columns(&self) -> usize {
        self.scaling.sd.len()
    }

    /// The standardised row of a subject of the stratum.
    #[inline(always)]
    pub(super) fn standardised_row(&self, i: usize) -> impl Iterator<Item = f64> {
        self.scaling.standardise(self.design.row(self.subject(i)))
    }

    /// Some columns of it.
    #[inline]
    pub(super) fn standardise(&self, i: usize, columns: &[usize], to: &mut [f64]) {
        let (row, Scaling { mean, per_sd, .. }) = (self.design.row(self.subject(i)), &self.scaling);
        to.iter_mut().zip(columns).for_each(|(to, &j)| *to = (row[j] - mean[j]) * per_sd[j]);
    }

    /// The standardised rows.
    pub(super) fn standardised(&self) -> impl Iterator<Item = impl Iterator<Item = f64>> {
        let n = self.stratum.outcomes.n_subjects();
        (0..n).map(|i| self.standardised_row(i))
    }

    /// Their offsets; nothing without.
    pub(super) fn offsets(&self) -> impl Iterator<Item = f64> {
        let offset = self.design.offset().into_iter();
        offset.flat_map(|of| (0..self.stratum.outcomes.n_subjects()).map(|i| of[self.subject(i)]))
    }

    /// All of them, kept from the first call on.
    pub(crate) fn covariates(&self) -> &Standardised {
        self.standardised.get_or_init(|| {
            let n = self.stratum.outcomes.n_subjects();
            Standardised::by(&self.scaling, (0..n).map(|i| self.design.row(self.subject(i))))
        })
    }

    /// Adds to score and information, and returns the log likelihood, whatever the entry times and
    /// the spread of log hazards.
    fn general(
        &self,
        log_hazard: &[f64],
        ties: Ties,
        (score, information): (&mut Vec<f64>, &mut Matrix),
    ) -> f64 {
        let mut gradient = Vec::new();
        let loss = self.stratum.add(log_hazard, ties, &mut gradient);
        let outcomes = &self.stratum.outcomes;
        for (i, gradient) in gradient.into_iter().enumerate() {
            let row = self.covariates().row(i);
            add(score, -gradient, row);
            let observed = if outcomes.event()[i] { outcomes.weight(i) } else { 0.0 };
            information.add_outer(gradient + observed, row);
        }
        let (_, times) = self.event_times(log_hazard, ties);
        times.iter().for_each(|time| time.add_information(1.0, information));
        -loss
    }

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

    /// `x' b` of each row, and its offset.
    pub(crate) fn log_hazard(&self, b: &[f64]) -> Vec<f64> {
        let coefficients = self.scaling.coefficients(b);
        let mut log_hazard = vec![0.0; self.stratum.outcomes.n_subjects()];
        let parts = log_hazard.par_chunks_mut(PART).enumerate();
        parts.for_each(|(k, to)| {
            widest(Linear { rows: self, first: k * PART, coefficients: &coefficients, to });
        });
        log_hazard
    }

    /// Each subject's share `w exp(h)`, the largest `exp(h)` being 1, and the times with events
    /// from the last to the first.
    pub(crate) fn event_times(&self, log_hazard: &[f64], ties: Ties) -> (Vec<f64>, Vec<EventTime>) {
        let Stratum { outcomes, groups, .. } = &self.stratum;
        let most = log_hazard.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let share = |(i, h): (usize, &f64)| outcomes.weight(i) * (h - most).exp();
        let shares: Vec<f64> = log_hazard.iter().enumerate().map(share).collect();
        let members = Members { outcomes, groups, covariates: self.covariates(), shares: &shares };
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
            own.add(shares[i], self.covariates().row(i));
        }
        let tied = TiedEvents::efron(events.len(), own.zero / risk_set.zero);
        let events = own.mean();
        let away = mean.iter().zip(&events).map(|(m, e)| m - e).collect();
        EventTime { group, weight, step, tied, events, away }
    }
}

/// The log hazards of rows from `first` on.
struct Linear<'a> {
    rows: &'a StratumRows<'a>,
    first: usize,
    coefficients: &'a [f64],
    to: &'a mut [f64],
}

impl Loops for Linear<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let StratumRows { design, scaling, .. } = self.rows;
        let (means, rest_of_means) = scaling.mean.as_chunks::<LANES>();
        let (b, rest_of_b) = self.coefficients.as_chunks::<LANES>();
        for (i, to) in (self.first..).zip(self.to) {
            let subject = self.rows.subject(i);
            let (x, rest) = design.row(subject).as_chunks::<LANES>();
            // Sums beside each other, which do not wait for one another.
            let mut sums = [0.0; LANES];
            for ((x, mean), b) in x.iter().zip(means).zip(b) {
                (0..LANES).for_each(|k| sums[k] += (x[k] - mean[k]) * b[k]);
            }
            let rest = rest.iter().zip(rest_of_means).zip(rest_of_b);
            let mut sum: f64 = rest.map(|((x, mean), b)| (x - mean) * b).sum();
            sum += sums.iter().sum::<f64>();
            *to = sum + design.offset().map_or(0.0, |offset| offset[subject]);
        }
    }
}
