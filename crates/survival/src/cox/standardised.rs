//! Covariates with mean 0 and SD 1, for Newton's method; the likelihood does not mind.

use super::design::Design;
use crate::{
    numeric::linear::{Matrix, dot},
    outcomes::Outcomes,
};
use std::sync::Arc;

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
    pub(crate) fn weighted(design: &Design, weight: &dyn Fn(usize) -> f64) -> Result<Self, usize> {
        let (n, p) = (design.n_rows(), design.n_columns());
        let total: f64 = (0..n).map(weight).sum();
        let average = |value: &dyn Fn(usize) -> f64| {
            (0..n).map(|i| weight(i) * value(i)).sum::<f64>() / total
        };
        let mean: Vec<f64> = (0..p).map(|j| average(&|i| design.row(i)[j])).collect();
        let mut sd = Vec::with_capacity(p);
        for (j, mean) in mean.iter().enumerate() {
            let deviation = average(&|i| (design.row(i)[j] - mean).powi(2)).sqrt();
            let size = (0..n).map(|i| design.row(i)[j].abs()).fold(0.0, f64::max);
            // Rounding leaves a constant column with a deviation near the last digit of its size.
            if deviation <= 1e-13 * size || deviation == 0.0 {
                return Err(j);
            }
            sd.push(deviation);
        }
        let mut rows = Vec::with_capacity(n * p);
        for i in 0..n {
            rows.extend(design.row(i).iter().zip(&mean).zip(&sd).map(|((x, m), s)| (x - m) / s));
        }
        Ok(Self { rows: Arc::new(rows), mean, sd })
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

    /// The rows at `subjects`, in that order.
    pub(crate) fn subset(&self, subjects: &[usize]) -> Self {
        let rows = subjects.iter().flat_map(|&i| self.row(i)).copied().collect();
        Self { rows: Arc::new(rows), mean: self.mean.clone(), sd: self.sd.clone() }
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
