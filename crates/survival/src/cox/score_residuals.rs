//! Score residuals: what each subject adds to the score.
//!
//! A subject's score residual is `w event (x - M) - share * integral (x - mean) dH` over its time
//! at risk; a tied event is in the risk set of the r-th of `d` of them with the part `1 - r/d`.
//!
//! Source: Therneau & Grambsch, *Modeling Survival Data*, 2000, sections 3.2 and 4.6.

use super::{
    derivatives::{EventTime, StratumRows},
    ties::Ties,
};
use crate::numeric::linear::add;

/// What those at risk have met before each event time, and after the last, on the scale of the
/// stratum's shares.
pub(super) struct Met {
    /// The cumulative hazard.
    pub(super) hazard: Vec<f64>,
    /// The sum of the variances of its steps.
    pub(super) variance: Vec<f64>,
    /// The sum of its steps times the mean covariates of their risk sets.
    pub(super) mean: Vec<Vec<f64>>,
}

impl Met {
    /// From the times with events, in increasing order.
    pub(super) fn new(times: &[EventTime], p: usize) -> Self {
        let (mut hazard, mut variance) = (vec![0.0], vec![0.0]);
        let mut mean = vec![vec![0.0; p]];
        let (mut h, mut v, mut m) = (0.0, 0.0, vec![0.0; p]);
        for time in times {
            let step = time.step * time.tied.others;
            h += step;
            v += time.step * time.step / time.weight * time.tied.others_squared;
            // others * events + others_squared * away
            add(&mut m, step, &time.towards(time.tied.others_squared / time.tied.others));
            hazard.push(h);
            variance.push(v);
            mean.push(m.clone());
        }
        Self { hazard, variance, mean }
    }
}

/// The score residuals of a stratum.
pub(super) struct ScoreResiduals<'a> {
    rows: &'a StratumRows<'a>,
    shares: Vec<f64>,
    times: Vec<EventTime>,
    met: Met,
    /// How many of the times each subject has met, its own event not among them.
    ends: Vec<u32>,
}

impl<'a> ScoreResiduals<'a> {
    /// At the coefficients `b`.
    pub(super) fn new(rows: &'a StratumRows<'a>, b: &[f64], ties: Ties) -> Self {
        let (shares, mut times) = rows.event_times(&rows.log_hazard(b), ties);
        times.reverse();
        let met = Met::new(&times, b.len());
        let mut ends = vec![0; shares.len()];
        let mut so_far = 0;
        for group in rows.stratum.groups.iter() {
            group.events.iter().for_each(|&i| ends[i as usize] = so_far);
            so_far += u32::from(!group.events.is_empty());
            group.censored.iter().for_each(|&i| ends[i as usize] = so_far);
        }
        Self { rows, shares, times, met, ends }
    }

    /// Sets `residual` to that of subject `i` of the stratum, times its case weight.
    pub(super) fn of(&self, i: usize, residual: &mut [f64]) {
        let outcomes = &self.rows.stratum.outcomes;
        let (x, share) = (self.rows.covariates().row(i), self.shares[i]);
        let end = self.ends[i] as usize;
        let mut hazard = self.met.hazard[end];
        residual.fill(0.0);
        add(residual, share, &self.met.mean[end]);
        if outcomes.entry().is_some() {
            let (start, _) = self.rows.met_between(&self.times, i);
            hazard -= self.met.hazard[start];
            add(residual, -share, &self.met.mean[start]);
        }
        if outcomes.event()[i] {
            let (own, weight) = (&self.times[end], outcomes.weight(i));
            let step = own.step * own.tied.own;
            hazard += step;
            own.add_towards(own.tied.own_squared / own.tied.own, share * step, residual);
            own.add_towards(own.tied.others, -weight, residual);
            add(residual, weight, x);
        }
        add(residual, -share * hazard, x);
    }
}
