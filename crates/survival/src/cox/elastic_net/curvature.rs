//! The quadratic that stands for the likelihood, and its maximum with the penalty.

use super::{columns::Columns, solver::SETTLED};
use crate::{
    cox::{
        derivatives::{Problem, StratumRows},
        plain::PART,
    },
    numeric::{
        gram::{Gram, LANES},
        linear::{Matrix, add},
    },
};
use rayon::prelude::*;
use std::ops::Range;
use vertebra_wide::Loops;

const MAX_SWEEPS: usize = 2000;
/// A quadratic is maximised to this share of its first step; the next one does the rest.
const ENOUGH: f64 = 1e-3;

/// The curvature in some coefficients, per unit of weight.
pub(super) struct Curvature {
    watched: Vec<usize>,
    matrix: Matrix,
}

impl Curvature {
    /// `X'EX` of covariates centred at their mean over the events that each row lets expect.
    pub(super) fn new(
        (problem, columns): (&Problem<'_>, &Columns),
        watched: &[usize],
        expected: &[f64],
        n: f64,
    ) -> Self {
        let mut matrix = gram(problem, watched, expected);
        let total: f64 = expected.iter().sum();
        matrix.add_outer(-1.0 / total, &columns.products(watched, expected));
        matrix.mirror();
        let matrix = Matrix::from_fn(watched.len(), |j, k| matrix[(j, k)] / n);
        Self { watched: watched.to_vec(), matrix }
    }

    pub(super) fn covers(&self, watched: &[usize]) -> bool {
        watched.iter().all(|j| self.watched.binary_search(j).is_ok())
    }
}

/// `sum w x x'` of some columns over the rows, stratum after stratum; below the diagonal and on it.
fn gram(problem: &Problem<'_>, columns: &[usize], weights: &[f64]) -> Matrix {
    let mut parts = Vec::new();
    let mut before = 0;
    for rows in &problem.strata {
        let n = rows.stratum.outcomes.n_subjects();
        let starts = (0..n).step_by(PART / 4);
        parts.extend(starts.map(|start| (rows, start..n.min(start + PART / 4), before)));
        before += n;
    }
    let part = |(rows, own, before): (&StratumRows<'_>, Range<usize>, usize)| {
        let mut gram = Gram::new(columns.len(), own.len());
        let mut row = vec![[0.0; LANES]; columns.len().div_ceil(LANES)];
        for i in own {
            rows.standardise(i, columns, row.as_flattened_mut());
            gram.add(weights[before + i], &row);
        }
        gram
    };
    let mut matrix = Matrix::zeros(columns.len());
    let parts: Vec<Gram> = parts.into_par_iter().map(part).collect();
    parts.into_iter().for_each(|part| part.add_to(&mut matrix));
    matrix
}

/// Where the quadratic with the penalty has its maximum.
pub(super) struct Sweep<'a> {
    pub(super) curvature: &'a Curvature,
    pub(super) from: &'a [f64],
    pub(super) score: &'a [f64],
    pub(super) lasso: f64,
    pub(super) ridge: f64,
}

impl Loops for Sweep<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn run(self) -> Vec<f64> {
        let Curvature { watched, matrix } = self.curvature;
        let mut to = self.from.to_vec();
        let mut slope: Vec<f64> = watched.iter().map(|&j| self.score[j]).collect();
        let mut first = 0.0;
        for _ in 0..MAX_SWEEPS {
            let mut furthest: f64 = 0.0;
            for (k, &j) in watched.iter().enumerate() {
                let own = matrix[(k, k)];
                let next = shrunk(slope[k] + own * to[j], self.lasso) / (own + self.ridge);
                let step = next - to[j];
                if step != 0.0 {
                    to[j] = next;
                    add(&mut slope, -step, matrix.row(k));
                    furthest = furthest.max(step.abs());
                }
            }
            first = furthest.max(first);
            if furthest < (ENOUGH * first).max(SETTLED / 10.0) {
                break;
            }
        }
        to
    }
}

#[inline(always)]
fn shrunk(value: f64, by: f64) -> f64 {
    value.signum() * (value.abs() - by).max(0.0)
}
