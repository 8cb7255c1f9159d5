//! The sandwich covariance of Fine and Gray's coefficients.
//!
//! A subject's influence on the score is its score residual with its weights, and its part in the
//! estimated curves `G` of the censoring and `H` of the entry times.
//!
//! Sources: Fine & Gray, *JASA* 94:496-509, 1999 (`eta_i + psi_i`); Geskus, *Biometrics* 67:39-49,
//! 2011.

use super::sample::{Pass, Sample};
use crate::{
    cox::moments::Moments,
    estimate::Units,
    numeric::{
        linear::{Matrix, add},
        order::argsort,
    },
    risk_sets::at_risk::at_risk,
};

/// The sum over units of the outer products of their weighted influence on the score.
pub(crate) fn meat(sample: &Sample<'_>, pass: &Pass, units: Units<'_>) -> Matrix {
    let hazards = Hazards::new(sample, pass);
    let mut values = residuals(sample, &hazards);
    add_censoring(sample, &hazards, &mut values);
    if let Some(entry) = sample.any.entry() {
        add_entry(sample, entry, &hazards, &mut values);
    }
    let p = sample.covariates.n_columns();
    let mut meat = Matrix::zeros(p);
    let mut sums = vec![Vec::new(); if units.are_clusters() { values.len() } else { 0 }];
    for (i, value) in values.iter().enumerate() {
        let weight = sample.any.weight(i);
        match sums.get_mut(units.unit(i)) {
            None => meat.add_outer(weight.powi(2), value),
            Some(sum) => {
                sum.resize(p, 0.0);
                add(sum, weight, value);
            }
        }
    }
    sums.iter().filter(|sum| !sum.is_empty()).for_each(|sum| meat.add_outer(1.0, sum));
    meat.mirror();
    meat
}

/// Sums over the event times of the hazard's steps, and of these times the mean covariates.
struct Hazards<'a> {
    pass: &'a Pass,
    /// Over the times before each, and all of them, as those followed meet them.
    met: Vec<Moments>,
    /// Over each time and those after it, and none of them, with the factor `G H` that the gone
    /// have.
    later: Vec<Moments>,
}

impl<'a> Hazards<'a> {
    fn new(sample: &Sample<'_>, pass: &'a Pass) -> Self {
        let p = sample.covariates.n_columns();
        let (mut met, mut later) = (vec![Moments::new(p)], vec![Moments::new(p)]);
        let mut sum = Moments::new(p);
        for time in &pass.times {
            sum.add(time.step, &time.mean);
            met.push(sum.clone());
        }
        let mut sum = Moments::new(p);
        for time in pass.times.iter().rev() {
            sum.add(sample.before[time.group] * time.step, &time.mean);
            later.push(sum.clone());
        }
        later.reverse();
        Self { pass, met, later }
    }

    /// `sum (x - mean) w exp(h) dH_0` of the gone over the event times from `through` on.
    fn residual(&self, gone: &Moments, through: usize) -> Vec<f64> {
        let later = &self.later[through];
        gone.one.iter().zip(&later.one).map(|(g, l)| g * later.zero - gone.zero * l).collect()
    }
}

/// Each subject's score residual with its weights, before its case weight.
fn residuals(sample: &Sample<'_>, hazards: &Hazards<'_>) -> Vec<Vec<f64>> {
    let (any, pass) = (sample.any, hazards.pass);
    let mut values = vec![Vec::new(); any.n_subjects()];
    for (g, group) in sample.groups.iter().enumerate() {
        let through = pass.times_before(g + 1);
        for i in group.all.iter().map(|&i| i as usize) {
            let (x, share) = (sample.covariates.row(i), pass.shares[i] / any.weight(i));
            let mut value = vec![0.0; x.len()];
            subtract(&mut value, share, x, &hazards.met[through]);
            subtract(&mut value, -share, x, &hazards.met[sample.entered(i, pass)]);
            if sample.is_own(i) {
                add(&mut value, 1.0, x);
                add(&mut value, -1.0, &pass.times[through - 1].mean);
            } else if any.event()[i] && through < pass.times.len() {
                subtract(&mut value, share / sample.before[g], x, &hazards.later[through]);
            }
            values[i] = value;
        }
    }
    values
}

/// Subtracts `factor * sum (x - mean) dH`.
fn subtract(value: &mut [f64], factor: f64, x: &[f64], hazard: &Moments) {
    add(value, -factor * hazard.zero, x);
    add(value, factor, &hazard.one);
}

/// What a censoring at `u` changes by lowering `G` after it: `q(u)`, the score residuals beyond `u`
/// of those gone before, per subject at risk of being censored.
fn add_censoring(sample: &Sample<'_>, hazards: &Hazards<'_>, values: &mut [Vec<f64>]) {
    let (any, p) = (sample.any, sample.covariates.n_columns());
    let mut gone = Moments::new(p);
    let mut drift = vec![0.0; p];
    let mut drifts = vec![drift.clone()];
    let at_risk = at_risk(any, &sample.groups);
    for ((g, group), at_risk) in sample.groups.iter().enumerate().zip(at_risk) {
        sample.leave(g, &hazards.pass.shares, &mut gone);
        for &i in group.events {
            add(&mut values[i as usize], 1.0, &drift);
        }
        let censored = any.weigh(group.censored);
        if censored > 0.0 {
            let left = at_risk - any.weigh(group.events);
            let q = hazards.residual(&gone, hazards.pass.times_before(g + 1));
            add(&mut drift, -censored / (left * left), &q);
            for &i in group.censored {
                add(&mut values[i as usize], 1.0, &drift);
                add(&mut values[i as usize], 1.0 / left, &q);
            }
        }
        drifts.push(drift.clone());
    }
    for (value, &entry) in values.iter_mut().zip(any.entry().unwrap_or_default()) {
        add(value, -1.0, &drifts[sample.groups.count_until(entry)]);
    }
}

/// What an entry at `u` changes by raising `H` after it, per subject followed just after `u`.
fn add_entry(sample: &Sample<'_>, entry: &[f64], hazards: &Hazards<'_>, values: &mut [Vec<f64>]) {
    let (any, p) = (sample.any, sample.covariates.n_columns());
    let by_entry = argsort(entry);
    let mut gone = Moments::new(p);
    let (mut followed, mut g) = (0.0, 0);
    let mut drift = vec![0.0; p];
    // Entry times, and the drift before each and after the last.
    let (mut times, mut drifts) = (Vec::new(), vec![drift.clone()]);
    for together in by_entry.chunk_by(|&a, &b| entry[a as usize] == entry[b as usize]) {
        let now = entry[together[0] as usize];
        while g < sample.groups.len() && sample.groups.times()[g] <= now {
            sample.leave(g, &hazards.pass.shares, &mut gone);
            followed -= any.weigh(sample.groups.get(g).all);
            g += 1;
        }
        let entering = any.weigh(together);
        followed += entering;
        let q = hazards.residual(&gone, hazards.pass.times_before(g));
        add(&mut drift, entering / (followed * followed), &q);
        for &i in together {
            add(&mut values[i as usize], -1.0 / followed, &q);
        }
        times.push(now);
        drifts.push(drift.clone());
    }
    for ((value, &from), &to) in values.iter_mut().zip(entry).zip(any.time()) {
        let [from, to] = [from, to].map(|time| times.partition_point(|&u| u < time));
        add(value, 1.0, &drifts[to]);
        add(value, -1.0, &drifts[from]);
    }
}
