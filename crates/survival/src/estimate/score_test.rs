//! Wald and score tests of several figures at once.

use crate::{
    error::Error,
    estimate::{Pivot, Test},
    numeric::linear::{Matrix, SINGULAR, dot},
};

/// Tests whether all `scores` with this covariance are 0. They add up to 0, so that one of those
/// with any variance is left out.
pub(crate) fn test_of_scores(
    name: &'static str,
    scores: &[f64],
    covariance: &[Vec<f64>],
) -> Result<Test, Error> {
    let compared = compared_groups(name, covariance)?;
    let statistic = quadratic_of(scores, covariance, &compared)
        .ok_or(Error::Undefined { name, why: "some groups are never at risk beside the others" })?;
    Ok(Test::chi_square(statistic, compared.len() as f64 - 1.0))
}

/// The groups whose scores have any variance.
///
/// # Errors
/// [`Error::Undefined`] for fewer than two.
pub(crate) fn compared_groups(
    name: &'static str,
    covariance: &[Vec<f64>],
) -> Result<Vec<usize>, Error> {
    let scale = (0..covariance.len()).map(|g| covariance[g][g]).fold(0.0, f64::max);
    let varies = |&g: &usize| covariance[g][g] > 1e-12 * scale;
    let compared: Vec<usize> = (0..covariance.len()).filter(varies).collect();
    match compared.len() < 2 {
        true => Err(Error::Undefined { name, why: "fewer than two groups are compared" }),
        false => Ok(compared),
    }
}

/// `z' V^-1 z` over the compared groups but the first, as the scores add up to 0; `None` if `V` is
/// singular.
pub(crate) fn quadratic_of(
    scores: &[f64],
    covariance: &[Vec<f64>],
    compared: &[usize],
) -> Option<f64> {
    let kept = &compared[1..];
    let scores: Vec<f64> = kept.iter().map(|&g| scores[g]).collect();
    let matrix = Matrix::from_fn(kept.len(), |j, k| covariance[kept[j]][kept[k]]);
    quadratic(&scores, &matrix)
}

/// `x' V^-1 x`, or `None` if `V` is singular.
pub(crate) fn wald(x: &[f64], covariance: &Matrix, pivot: Pivot) -> Option<Test> {
    let statistic = quadratic(x, covariance)?;
    Some(Test::of_several(statistic, x.len() as f64, pivot))
}

fn quadratic(x: &[f64], covariance: &Matrix) -> Option<f64> {
    Some(dot(x, &covariance.cholesky(SINGULAR).ok()?.solve(x)))
}
