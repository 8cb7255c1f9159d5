//! Wald and score tests of several figures at once.

use crate::{
    error::Error,
    estimate::Test,
    numeric::linear::{Matrix, SINGULAR, dot},
};

/// Tests whether all `scores` with this covariance are 0. They add up to 0, so that one of those
/// with any variance is left out.
pub(crate) fn test_of_scores(
    name: &'static str,
    scores: &[f64],
    covariance: &[Vec<f64>],
) -> Result<Test, Error> {
    let scale = (0..scores.len()).map(|g| covariance[g][g]).fold(0.0, f64::max);
    let compared: Vec<usize> =
        (0..scores.len()).filter(|&g| covariance[g][g] > 1e-12 * scale).collect();
    if compared.len() < 2 {
        return Err(Error::Undefined { name, why: "fewer than two groups are compared" });
    }
    let kept = &compared[1..];
    let scores: Vec<f64> = kept.iter().map(|&g| scores[g]).collect();
    let matrix = Matrix::from_fn(kept.len(), |j, k| covariance[kept[j]][kept[k]]);
    wald(&scores, &matrix)
        .ok_or(Error::Undefined { name, why: "some groups are never at risk beside the others" })
}

/// `x' V^-1 x`, or `None` if `V` is singular.
pub(crate) fn wald(x: &[f64], covariance: &Matrix) -> Option<Test> {
    let statistic = dot(x, &covariance.cholesky(SINGULAR).ok()?.solve(x));
    Some(Test::chi_square(statistic, x.len() as f64))
}
