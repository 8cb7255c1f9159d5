//! Cross-validation of a statistic, repeated.

use super::{
    error::ValidationError,
    folds::{FoldOptions, split},
};
use crate::numeric::mean_and_sd;

/// A cross-validated statistic.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct CrossValidated {
    /// The mean over folds and repetitions.
    pub value: f64,
    /// The mean over the folds of each repetition.
    pub by_repeat: Vec<f64>,
    /// Its value in each fold, repetition after repetition.
    pub by_fold: Vec<f64>,
    /// Standard deviation between repetitions: what the random folds add. It is no standard error,
    /// as all repetitions share the subjects;
    /// [`nested_cross_validation`](super::nested_cross_validation) has one. NaN for one repetition.
    pub sd_between_repeats: f64,
}

/// Fits the pipeline without each fold and judges it there; the mean over folds and repetitions.
///
/// `fit` gets the indices of the subjects to fit to, `judge` a model and the subjects to judge it
/// on.
///
/// # Errors
/// [`ValidationError::Statistics`] for settings that do not fit `n`; [`ValidationError::Pipeline`]
/// with the error of a closure.
pub fn cross_validation<M, E>(
    n: usize,
    options: &FoldOptions,
    fit: impl Fn(&[usize]) -> Result<M, E>,
    judge: impl Fn(&M, &[usize]) -> Result<f64, E>,
) -> Result<CrossValidated, ValidationError<E>> {
    options.check(n, 2)?;
    let (mut by_fold, mut by_repeat) = (vec![], vec![]);
    for repeat in 0..options.repeats {
        let folds = options.folds(n, repeat);
        for k in 0..options.n_folds {
            let (out, kept) = split(&folds, |fold| fold == k);
            let model = fit(&kept).map_err(ValidationError::pipeline("the folds kept"))?;
            let judged = judge(&model, &out);
            by_fold.push(judged.map_err(ValidationError::pipeline("the fold left out"))?);
        }
        let here = &by_fold[repeat * options.n_folds..];
        by_repeat.push(here.iter().sum::<f64>() / here.len() as f64);
    }
    let (value, sd_between_repeats) = mean_and_sd(&by_repeat);
    Ok(CrossValidated { value, by_repeat, by_fold, sd_between_repeats })
}
