//! Columns with mean 0 and SD 1, for Newton's method; the likelihood does not mind.

use crate::{DesignMatrix, Error};
use vertebra_survival::Outcomes;

/// Standardised rows and what undoes it.
pub(crate) struct Scaled {
    /// Row-major `[n, p]`.
    pub(crate) rows: Vec<f64>,
    pub(crate) mean: Vec<f64>,
    pub(crate) sd: Vec<f64>,
}

impl Scaled {
    /// # Errors
    /// [`Error::Collinear`] for a constant column.
    pub(crate) fn new(design: &DesignMatrix, outcomes: &Outcomes) -> Result<Self, Error> {
        let (n, p) = (design.n_rows(), design.n_columns());
        let weight = |i: usize| outcomes.weights().map_or(1.0, |w| w[i]);
        let total: f64 = (0..n).map(weight).sum();
        let average = |value: &dyn Fn(usize) -> f64| {
            (0..n).map(|i| weight(i) * value(i)).sum::<f64>() / total
        };
        let mean: Vec<f64> = (0..p).map(|j| average(&|i| design.row(i)[j])).collect();
        let mut sd = Vec::with_capacity(p);
        for (j, mean) in mean.iter().enumerate() {
            let variance = average(&|i| (design.row(i)[j] - mean).powi(2));
            let size = (0..n).map(|i| design.row(i)[j].abs()).fold(0.0, f64::max);
            // Rounding leaves a constant column with a deviation near the last digit of its size.
            if variance.sqrt() <= 1e-13 * size || variance == 0.0 {
                return Err(Error::Collinear(design.names()[j].clone()));
            }
            sd.push(variance.sqrt());
        }
        let mut rows = Vec::with_capacity(n * p);
        for i in 0..n {
            rows.extend(design.row(i).iter().zip(&mean).zip(&sd).map(|((x, m), s)| (x - m) / s));
        }
        Ok(Self { rows, mean, sd })
    }
}
