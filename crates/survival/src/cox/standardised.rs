//! Covariates with mean 0 and SD 1, for Newton's method; the likelihood does not mind.

use super::design::Design;
use crate::{
    numeric::linear::{Matrix, add, dot},
    outcomes::Outcomes,
};
use rayon::prelude::*;
use std::sync::Arc;

/// The (weighted) means and SDs of the columns of a design.
#[derive(Debug, Clone)]
pub(crate) struct Scaling {
    pub(crate) mean: Vec<f64>,
    pub(crate) sd: Vec<f64>,
    pub(super) per_sd: Vec<f64>,
}

/// Rows that one thread sums.
const PART: usize = 8192;

impl Scaling {
    /// With a weight for each row; the first column that is constant as an error.
    pub(crate) fn new(
        design: &Design,
        weight: &(dyn Fn(usize) -> f64 + Sync),
    ) -> Result<Self, usize> {
        let (n, p) = (design.n_rows(), design.n_columns());
        let total: f64 = (0..n).map(weight).sum();
        let mut first = in_parts(n, p, |i, sum, most| {
            let row = design.row(i);
            add(sum, weight(i), row);
            most.iter_mut().zip(row).for_each(|(most, x)| *most = x.abs().max(*most));
        });
        first.0.iter_mut().for_each(|sum| *sum /= total);
        let (mean, size) = first;
        let (square, _) = in_parts(n, p, |i, sum, _| {
            let w = weight(i);
            let row = design.row(i).iter().zip(&mean);
            sum.iter_mut().zip(row).for_each(|(sum, (x, m))| *sum += w * (x - m) * (x - m));
        });
        let sd: Vec<f64> = square.iter().map(|sum| (sum / total).sqrt()).collect();
        // Rounding leaves a constant column with a deviation near the last digit of its size.
        let constant = |j: &usize| sd[*j] <= 1e-13 * size[*j] || sd[*j] == 0.0;
        match (0..p).find(constant) {
            Some(column) => Err(column),
            None => Ok(Self { mean, per_sd: sd.iter().map(|sd| sd.recip()).collect(), sd }),
        }
    }

    /// A row with mean 0 and SD 1.
    #[inline(always)]
    pub(crate) fn standardise<'a>(&'a self, row: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        let columns = row.iter().zip(&self.mean).zip(&self.per_sd);
        columns.map(|((x, mean), per_sd)| (x - mean) * per_sd)
    }

    /// Coefficients per unit of the covariates.
    pub(crate) fn coefficients(&self, b: &[f64]) -> Vec<f64> {
        b.iter().zip(&self.sd).map(|(b, sd)| b / sd).collect()
    }

    /// A covariance of coefficients per unit of the covariates.
    pub(crate) fn covariance(&self, of_standardised: &Matrix) -> Matrix {
        let sd = &self.sd;
        Matrix::from_fn(sd.len(), |j, k| of_standardised[(j, k)] / (sd[j] * sd[k]))
    }
}

/// A sum and a maximum over rows of `p` values, in parts that are the same on any number of
/// threads.
fn in_parts(
    n: usize,
    p: usize,
    take: impl Fn(usize, &mut [f64], &mut [f64]) + Sync,
) -> (Vec<f64>, Vec<f64>) {
    let part = |k: usize| {
        let (mut sum, mut most) = (vec![0.0; p], vec![0.0; p]);
        for i in k * PART..n.min((k + 1) * PART) {
            take(i, &mut sum, &mut most);
        }
        (sum, most)
    };
    let parts: Vec<_> = (0..n.div_ceil(PART)).into_par_iter().map(part).collect();
    let mut parts = parts.into_iter();
    let (mut sum, mut most) = parts.next().unwrap_or((vec![0.0; p], vec![0.0; p]));
    for (part, of_part) in parts {
        add(&mut sum, 1.0, &part);
        most.iter_mut().zip(of_part).for_each(|(most, x)| *most = x.max(*most));
    }
    (sum, most)
}

/// Standardised rows and what undoes it.
#[derive(Debug, Clone)]
pub(crate) struct Standardised {
    /// Row by row, `[n, p]`; a copy of the whole shares them.
    rows: Arc<Vec<f64>>,
    pub(crate) mean: Vec<f64>,
    pub(crate) sd: Vec<f64>,
}

impl Standardised {
    /// The rows of a design by their (weighted) means and SDs, or the first column that is
    /// constant.
    pub(crate) fn new(design: &Design, outcomes: &Outcomes) -> Result<Self, usize> {
        Self::weighted(design, &|i| outcomes.weight(i))
    }

    /// The same with a weight for each row.
    pub(crate) fn weighted(
        design: &Design,
        weight: &(dyn Fn(usize) -> f64 + Sync),
    ) -> Result<Self, usize> {
        let scaling = Scaling::new(design, weight)?;
        Ok(Self::by(&scaling, (0..design.n_rows()).map(|i| design.row(i))))
    }

    /// These rows of a design.
    pub(crate) fn by<'a>(scaling: &Scaling, all: impl ExactSizeIterator<Item = &'a [f64]>) -> Self {
        let mut rows = Vec::with_capacity(all.len() * scaling.sd.len());
        all.for_each(|row| rows.extend(scaling.standardise(row)));
        let Scaling { mean, sd, .. } = scaling.clone();
        Self { rows: Arc::new(rows), mean, sd }
    }

    pub(crate) fn n_columns(&self) -> usize {
        self.sd.len()
    }

    #[inline]
    pub(crate) fn row(&self, i: usize) -> &[f64] {
        let p = self.sd.len();
        &self.rows[i * p..(i + 1) * p]
    }

    /// `x_i' b` of each row.
    pub(crate) fn linear(&self, b: &[f64]) -> Vec<f64> {
        self.rows.chunks_exact(self.sd.len()).map(|row| dot(row, b)).collect()
    }

    /// Coefficients per unit of the covariates.
    pub(crate) fn coefficients(&self, b: &[f64]) -> Vec<f64> {
        b.iter().zip(&self.sd).map(|(b, sd)| b / sd).collect()
    }

    /// A covariance of coefficients per unit of the covariates.
    pub(crate) fn covariance(&self, of_standardised: &Matrix) -> Matrix {
        let sd = &self.sd;
        Matrix::from_fn(sd.len(), |j, k| of_standardised[(j, k)] / (sd[j] * sd[k]))
    }
}
