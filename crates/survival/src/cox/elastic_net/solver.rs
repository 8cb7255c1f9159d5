//! The maximum at one penalty.
//!
//! Near coefficients `b` the log likelihood is bounded below by a quadratic with the curvature
//! `X'EX` of covariates centred at their mean over the expected events `E`: the information is the
//! sum over event times of covariances, which a common centre can only enlarge. That quadratic,
//! with the penalty, is maximised one coefficient after another; then the likelihood is looked at
//! again. The curvature is kept while the same coefficients take part. A step that does not raise
//! the objective is halved.

use crate::{
    cox::derivatives::Problem,
    error::Error,
    numeric::linear::{Matrix, add, dot},
};

const MAX_STEPS: usize = 500;
const MAX_SWEEPS: usize = 2000;
/// Coefficients of standardised covariates have settled when none moves by more.
const SETTLED: f64 = 1e-9;
/// Steps before the curvature is computed anew.
const KEEP: usize = 6;
const MAX_HALVINGS: usize = 30;

pub(super) struct Solver<'a> {
    problem: &'a Problem,
    n: f64,
    mixing: f64,
}

/// The likelihood at coefficients.
pub(super) struct At {
    pub(super) log_likelihood: f64,
    /// Divided by `n`.
    score: Vec<f64>,
    /// Events expected of each row, stratum by stratum.
    expected: Vec<f64>,
}

/// The curvature of those that take part.
struct Curvature {
    active: Vec<usize>,
    matrix: Matrix,
    age: usize,
}

impl<'a> Solver<'a> {
    pub(super) fn new(problem: &'a Problem, n: f64, mixing: f64) -> Self {
        Self { problem, n, mixing }
    }

    pub(super) fn at(&self, b: &[f64]) -> At {
        let (mut log_likelihood, mut score) = (0.0, vec![0.0; b.len()]);
        let mut expected = Vec::new();
        for rows in &self.problem.strata {
            let mut gradient = Vec::new();
            log_likelihood -=
                rows.stratum.add(&rows.log_hazard(b), self.problem.ties, &mut gradient);
            let outcomes = &rows.stratum.outcomes;
            for (i, gradient) in gradient.into_iter().enumerate() {
                add(&mut score, -gradient / self.n, rows.covariates.row(i));
                let observed = if outcomes.event()[i] { outcomes.weight(i) } else { 0.0 };
                expected.push(gradient + observed);
            }
        }
        At { log_likelihood, score, expected }
    }

    /// The least penalty at which all coefficients are 0.
    pub(super) fn largest(&self, null: &At) -> f64 {
        null.score.iter().fold(0.0, |most: f64, s| most.max(s.abs())) / self.mixing
    }

    /// Moves `b` to the maximum and returns the log likelihood there.
    pub(super) fn solve(&self, b: &mut Vec<f64>, penalty: f64) -> Result<f64, Error> {
        let mut here = self.at(b);
        let mut curvature: Option<Curvature> = None;
        let mut moved = f64::INFINITY;
        for _ in 0..MAX_STEPS {
            let takes_part = |&j: &usize| {
                b[j] != 0.0 || here.score[j].abs() > penalty * self.mixing * (1.0 + 1e-12)
            };
            let active: Vec<usize> = (0..b.len()).filter(takes_part).collect();
            let mut kept = match curvature.take() {
                Some(kept) if kept.age < KEEP && contains(&kept.active, &active) => kept,
                _ => self.curvature(active, &here),
            };
            kept.age += 1;
            let target = self.sweep(&kept, b, &here, penalty);
            curvature = Some(kept);
            (moved, here) = self.step(b, &target, &here, penalty);
            if moved < SETTLED {
                return Ok(here.log_likelihood);
            }
        }
        Err(Error::NotConverged { steps: MAX_STEPS, distance: moved })
    }

    fn objective(&self, at: &At, b: &[f64], penalty: f64) -> f64 {
        let size = |b: &f64| self.mixing * b.abs() + (1.0 - self.mixing) / 2.0 * b * b;
        at.log_likelihood / self.n - penalty * b.iter().map(size).sum::<f64>()
    }

    /// Goes to the target, or part of the way; returns how far any coefficient moved.
    fn step(&self, b: &mut Vec<f64>, target: &[f64], here: &At, penalty: f64) -> (f64, At) {
        let before = self.objective(here, b, penalty);
        let enough = before - 1e-13 * before.abs().max(1.0);
        let mut share = 1.0;
        let mut halvings = 0;
        loop {
            let between =
                |(b, t): (&f64, &f64)| if share == 1.0 { *t } else { b + share * (t - b) };
            let there: Vec<f64> = b.iter().zip(target).map(between).collect();
            let at = self.at(&there);
            let value = self.objective(&at, &there, penalty);
            if value >= enough || halvings == MAX_HALVINGS {
                let moved = b.iter().zip(&there).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                *b = there;
                return (moved, at);
            }
            share /= 2.0;
            halvings += 1;
        }
    }

    fn curvature(&self, active: Vec<usize>, at: &At) -> Curvature {
        let p = active.len();
        let (mut matrix, mut total, mut sum) = (Matrix::zeros(p), 0.0, vec![0.0; p]);
        let mut row = vec![0.0; p];
        let all = self.problem.strata.iter().flat_map(|rows| {
            (0..rows.stratum.outcomes.n_subjects()).map(move |i| rows.covariates.row(i))
        });
        for (x, &expected) in all.zip(&at.expected) {
            row.iter_mut().zip(&active).for_each(|(to, &j)| *to = x[j]);
            matrix.add_outer(expected, &row);
            add(&mut sum, expected, &row);
            total += expected;
        }
        matrix.add_outer(-1.0 / total, &sum);
        matrix.mirror();
        let matrix = Matrix::from_fn(p, |j, k| matrix[(j, k)] / self.n);
        Curvature { active, matrix, age: 0 }
    }

    /// Where the quadratic with the penalty has its maximum.
    fn sweep(&self, curvature: &Curvature, from: &[f64], at: &At, penalty: f64) -> Vec<f64> {
        let Curvature { active, matrix, .. } = curvature;
        let (lasso, ridge) = (penalty * self.mixing, penalty * (1.0 - self.mixing));
        let mut b: Vec<f64> = active.iter().map(|&j| from[j]).collect();
        let mut moved = vec![0.0; b.len()];
        for _ in 0..MAX_SWEEPS {
            let mut furthest: f64 = 0.0;
            for (k, &j) in active.iter().enumerate() {
                let own = matrix[(k, k)];
                let slope = at.score[j] - dot(matrix.row(k), &moved) + own * b[k];
                let next = shrunk(slope, lasso) / (own + ridge);
                let step = next - b[k];
                (b[k], moved[k]) = (next, moved[k] + step);
                furthest = furthest.max(step.abs());
            }
            if furthest < SETTLED / 10.0 {
                break;
            }
        }
        let mut target = from.to_vec();
        active.iter().zip(b).for_each(|(&j, b)| target[j] = b);
        target
    }
}

fn shrunk(value: f64, by: f64) -> f64 {
    value.signum() * (value.abs() - by).max(0.0)
}

fn contains(all: &[usize], some: &[usize]) -> bool {
    some.iter().all(|j| all.binary_search(j).is_ok())
}
