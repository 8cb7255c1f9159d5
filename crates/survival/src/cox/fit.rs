//! Cox regression on a few covariates: calibration slopes and smooth calibration curves.
//!
//! Newton's method on the partial likelihood with its exact second derivative. The covariates are
//! standardised inside, which bounds the exponentials.

use crate::{
    cox::Ties,
    error::Error,
    numeric::linear::{invert, solve},
    outcomes::{Outcomes, check},
    risk_sets::{entering::Entering, time_groups::TimeGroups},
};

/// Maximum partial likelihood estimates.
#[derive(Debug, Clone)]
pub(crate) struct CoxFit {
    pub(crate) coefficients: Vec<f64>,
    /// Inverse of the observed information.
    pub(crate) covariance: Vec<Vec<f64>>,
}

impl CoxFit {
    /// Fits `covariates`, one column of `[n]` each.
    ///
    /// # Errors
    /// [`Error::NoEvents`], and [`Error::Undefined`] for `name` where a covariate is the same for all or no
    /// finite coefficients fit best.
    pub(crate) fn new(
        name: &'static str,
        outcomes: &Outcomes,
        covariates: &[Vec<f64>],
        ties: Ties,
    ) -> Result<Self, Error> {
        check::length("time", outcomes.time(), outcomes)?;
        if outcomes.n_events() == 0 {
            return Err(Error::NoEvents(outcomes.n_subjects()));
        }
        let columns: Vec<Column> = covariates.iter().map(|x| Column::new(x)).collect();
        if columns.iter().any(Column::is_flat) {
            return Err(Error::Undefined(name, "a covariate is the same for all"));
        }
        let sample = Sample { outcomes, groups: TimeGroups::new(outcomes), columns, ties };
        let (b, information) =
            sample.maximum().ok_or(Error::Undefined(name, "no finite coefficients fit best"))?;
        let inverse = invert(information)
            .ok_or(Error::Undefined(name, "the covariates determine each other"))?;
        let sd = |k: usize| sample.columns[k].sd;
        let row = |j: usize| (0..b.len()).map(|k| inverse[j][k] / (sd(j) * sd(k))).collect();
        Ok(Self {
            coefficients: b.iter().enumerate().map(|(k, b)| b / sd(k)).collect(),
            covariance: (0..b.len()).map(row).collect(),
        })
    }

    pub(crate) fn std_error(&self, coefficient: usize) -> f64 {
        self.covariance[coefficient][coefficient].sqrt()
    }
}

/// A covariate with mean 0 and standard deviation 1, and those it had.
pub(crate) struct Column {
    pub(crate) values: Vec<f64>,
    pub(crate) mean: f64,
    pub(crate) sd: f64,
}

impl Column {
    pub(crate) fn new(x: &[f64]) -> Self {
        let n = x.len() as f64;
        let mean = x.iter().sum::<f64>() / n;
        let sd = (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        let sd = if sd <= 1e-12 * mean.abs() { 0.0 } else { sd };
        Self { values: x.iter().map(|v| (v - mean) / sd).collect(), mean, sd }
    }

    /// Whether all subjects have the same value; `values` then mean nothing.
    pub(crate) fn is_flat(&self) -> bool {
        self.sd == 0.0
    }
}

struct Sample<'a> {
    outcomes: &'a Outcomes,
    groups: TimeGroups,
    columns: Vec<Column>,
    ties: Ties,
}

/// Log likelihood, its gradient and its negative second derivative.
struct Derivatives {
    value: f64,
    score: Vec<f64>,
    information: Vec<Vec<f64>>,
}

/// `sum w exp(h)` over a risk set, with its first and second moments of the covariates.
#[derive(Clone)]
struct Moments {
    zero: f64,
    one: Vec<f64>,
    two: Vec<Vec<f64>>,
}

impl Moments {
    fn new(p: usize) -> Self {
        Self { zero: 0.0, one: vec![0.0; p], two: vec![vec![0.0; p]; p] }
    }

    fn add(&mut self, share: f64, x: impl Fn(usize) -> f64) {
        self.zero += share;
        for j in 0..self.one.len() {
            self.one[j] += share * x(j);
            for k in 0..=j {
                self.two[j][k] += share * x(j) * x(k);
            }
        }
    }
}

impl Sample<'_> {
    fn maximum(&self) -> Option<(Vec<f64>, Vec<Vec<f64>>)> {
        let p = self.columns.len();
        let mut b = vec![0.0; p];
        let mut at = self.derivatives(&b);
        for _ in 0..50 {
            if (0..p).any(|k| at.information[k][k] <= 1e-9) {
                return None;
            }
            let step = solve(at.information.clone(), at.score.clone())?;
            let small = |(s, b): (&f64, &f64)| s.abs() <= 1e-10 * (1.0 + b.abs());
            let close = step.iter().zip(&b).all(small);
            let mut share = 1.0;
            let next = loop {
                let moved: Vec<f64> = b.iter().zip(&step).map(|(b, s)| b + share * s).collect();
                let there = self.derivatives(&moved);
                if there.value >= at.value - 1e-10 * (1.0 + at.value.abs()) {
                    break Some((moved, there));
                }
                share /= 2.0;
                if share < 1e-9 {
                    break None;
                }
            };
            (b, at) = next?;
            if close {
                return Some((b, at.information));
            }
            if b.iter().any(|b| !b.is_finite() || b.abs() > 200.0) {
                return None;
            }
        }
        None
    }

    fn derivatives(&self, b: &[f64]) -> Derivatives {
        let p = b.len();
        let x = |i: usize, k: usize| self.columns[k].values[i];
        let h: Vec<f64> =
            (0..self.outcomes.n_subjects()).map(|i| (0..p).map(|k| b[k] * x(i, k)).sum()).collect();
        let most = h.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let share = |i: usize| self.outcomes.weight(i) * (h[i] - most).exp();
        let mut total =
            Derivatives { value: 0.0, score: vec![0.0; p], information: vec![vec![0.0; p]; p] };
        let mut risk_set = Moments::new(p);
        let mut entering = Entering::new(self.outcomes);
        for (group, &now) in self.groups.iter().zip(self.groups.times()).rev() {
            for &i in group.all {
                risk_set.add(share(i as usize), |k| x(i as usize, k));
            }
            entering.leave_from(now, |i| risk_set.add(-share(i as usize), |k| x(i as usize, k)));
            if group.events.is_empty() {
                continue;
            }
            let mut tied = Moments::new(p);
            for &i in group.events {
                let i = i as usize;
                tied.add(share(i), |k| x(i, k));
                total.value += self.outcomes.weight(i) * (h[i] - most);
                (0..p).for_each(|k| total.score[k] += self.outcomes.weight(i) * x(i, k));
            }
            let d = group.events.len();
            let weight = self.outcomes.weigh(group.events) / d as f64;
            for r in 0..d {
                let gone = if self.ties == Ties::Efron { r as f64 / d as f64 } else { 0.0 };
                total.subtract(weight, &risk_set, &tied, gone);
            }
        }
        for j in 0..p {
            for k in 0..j {
                total.information[k][j] = total.information[j][k];
            }
        }
        total
    }
}

impl Derivatives {
    /// One event's risk set, less the share `gone` of those tied with it.
    fn subtract(&mut self, weight: f64, risk_set: &Moments, tied: &Moments, gone: f64) {
        let zero = risk_set.zero - gone * tied.zero;
        self.value -= weight * zero.ln();
        let mean: Vec<f64> =
            risk_set.one.iter().zip(&tied.one).map(|(a, t)| (a - gone * t) / zero).collect();
        for j in 0..mean.len() {
            self.score[j] -= weight * mean[j];
            for k in 0..=j {
                let two = (risk_set.two[j][k] - gone * tied.two[j][k]) / zero;
                self.information[j][k] += weight * (two - mean[j] * mean[k]);
            }
        }
    }
}
