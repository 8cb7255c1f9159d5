//! Standardised covariates column by column, of which a path reads few at a time.

use crate::{
    cox::derivatives::Problem,
    numeric::{gram::LANES, linear::add},
};
use rayon::prelude::*;
use vertebra_wide::{Loops, widest};

/// Rows that stay in the first cache.
const BLOCK: usize = 1024;

pub(super) struct Columns {
    /// Stratum after stratum, `[p][n]`.
    values: Vec<f64>,
    offset: Option<Vec<f64>>,
    n: usize,
    p: usize,
}

impl Columns {
    pub(super) fn new(problem: &Problem<'_>) -> Self {
        let sizes = problem.strata.iter().map(|rows| rows.stratum.outcomes.n_subjects());
        let (n, p) = (sizes.sum(), problem.n_columns());
        let mut values = vec![0.0; n * p];
        let mut rows = problem.strata.iter().flat_map(|rows| rows.standardised());
        // Eight rows at once, which lie beside each other in a column.
        let mut some = vec![[0.0; LANES]; p];
        for start in (0..n).step_by(LANES) {
            let taken = LANES.min(n - start);
            for (i, row) in rows.by_ref().take(taken).enumerate() {
                some.iter_mut().zip(row).for_each(|(some, x)| some[i] = x);
            }
            for (j, some) in some.iter().enumerate() {
                values[j * n + start..][..taken].copy_from_slice(&some[..taken]);
            }
        }
        let offset = problem.strata.iter().flat_map(|rows| rows.offsets()).collect::<Vec<_>>();
        Self { values, offset: (!offset.is_empty()).then_some(offset), n, p }
    }

    pub(super) fn len(&self) -> usize {
        self.p
    }

    fn column(&self, j: usize) -> &[f64] {
        &self.values[j * self.n..][..self.n]
    }

    /// `X b` and the offset.
    pub(super) fn log_hazard(&self, b: &[f64]) -> Vec<f64> {
        let mut log_hazard = self.offset.clone().unwrap_or_else(|| vec![0.0; self.n]);
        let parts = log_hazard.par_chunks_mut(BLOCK).enumerate();
        parts.for_each(|(k, to)| widest(Linear { columns: self, first: k * BLOCK, b, to }));
        log_hazard
    }

    /// `x' values` of some columns.
    pub(super) fn products(&self, columns: &[usize], values: &[f64]) -> Vec<f64> {
        let products = columns.par_chunks(32).map(|columns| {
            let product = |&j: &usize| widest(Product(self.column(j), values));
            columns.iter().map(product).collect::<Vec<_>>()
        });
        products.collect::<Vec<_>>().concat()
    }

    /// `sum w x_j x_k` of each of some columns with each of others, `[columns][others]`.
    pub(super) fn weighted_products(
        &self,
        columns: &[usize],
        others: &[usize],
        weights: &[f64],
    ) -> Vec<f64> {
        let products = columns
            .par_chunks(32)
            .map(|columns| widest(WeightedProducts { of: self, columns, others, weights }));
        products.collect::<Vec<_>>().concat()
    }
}

struct WeightedProducts<'a> {
    of: &'a Columns,
    columns: &'a [usize],
    others: &'a [usize],
    weights: &'a [f64],
}

impl Loops for WeightedProducts<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn run(self) -> Vec<f64> {
        let mut sums = vec![0.0; self.columns.len() * self.others.len()];
        let mut weighted = vec![0.0; BLOCK];
        for start in (0..self.of.n).step_by(BLOCK) {
            let rows = start..self.of.n.min(start + BLOCK);
            let weighted = &mut weighted[..rows.len()];
            for (k, &other) in self.others.iter().enumerate() {
                let values =
                    self.of.column(other)[rows.clone()].iter().zip(&self.weights[rows.clone()]);
                weighted.iter_mut().zip(values).for_each(|(to, (x, w))| *to = x * w);
                for (row, &column) in sums.chunks_exact_mut(self.others.len()).zip(self.columns) {
                    row[k] += Product(&self.of.column(column)[rows.clone()], weighted).run();
                }
            }
        }
        sums
    }
}

/// `X b` of rows from `first` on, added.
struct Linear<'a> {
    columns: &'a Columns,
    first: usize,
    b: &'a [f64],
    to: &'a mut [f64],
}

impl Loops for Linear<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (j, &b) in self.b.iter().enumerate().filter(|(_, b)| **b != 0.0) {
            add(self.to, b, &self.columns.column(j)[self.first..]);
        }
    }
}

/// The product of two vectors.
struct Product<'a>(&'a [f64], &'a [f64]);

impl Loops for Product<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        const STRANDS: usize = 4 * LANES;
        let ((a, a_rest), (b, b_rest)) =
            (self.0.as_chunks::<STRANDS>(), self.1.as_chunks::<STRANDS>());
        let mut sums = [0.0; STRANDS];
        for (a, b) in a.iter().zip(b) {
            for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
                *sum += a * b;
            }
        }
        let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
        sums.iter().sum::<f64>() + rest
    }
}
