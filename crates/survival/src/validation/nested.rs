//! Nested cross-validation: a loss with an interval that holds.
//!
//! The losses of cross-validation are correlated, as each subject takes part in fitting the models
//! that judge others; their standard deviation over `sqrt n` is too small. Without fold `k`,
//! cross-validation among the others estimates the loss, and fold `k` has the loss of the model
//! fitted to all the others; with `a` the difference of the two means and `b` the squared standard
//! error of the fold's mean, the mean of `a^2 - b` estimates the mean squared error of
//! cross-validation (with `folds - 1` folds).
//!
//! Source: Bates, Hastie & Tibshirani, *J. Am. Stat. Assoc.* 119:1434-1445, 2024, algorithm 1 with
//! the rescaling by `(folds - 1) / folds`, the bias correction of sec. 4.3, and the standard error
//! held between that of cross-validation and `sqrt(folds)` times it.

use super::{
    error::ValidationError,
    folds::{FoldOptions, split},
};
use crate::{
    estimate::{Estimate, Pivot, Scale},
    numeric::mean_and_sd,
    outcomes::check,
};

/// A loss with its interval.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct NestedCrossValidated {
    /// The expected loss of the pipeline fitted to `n` subjects, with its interval.
    pub estimate: Estimate,
    /// Mean loss by cross-validation alone.
    pub cross_validation: f64,
    /// Its standard error as if losses were independent: too small.
    pub naive_std_error: f64,
    /// By how much the inner cross-validations, with fewer subjects, exceed the outer ones.
    pub bias: f64,
}

/// The mean loss of a pipeline by nested cross-validation, over all repetitions of the folds; some
/// tens of repetitions keep the standard error steady. It fits `folds (folds + 1) / 2` models per
/// repetition.
///
/// `losses` returns the loss of each of the subjects to judge a model on, in their order: a squared
/// error at a horizon, a weighted one, the negative log likelihood. (A C is no mean over subjects:
/// see [`optimism_bootstrap`](super::optimism_bootstrap).)
///
/// # Errors
/// [`ValidationError::Statistics`] for settings that do not fit `n`, fewer than 3 folds, a level
/// outside (0, 1) or losses that are not one per subject and finite;
/// [`ValidationError::Pipeline`] with the error of a closure.
pub fn nested_cross_validation<M, E>(
    n: usize,
    options: &FoldOptions,
    level: f64,
    fit: impl Fn(&[usize]) -> Result<M, E>,
    losses: impl Fn(&M, &[usize]) -> Result<Vec<f64>, E>,
) -> Result<NestedCrossValidated, ValidationError<E>> {
    options.check(n, 3)?;
    check::level(level)?;
    let mut sums = Sums::default();
    for repeat in 0..options.repeats {
        let round = Round { folds: options.folds(n, repeat), k: options.n_folds };
        round.add(&mut sums, |kept, out| {
            let model = fit(kept).map_err(ValidationError::pipeline("the folds kept"))?;
            let values = losses(&model, out);
            let values = values.map_err(ValidationError::pipeline("the folds left out"))?;
            check::finite_values("losses", &values, out.len())?;
            Ok(values)
        })?;
    }
    Ok(sums.result(options, level))
}

/// One assignment to folds.
struct Round {
    folds: Vec<usize>,
    k: usize,
}

#[derive(Default)]
struct Sums {
    /// Losses of ordinary cross-validation.
    outer: Vec<f64>,
    /// Losses of the inner ones.
    inner: Vec<f64>,
    /// `a^2 - b` of each fold.
    squares: Vec<f64>,
}

type Judged<E> = Result<Vec<f64>, ValidationError<E>>;

impl Round {
    /// Adds the losses and differences of all folds; `judge` fits to the first subjects and judges
    /// on the second ones.
    fn add<E>(
        &self,
        sums: &mut Sums,
        judge: impl Fn(&[usize], &[usize]) -> Judged<E>,
    ) -> Result<(), ValidationError<E>> {
        // The model without the folds j and l judges both: j inside of leaving l out, and l
        // inside of leaving j out.
        let mut inner = vec![vec![]; self.k];
        for j in 0..self.k {
            for l in j + 1..self.k {
                let (out, kept) = split(&self.folds, |fold| fold == j || fold == l);
                for (i, loss) in out.iter().zip(judge(&kept, &out)?) {
                    inner[if self.folds[*i] == j { l } else { j }].push(loss);
                }
            }
        }
        for (k, inner) in inner.into_iter().enumerate() {
            let (out, kept) = split(&self.folds, |fold| fold == k);
            let outer = judge(&kept, &out)?;
            let (mean, sd) = mean_and_sd(&outer);
            let a = mean_and_sd(&inner).0 - mean;
            sums.squares.push(a * a - sd * sd / outer.len() as f64);
            sums.outer.extend(outer);
            sums.inner.extend(inner);
        }
        Ok(())
    }
}

impl Sums {
    fn result(&self, options: &FoldOptions, level: f64) -> NestedCrossValidated {
        let k = options.n_folds as f64;
        let (value, sd) = mean_and_sd(&self.outer);
        let n = self.outer.len() as f64 / options.repeats as f64;
        let naive = sd / n.sqrt();
        let (mse, inner) = (mean_and_sd(&self.squares).0, mean_and_sd(&self.inner).0);
        let std_error = ((k - 1.0) / k * mse).max(0.0).sqrt().clamp(naive, k.sqrt() * naive);
        // Each fold more brings the estimate closer to that of all subjects.
        let bias = (1.0 + (k - 2.0) / k) * (inner - value);
        let pivot = (Pivot::Normal, Scale::Plain);
        NestedCrossValidated {
            estimate: Estimate::around(inner - bias, std_error, pivot, level),
            cross_validation: value,
            naive_std_error: naive,
            bias,
        }
    }
}
