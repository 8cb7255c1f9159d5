//! One fit from those of several imputed data sets, by Rubin's rules.

use super::{coefficient::Coefficient, fit::CoxFit, tests::TermTest};
use crate::Error;
use serde::Serialize;
use vertebra_survival::{
    Estimate, Test,
    cox::PooledCoefficients,
    estimate::{Pivot, Scale},
    validation::{PooledEstimate, pool},
};

/// The pooled fit: coefficients, covariance and tests as those of a [`CoxFit`].
///
/// Each coefficient is pooled by Rubin's rules, with Student's t. The covariance is
/// that within and between imputations; tests of several are those of Li, Raghunathan & Rubin (see
/// [`PooledCoefficients`]).
///
/// # Examples
/// ```
/// use vertebra_baselines::{CoxRegression, DesignMatrix, Outcomes, PooledCox};
/// let time = vec![1.2, 0.8, 3.1, 2.2, 4.0, 2.9, 3.6, 1.9];
/// let event = vec![true, true, false, true, false, true, false, true];
/// let outcomes = Outcomes::new(time, event)?;
/// // The last age was missing.
/// let fits = [58.0, 61.0, 66.0].map(|age| {
///     let ages = vec![74.0, 69.0, 58.0, 71.0, 55.0, 63.0, 66.0, age];
///     CoxRegression::default().fit(&outcomes, &DesignMatrix::new(vec!["age".into()], ages)?)
/// });
/// let pooled = PooledCox::new(&fits.into_iter().collect::<Result<Vec<_>, _>>()?, 0.95)?;
/// assert!(pooled.coefficients[0].hazard_ratio.value > 1.0);
/// assert!(pooled.missing_shares[0] > 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PooledCox {
    /// Fits.
    pub imputations: usize,
    /// Rows of each.
    pub n: usize,
    /// Of them with the event.
    pub events: usize,
    /// One per column. Where every fit has a robust standard error, so has the pooled one.
    pub coefficients: Vec<Coefficient>,
    /// The share of each coefficient's variance that is due to missing values.
    pub missing_shares: Vec<f64>,
    /// Total covariance of the coefficients, `[p][p]`.
    pub covariance: Vec<Vec<f64>>,
    /// Whether all coefficients are 0; `None` where the covariance has no inverse.
    pub wald: Option<Test>,
    /// The same of each term.
    pub terms: Vec<TermTest>,
}

impl PooledCox {
    /// From the fits of the same columns, one for each imputed data set.
    ///
    /// # Errors
    /// [`Error::OtherColumns`] where columns differ, [`Error::LengthMismatch`] without a fit,
    /// [`Error::Survival`] for one alone or a level outside (0, 1).
    pub fn new(fits: &[CoxFit], level: f64) -> Result<Self, Error> {
        let names = |fit: &CoxFit| -> Vec<String> {
            fit.coefficients.iter().map(|c| c.name.clone()).collect()
        };
        let first = fits.first().map(names).unwrap_or_default();
        if let Some(other) = fits.iter().map(names).find(|names| *names != first) {
            return Err(Error::OtherColumns { expected: first.join(", "), got: other.join(", ") });
        }
        let pooled: Vec<PooledEstimate> = (0..first.len())
            .map(|k| {
                let one = |fit: &CoxFit| {
                    let estimate = &fit.coefficients[k].log_hazard_ratio;
                    (estimate.value, estimate.std_error)
                };
                pool(&fits.iter().map(one).collect::<Vec<_>>(), f64::INFINITY, level)
            })
            .collect::<Result<_, _>>()?;
        let Some(fit) = fits.first() else {
            return Err(Error::LengthMismatch { name: "fits", expected: 2, got: 0 });
        };
        let all: Vec<(Vec<f64>, Vec<Vec<f64>>)> =
            fits.iter().map(|fit| (fit.log_hazard_ratios(), fit.covariance.clone())).collect();
        let parts = PooledCoefficients::new(&all)?;
        let coefficient =
            |(name, pooled): (&String, &PooledEstimate)| coefficient(name, pooled, fits, level);
        let columns: Vec<usize> = (0..first.len()).collect();
        let term =
            |term: &TermTest| TermTest { wald: parts.test_of(&term.columns), ..term.clone() };
        Ok(Self {
            imputations: fits.len(),
            n: fit.n,
            events: fit.events,
            coefficients: first.iter().zip(&pooled).map(coefficient).collect(),
            missing_shares: pooled.iter().map(|pooled| pooled.missing_share).collect(),
            covariance: parts.covariance(),
            wald: parts.test_of(&columns),
            terms: fit.terms.iter().map(term).collect(),
        })
    }
}

fn coefficient(name: &str, pooled: &PooledEstimate, fits: &[CoxFit], level: f64) -> Coefficient {
    let robust =
        fits.iter().all(|fit| fit.coefficients.iter().all(|c| c.robust_std_error.is_some()));
    let (log, std_error) = (pooled.estimate, pooled.estimate.std_error);
    let ratio = log.value.exp();
    let pivot = if pooled.df.is_finite() { Pivot::Student(pooled.df) } else { Pivot::Normal };
    Coefficient {
        name: name.to_owned(),
        log_hazard_ratio: log,
        hazard_ratio: Estimate::around(ratio, ratio * std_error, (pivot, Scale::Log), level),
        model_std_error: std_error,
        robust_std_error: robust.then_some(std_error),
        test: pooled.test,
        variance_inflation: None,
    }
}
