//! The quadratic that stands for the likelihood, and its maximum with the penalty.

use super::{columns::Columns, solver::SETTLED};
use crate::numeric::linear::{Matrix, add};
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
    pub(super) fn new(columns: &Columns, watched: &[usize], expected: &[f64], n: f64) -> Self {
        let mut matrix = columns.gram(watched, expected);
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
