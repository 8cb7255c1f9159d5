//! What one number says of a fit, and combinations of its coefficients.

use super::fit::CoxFit;
use crate::Error;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;
use vertebra_survival::{
    Estimate, Test,
    estimate::{Pivot, Scale},
};

/// How well a fit explains its data, and whether these are enough.
///
/// With the likelihood ratio chi-square `X` and `e` events: O'Quigley's
/// `R2 = 1 - exp(-X / e)` (O'Quigley, Xu & Stare, *Stat. Med.* 24:479-489, 2005) does not fall with
/// censoring; Royston's is `R2 / (R2 + (1 - R2) pi^2 / 6)`, explained variation of the log hazard
/// (Royston, *Stata J.* 6:83-96, 2006).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CoxMeasures {
    /// Akaike's criterion, `-2 log likelihood + 2 df`.
    pub aic: f64,
    /// Schwarz's, with the number of events in the place of that of subjects, as R's `BIC`
    /// (Volinsky & Raftery, *Biometrics* 56:256-262, 2000).
    pub bic: f64,
    /// O'Quigley's explained randomness.
    pub r2_oquigley: f64,
    /// Royston's explained variation.
    pub r2_royston: f64,
    /// Events for each coefficient; below 10 or so coefficients are uncertain and too large.
    pub events_per_variable: f64,
}

/// A sum of multiples of the coefficients.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LinearCombination {
    /// Log hazard ratio.
    pub log_hazard_ratio: Estimate,
    /// Hazard ratio; the interval is symmetric on the log scale.
    pub hazard_ratio: Estimate,
    /// Whether the log hazard ratio is 0.
    pub test: Test,
}

impl CoxFit {
    /// Information criteria, explained variation, events per variable.
    #[must_use]
    pub fn measures(&self) -> CoxMeasures {
        let (ratio, events) = (self.tests.likelihood_ratio, self.events as f64);
        let df = ratio.df.unwrap_or_default();
        let explained = -(-ratio.statistic / events).exp_m1();
        let rest = (1.0 - explained) * PI * PI / 6.0;
        CoxMeasures {
            aic: 2.0 * (df - self.log_likelihood),
            bic: df * events.ln() - 2.0 * self.log_likelihood,
            r2_oquigley: explained,
            r2_royston: explained / (explained + rest),
            events_per_variable: events / self.coefficients.len() as f64,
        }
    }

    /// The log hazard ratio of a subject whose covariates differ from another's by `difference`,
    /// `[p]`, with its standard error.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`].
    pub fn combination(&self, difference: &[f64]) -> Result<LinearCombination, Error> {
        let (expected, got) = (self.coefficients.len(), difference.len());
        if got != expected {
            return Err(Error::LengthMismatch { name: "difference", expected, got });
        }
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let value = dot(difference, &self.log_hazard_ratios());
        let rows: Vec<f64> = self.covariance.iter().map(|row| dot(row, difference)).collect();
        let std_error = dot(&rows, difference).max(0.0).sqrt();
        let of_first = self.coefficients.first();
        let level = of_first.map_or(0.95, |c| c.log_hazard_ratio.interval.level);
        let pivot = of_first.and_then(|c| c.test.df).map_or(Pivot::Normal, Pivot::Student);
        let ratio = value.exp();
        Ok(LinearCombination {
            log_hazard_ratio: Estimate::around(value, std_error, (pivot, Scale::Plain), level),
            hazard_ratio: Estimate::around(ratio, ratio * std_error, (pivot, Scale::Log), level),
            test: Test::two_sided(value / std_error, pivot),
        })
    }
}
