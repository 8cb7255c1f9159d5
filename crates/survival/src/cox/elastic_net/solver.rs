//! The maximum at one penalty.
//!
//! Near coefficients `b` the log likelihood is bounded below by a quadratic with the curvature
//! `X'EX` of covariates centred at their mean over the expected events `E`: the information is the
//! sum over event times of covariances, which a common centre can only enlarge. That quadratic,
//! with the penalty, is maximised one coefficient after another; then the likelihood is looked at
//! again. The curvature is kept, from one penalty to the next too, while steps shrink quickly; it
//! learns from each step, and is extended by the coefficients that join. What it has learnt may no
//! longer bound: a step that does not raise the objective is halved, and the next one starts from
//! the bound again.
//!
//! Only coefficients that are not 0, and those that the last penalty's score lets expect to become
//! so, are watched; the others are looked at when these have settled (Tibshirani et al., *JRSS B*
//! 74:245-266, 2012).

use super::{
    columns::Columns,
    curvature::{Curvature, Sweep},
};
use crate::{cox::derivatives::Problem, error::Error};
use vertebra_wide::widest;

const MAX_STEPS: usize = 500;
/// Coefficients of standardised covariates have settled when none would move by more.
pub(super) const SETTLED: f64 = 1e-9;
/// A step that is longer than this share of the one before asks for a new curvature, where the one
/// at hand has learnt from so many steps in vain.
const SLOW: f64 = 0.2;
const PATIENCE: usize = 10;
const MAX_HALVINGS: usize = 20;

pub(super) struct Solver<'a> {
    problem: &'a Problem<'a>,
    columns: Columns,
    n: f64,
    mixing: f64,
    /// The last penalty, of which `here` is the maximum.
    last: f64,
    here: At,
    kept: Option<Curvature>,
}

/// The likelihood at coefficients.
#[derive(Default)]
pub(super) struct At {
    log_likelihood: f64,
    /// Divided by `n`; of the columns watched.
    score: Vec<f64>,
    /// Derivatives in the log hazards of the rows, stratum by stratum.
    gradient: Vec<f64>,
}

impl<'a> Solver<'a> {
    /// At the least penalty at which all coefficients are 0.
    pub(super) fn new(problem: &'a Problem<'a>, n: f64, mixing: f64) -> Self {
        let columns = Columns::new(problem);
        let all: Vec<usize> = (0..columns.len()).collect();
        let mut solver =
            Self { problem, columns, n, mixing, last: 0.0, here: At::default(), kept: None };
        solver.here = solver.at(&vec![0.0; all.len()], &all);
        let score = solver.here.score.iter();
        solver.last = score.fold(0.0, |most: f64, s| most.max(s.abs())) / mixing;
        solver
    }

    pub(super) fn penalty(&self) -> f64 {
        self.last
    }

    pub(super) fn log_likelihood(&self) -> f64 {
        self.here.log_likelihood
    }

    fn at(&self, b: &[f64], watched: &[usize]) -> At {
        let log_hazard = self.columns.log_hazard(b);
        let mut at = At { log_likelihood: 0.0, score: vec![0.0; b.len()], gradient: Vec::new() };
        let mut start = 0;
        for rows in &self.problem.strata {
            let end = start + rows.stratum.outcomes.n_subjects();
            let mut gradient = Vec::new();
            at.log_likelihood -=
                rows.stratum.add(&log_hazard[start..end], self.problem.ties, &mut gradient);
            at.gradient.append(&mut gradient);
            start = end;
        }
        self.score(&mut at, watched);
        at
    }

    fn score(&self, at: &mut At, watched: &[usize]) {
        for (&j, product) in watched.iter().zip(self.columns.products(watched, &at.gradient)) {
            at.score[j] = -product / self.n;
        }
    }

    /// Moves `b` to the maximum.
    pub(super) fn solve(&mut self, b: &mut Vec<f64>, penalty: f64) -> Result<(), Error> {
        // A score changes about as much as the penalty.
        let least = self.mixing * (2.0 * penalty - self.last);
        let score = &self.here.score;
        let mut watched: Vec<usize> =
            (0..b.len()).filter(|&j| b[j] != 0.0 || score[j].abs() >= least).collect();
        let (mut moved, mut before) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..MAX_STEPS {
            let quick = moved.is_infinite() || moved < SLOW * before;
            let kept = self.kept.take().filter(|kept| quick || kept.age() < PATIENCE);
            let kept = kept.and_then(|kept| kept.covering(&watched, &self.columns, self.n));
            let mut kept = kept.unwrap_or_else(|| self.curvature(&watched));
            self.watch(&mut watched, kept.watched().iter().copied(), f64::NEG_INFINITY);
            let target = widest(Sweep {
                curvature: &kept,
                from: b,
                score: &self.here.score,
                lasso: penalty * self.mixing,
                ridge: penalty * (1.0 - self.mixing),
            });
            let (b_before, score_before) = (b.clone(), self.here.score.clone());
            before = moved;
            let fresh = kept.age() == 0;
            let risen = self.step(b, &target, penalty, &watched);
            moved = b.iter().zip(&b_before).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            if risen {
                let score = &self.here.score;
                kept.learn(|j| b[j] - b_before[j], |j| score_before[j] - score[j]);
                self.kept = Some(kept);
            } else if !fresh {
                // What was learnt misleads; the bound cannot, but for rounding.
                moved = f64::INFINITY;
                continue;
            }
            // The move after this one, by the rate at which they shrink.
            let rate = if before.is_finite() { (moved / before).min(1.0) } else { 1.0 };
            // The score of a coefficient that stays 0 is at most the lasso's share.
            let most = penalty * self.mixing * (1.0 + 1e-9);
            if moved * rate < SETTLED && !self.watch(&mut watched, 0..b.len(), most) {
                self.last = penalty;
                return Ok(());
            }
        }
        Err(Error::NotConverged { steps: MAX_STEPS, distance: moved })
    }

    fn curvature(&self, watched: &[usize]) -> Curvature {
        let observed = self.problem.strata.iter().flat_map(|rows| {
            let outcomes = &rows.stratum.outcomes;
            let observed = |i: usize| if outcomes.event()[i] { outcomes.weight(i) } else { 0.0 };
            (0..outcomes.n_subjects()).map(observed)
        });
        let expected = observed.zip(&self.here.gradient).map(|(observed, g)| g + observed);
        let expected: Vec<f64> = expected.collect();
        Curvature::new((self.problem, &self.columns), watched, expected, self.n)
    }

    /// Watches those of these columns that are not yet, where their score is above a limit; whether
    /// there are any.
    fn watch(
        &mut self,
        watched: &mut Vec<usize>,
        these: impl Iterator<Item = usize>,
        above: f64,
    ) -> bool {
        let others: Vec<usize> = these.filter(|j| watched.binary_search(j).is_err()).collect();
        let mut here = std::mem::take(&mut self.here);
        self.score(&mut here, &others);
        self.here = here;
        let before = watched.len();
        watched.extend(others.into_iter().filter(|&j| self.here.score[j].abs() > above));
        watched.sort_unstable();
        watched.len() > before
    }

    fn objective(&self, at: &At, b: &[f64], penalty: f64) -> f64 {
        let size = |b: &f64| self.mixing * b.abs() + (1.0 - self.mixing) / 2.0 * b * b;
        at.log_likelihood / self.n - penalty * b.iter().map(size).sum::<f64>()
    }

    /// Goes to the target, or the part of the way that raises the objective; whether there is one.
    fn step(&mut self, b: &mut Vec<f64>, target: &[f64], penalty: f64, watched: &[usize]) -> bool {
        let before = self.objective(&self.here, b, penalty);
        let enough = before - 1e-13 * before.abs().max(1.0);
        let mut share = 1.0;
        for _ in 0..MAX_HALVINGS {
            let between =
                |(b, t): (&f64, &f64)| if share == 1.0 { *t } else { b + share * (t - b) };
            let there: Vec<f64> = b.iter().zip(target).map(between).collect();
            let at = self.at(&there, watched);
            if self.objective(&at, &there, penalty) >= enough {
                (*b, self.here) = (there, at);
                return true;
            }
            share /= 2.0;
        }
        false
    }
}
