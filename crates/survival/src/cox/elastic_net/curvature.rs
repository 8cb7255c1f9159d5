//! The quadratic that stands for the likelihood, and its maximum with the penalty.

use super::{columns::Columns, solver::SETTLED};
use crate::{
    cox::{
        derivatives::{Problem, StratumRows},
        plain::PART,
    },
    numeric::{
        gram::{Gram, LANES},
        linear::{Matrix, add, dot},
    },
};
use rayon::prelude::*;
use std::{collections::VecDeque, ops::Range};
use vertebra_wide::Loops;

const MAX_SWEEPS: usize = 2000;
/// A quadratic is maximised to this share of its first step; the next one does the rest.
const ENOUGH: f64 = 1e-3;

/// A step along which there is less than this share of the curvature foreseen teaches nothing.
const LEAST_SEEN: f64 = 1e-3;
/// So many steps are gone through again where coefficients join.
const LESSONS: usize = 8;
/// With more new columns than this share of all, all rows are summed anew.
const FEW: f64 = 0.125;

/// The curvature in some coefficients, per unit of weight.
pub(super) struct Curvature {
    /// The coefficients, in the order in which they came.
    watched: Vec<usize>,
    /// `X'EX` of covariates centred at their mean over the events that each row lets expect.
    bound: Matrix,
    /// The same after what was learnt; positive definite like it.
    matrix: Matrix,
    /// What the rows were weighted by, and the sums of covariates with these weights.
    expected: Vec<f64>,
    sums: Vec<f64>,
    /// The last steps.
    lessons: VecDeque<Lesson>,
    age: usize,
}

/// A step, and by how much the score fell over it.
struct Lesson {
    step: Vec<f64>,
    fall: Vec<f64>,
}

impl Curvature {
    pub(super) fn new(
        (problem, columns): (&Problem<'_>, &Columns),
        watched: &[usize],
        expected: Vec<f64>,
        n: f64,
    ) -> Self {
        let mut bound = gram(problem, watched, &expected);
        let sums = columns.products(watched, &expected);
        bound.add_outer(-1.0 / expected.iter().sum::<f64>(), &sums);
        bound.mirror();
        let bound = Matrix::from_fn(watched.len(), |j, k| bound[(j, k)] / n);
        let (watched, lessons) = (watched.to_vec(), VecDeque::new());
        Self { watched, matrix: bound.clone(), bound, expected, sums, lessons, age: 0 }
    }

    pub(super) fn watched(&self) -> &[usize] {
        &self.watched
    }

    /// How many steps it was shown since it was summed.
    pub(super) fn age(&self) -> usize {
        self.age
    }

    /// With these coefficients among its own, by the same weights of the rows; nothing where all
    /// rows are summed as quickly anew, or where half of its own are no longer wanted.
    pub(super) fn covering(mut self, watched: &[usize], columns: &Columns, n: f64) -> Option<Self> {
        let mut known = vec![false; columns.len()];
        self.watched.iter().for_each(|&j| known[j] = true);
        let new: Vec<usize> = watched.iter().copied().filter(|&j| !known[j]).collect();
        let before = self.watched.len();
        let all = before + new.len();
        if new.len() as f64 > FEW * all as f64 || all > 2 * watched.len() {
            return None;
        }
        if new.is_empty() {
            return Some(self);
        }
        self.watched.extend(&new);
        let products = columns.weighted_products(&self.watched, &new, &self.expected);
        self.sums.extend(columns.products(&new, &self.expected));
        let total: f64 = self.expected.iter().sum();
        let centred = |j: usize, k: usize| {
            (products[j * new.len() + k] - self.sums[j] * self.sums[before + k] / total) / n
        };
        self.bound = Matrix::from_fn(all, |j, k| match (j < before, k < before) {
            (true, true) => self.bound[(j, k)],
            (_, false) => centred(j, k - before),
            (false, true) => centred(k, j - before),
        });
        self.matrix = self.bound.clone();
        for lesson in &mut self.lessons {
            // What the step did to the others was not looked at: as the bound has it.
            lesson.step.resize(all, 0.0);
            let others = (before..all).map(|j| dot(self.bound.row(j), &lesson.step));
            lesson.fall.extend(others);
            lesson.teach(&mut self.matrix);
        }
        Some(self)
    }

    /// Takes in by how much the score fell over a step.
    pub(super) fn learn(&mut self, step: impl Fn(usize) -> f64, fall: impl Fn(usize) -> f64) {
        let lesson = Lesson {
            step: self.watched.iter().map(|&j| step(j)).collect(),
            fall: self.watched.iter().map(|&j| fall(j)).collect(),
        };
        self.age += 1;
        if lesson.teach(&mut self.matrix) {
            if self.lessons.len() == LESSONS {
                self.lessons.pop_front();
            }
            self.lessons.push_back(lesson);
        }
    }
}

impl Lesson {
    /// Makes the curvature along the step the one that was seen, as Broyden, Fletcher, Goldfarb and
    /// Shanno do, which leaves it positive definite. Whether there was anything to learn.
    fn teach(&self, matrix: &mut Matrix) -> bool {
        let foreseen = matrix.apply(&self.step);
        let (along, seen) = (dot(&self.step, &foreseen), dot(&self.step, &self.fall));
        // Shorter steps than those that settle say nothing but rounding.
        let longest = self.step.iter().fold(0.0, |most: f64, s| most.max(s.abs()));
        let teaches = longest > SETTLED && seen > LEAST_SEEN * along;
        if teaches {
            matrix.add_outer(-1.0 / along, &foreseen);
            matrix.add_outer(1.0 / seen, &self.fall);
            matrix.mirror();
        }
        teaches
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
        let Curvature { watched, matrix, .. } = self.curvature;
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
