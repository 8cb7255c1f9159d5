//! The chi-square test of several scores that add up to 0.

use crate::{
    error::Error,
    numeric::{linear::solve, normal::chi_square_p},
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
    let matrix: Vec<Vec<f64>> =
        kept.iter().map(|&g| kept.iter().map(|&h| covariance[g][h]).collect()).collect();
    wald(&scores, matrix)
        .ok_or(Error::Undefined(name, "some groups are never at risk beside the others"))
}

/// `x' V^-1 x`, or `None` where `V` is singular.
pub(crate) fn wald(x: &[f64], covariance: Vec<Vec<f64>>) -> Option<ChiSquare> {
    let solved = solve(covariance, x.to_vec())?;
    let statistic: f64 = x.iter().zip(&solved).map(|(a, b)| a * b).sum();
    let degrees_of_freedom = x.len();
    Some(ChiSquare {
        statistic,
        degrees_of_freedom,
        p: chi_square_p(statistic, degrees_of_freedom as f64),
    })
}
