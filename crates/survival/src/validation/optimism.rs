//! The bootstrap estimate of optimism.
//!
//! In each bootstrap sample the pipeline is fitted anew; its statistic there minus that of the same
//! model on all subjects is its optimism. Source: Harrell, Lee & Mark, *Stat. Med.* 15:361-387,
//! 1996, sec. 6; Efron & Gong, *Am. Stat.* 37:36-48, 1983. The interval is the location-shifted one
//! of Noma et al., *Stat. Med.* 40:5691-5701, 2021: the percentile interval of the apparent values
//! (those of bootstrap models on their own samples) moved by the optimism. It takes the optimism as
//! known and is a little short in small samples.

use super::error::ValidationError;
use crate::{
    error::Error,
    estimate::Interval,
    resampling::{Bootstrap, BootstrapOptions},
};

/// A statistic corrected for optimism.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct OptimismCorrected {
    /// Its value on the subjects that the model was fitted to.
    pub apparent: f64,
    /// By how much that is too high (or low) on average.
    pub optimism: f64,
    /// `apparent - optimism`.
    pub corrected: f64,
    /// Monte Carlo standard error of the optimism, from the number of samples.
    pub monte_carlo_error: f64,
    /// Samples in which the pipeline had no value.
    pub n_undefined: usize,
    /// Values of the bootstrap models on their own samples.
    pub apparent_replicates: Vec<f64>,
}

/// Fits the pipeline in bootstrap samples and corrects its statistic for optimism.
///
/// `fit` gets the indices of subjects, some repeated; `judge` a model and the subjects to judge it
/// on. A sample in which one of them fails is left out, as long as at most one in ten is.
///
/// # Errors
/// [`ValidationError::Pipeline`] where the pipeline fails on all subjects,
/// [`ValidationError::Statistics`] for options that do not fit `n` or too many samples without a
/// value.
pub fn optimism_bootstrap<M, E>(
    n: usize,
    options: &BootstrapOptions,
    fit: impl Fn(&[usize]) -> Result<M, E> + Sync,
    judge: impl Fn(&M, &[usize]) -> Result<f64, E> + Sync,
) -> Result<OptimismCorrected, ValidationError<E>> {
    let everyone: Vec<usize> = (0..n).collect();
    let all = ValidationError::pipeline("all subjects");
    let model = fit(&everyone).map_err(&all)?;
    let apparent = judge(&model, &everyone).map_err(&all)?;
    let drawn = options.replicates(n, |sample| {
        let model = fit(sample).ok()?;
        let (own, whole) = (judge(&model, sample).ok()?, judge(&model, &everyone).ok()?);
        Some((own, own - whole)).filter(|(own, optimism)| own.is_finite() && optimism.is_finite())
    })?;
    let n_drawn = drawn.len();
    let values: Vec<(f64, f64)> = drawn.into_iter().flatten().collect();
    let undefined = n_drawn - values.len();
    if undefined * 10 > n_drawn {
        return Err(Error::UndefinedReplicates { undefined, drawn: n_drawn }.into());
    }
    let (apparent_replicates, optimism): (Vec<f64>, Vec<f64>) = values.into_iter().unzip();
    let (mean, sd) = crate::numeric::mean_and_sd(&optimism);
    Ok(OptimismCorrected {
        apparent,
        optimism: mean,
        corrected: apparent - mean,
        monte_carlo_error: sd / (optimism.len() as f64).sqrt(),
        n_undefined: undefined,
        apparent_replicates,
    })
}

impl OptimismCorrected {
    /// The percentile interval of the apparent values moved by the optimism.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a level outside (0, 1) or too few samples for it.
    pub fn interval(&self, level: f64) -> Result<Interval, Error> {
        let replicates = Bootstrap::new(self.apparent, self.apparent_replicates.clone())?;
        let Interval { lower, upper, .. } = replicates.percentile(level)?;
        Ok(Interval::new(lower - self.optimism, upper - self.optimism, level))
    }
}
