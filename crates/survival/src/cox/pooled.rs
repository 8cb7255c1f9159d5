//! The coefficients of several imputed data sets together: their covariance and tests of several.
//!
//! With `b_l` and `V_l` the coefficients and covariances of `m` fits, `W` the mean of the `V_l` and
//! `B` the covariance of the `b_l`, the total is `T = W + (1 + 1/m) B` (Rubin, *Multiple Imputation
//! for Nonresponse in Surveys*, 1987). `k` of them are tested by
//! `D = b' W^-1 b / (k (1 + r))`, `r = (1 + 1/m) trace(B W^-1) / k`, compared with F on `k` and
//! `4 + (t - 4) (1 + (1 - 2/t) / r)^2` degrees of freedom where `t = k (m - 1)` is above 4, or else
//! `t (1 + 1/k) (1 + 1/r)^2 / 2` (Li, Raghunathan & Rubin, *JASA* 86:1065-1073, 1991; as R's
//! `mice::D1`).

use crate::{
    error::Error,
    estimate::{Pivot, Test},
    numeric::linear::{Matrix, SINGULAR, dot},
};

/// Coefficients over imputations.
#[derive(Debug, Clone)]
pub struct PooledCoefficients {
    imputations: f64,
    mean: Vec<f64>,
    within: Matrix,
    between: Matrix,
}

impl PooledCoefficients {
    /// From the coefficients `[p]` with their covariance `[p][p]` of each fit.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for fewer than two fits, [`Error::LengthMismatch`] where they
    /// differ in size.
    pub fn new(fits: &[(Vec<f64>, Vec<Vec<f64>>)]) -> Result<Self, Error> {
        let m = fits.len() as f64;
        let [(first, _), _, ..] = fits else {
            let (name, got) = ("imputations", fits.len().to_string());
            return Err(Error::InvalidSetting { name, expected: "at least 2", got });
        };
        let p = first.len();
        let sizes = fits.iter().flat_map(|(b, covariance)| {
            [b.len(), covariance.len()].into_iter().chain(covariance.iter().map(Vec::len))
        });
        if let Some(got) = sizes.into_iter().find(|&got| got != p) {
            return Err(Error::LengthMismatch { name: "coefficients", expected: p, got });
        }
        let mean: Vec<f64> =
            (0..p).map(|j| fits.iter().map(|(b, _)| b[j]).sum::<f64>() / m).collect();
        let within = Matrix::from_fn(p, |j, k| fits.iter().map(|(_, v)| v[j][k]).sum::<f64>() / m);
        let between = Matrix::from_fn(p, |j, k| {
            let products = fits.iter().map(|(b, _)| (b[j] - mean[j]) * (b[k] - mean[k]));
            products.sum::<f64>() / (m - 1.0)
        });
        Ok(Self { imputations: m, mean, within, between })
    }

    /// Their total covariance, `[p][p]`.
    #[must_use]
    pub fn covariance(&self) -> Vec<Vec<f64>> {
        let mut total = self.within.clone();
        total.add_scaled(1.0 + 1.0 / self.imputations, &self.between);
        total.to_rows()
    }

    /// Whether the coefficients of some columns are 0; `None` where their covariance has no
    /// inverse or there is no such column. The statistic is `k D`.
    #[must_use]
    pub fn test_of(&self, columns: &[usize]) -> Option<Test> {
        if columns.is_empty() || columns.iter().any(|&j| j >= self.mean.len()) {
            return None;
        }
        let (m, k) = (self.imputations, columns.len() as f64);
        let own = |of: &Matrix| Matrix::from_fn(columns.len(), |i, j| of[(columns[i], columns[j])]);
        let inverse = own(&self.within).cholesky(SINGULAR).ok()?.inverse();
        let b: Vec<f64> = columns.iter().map(|&j| self.mean[j]).collect();
        let r = (1.0 + 1.0 / m) * own(&self.between).trace_with(&inverse) / k;
        let t = k * (m - 1.0);
        let df = match t > 4.0 {
            true => 4.0 + (t - 4.0) * (1.0 + (1.0 - 2.0 / t) / r).powi(2),
            false => t * (1.0 + 1.0 / k) * (1.0 + 1.0 / r).powi(2) / 2.0,
        };
        // F on so many is chi-square to its last digits.
        let pivot = if df < 1e12 { Pivot::Student(df) } else { Pivot::Normal };
        Some(Test::of_several(dot(&b, &inverse.apply(&b)) / (1.0 + r), k, pivot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validation::pool;

    #[test]
    fn one_coefficient_is_tested_as_it_is_pooled() {
        let estimates = [(0.52, 0.20), (0.61, 0.21), (0.47, 0.20), (0.55, 0.19), (0.50, 0.20)];
        let fits = estimates.map(|(b, se)| (vec![b], vec![vec![se * se]]));
        let all = PooledCoefficients::new(&fits).unwrap();
        let alone = pool(&estimates, f64::INFINITY, 0.95).unwrap();
        assert!((all.covariance()[0][0].sqrt() - alone.estimate.std_error).abs() < 1e-15);
        let (got, expected) = (all.test_of(&[0]).unwrap(), alone.test);
        assert!((got.statistic - expected.statistic.powi(2)).abs() < 1e-12);
        assert!((got.p - expected.p).abs() < 1e-12, "{} {}", got.p, expected.p);
        assert!(all.test_of(&[]).is_none() && all.test_of(&[1]).is_none());
    }

    #[test]
    fn equal_fits_are_tested_as_one_and_one_fit_is_refused() {
        let fit = (vec![0.3, -0.2], vec![vec![0.04, 0.01], vec![0.01, 0.09]]);
        let all = PooledCoefficients::new(&[fit.clone(), fit.clone(), fit.clone()]).unwrap();
        let inverse = Matrix::from_rows(&fit.1).cholesky(0.0).unwrap().inverse();
        let wald = Test::chi_square(inverse.along(&fit.0), 2.0);
        let got = all.test_of(&[0, 1]).unwrap();
        assert!((got.statistic - wald.statistic).abs() < 1e-12 && (got.p - wald.p).abs() < 1e-12);
        assert!(PooledCoefficients::new(&[fit]).is_err());
    }
}
