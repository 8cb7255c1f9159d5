//! The chi-square test of several scores that add up to 0.

use crate::{
    error::Error,
    numeric::{
        distributions,
        linear::{Matrix, SINGULAR, dot},
    },
};

/// A chi-square statistic with its degrees of freedom and P.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChiSquare {
    pub(crate) statistic: f64,
    pub(crate) degrees_of_freedom: usize,
    pub(crate) p: f64,
}

/// Tests whether all `scores` with this covariance are 0. They add up to 0, so that one of those with any
/// variance is left out.
pub(crate) fn test_of_scores(
    name: &'static str,
    scores: &[f64],
    covariance: &[Vec<f64>],
) -> Result<ChiSquare, Error> {
    let scale = (0..scores.len()).map(|g| covariance[g][g]).fold(0.0, f64::max);
    let compared: Vec<usize> =
        (0..scores.len()).filter(|&g| covariance[g][g] > 1e-12 * scale).collect();
    if compared.len() < 2 {
        return Err(Error::Undefined(name, "fewer than two groups are compared"));
    }
    let kept = &compared[1..];
    let scores: Vec<f64> = kept.iter().map(|&g| scores[g]).collect();
    let matrix = Matrix::from_fn(kept.len(), |j, k| covariance[kept[j]][kept[k]]);
    wald(&scores, &matrix)
        .ok_or(Error::Undefined(name, "some groups are never at risk beside the others"))
}

/// `x' V^-1 x`, or `None` where `V` is singular.
pub(crate) fn wald(x: &[f64], covariance: &Matrix) -> Option<ChiSquare> {
    let statistic = dot(x, &covariance.cholesky(SINGULAR).ok()?.solve(x));
    let degrees_of_freedom = x.len();
    let p = distributions::ChiSquare::new(degrees_of_freedom as f64).upper(statistic);
    Some(ChiSquare { statistic, degrees_of_freedom, p })
}
