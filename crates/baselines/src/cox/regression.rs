//! The regression's settings.

use super::fit::CoxFit;
use crate::{DesignMatrix, Error};
use serde::{Deserialize, Serialize};
use vertebra_survival::{Error as SurvivalError, Interval, Outcomes, cox::CoxOptions};

/// Settings of a Cox regression: the [`CoxOptions`] of its maximum (ties, penalties, robust errors),
/// which it is made from, and the level of its intervals.
///
/// Entry times and case weights come with the [`Outcomes`]; strata, clusters and an offset with the
/// [`DesignMatrix`]. Maximised by Newton's method with step halving from zero; equal to R survival
/// 3.8 `coxph` to 1e-8 or better on its data sets (lung, veteran, gbsg, ovarian, cgd, pbc).
///
/// # Examples
/// ```
/// use vertebra_baselines::{CoxRegression, DesignMatrix, Outcomes};
/// let outcomes = Outcomes::new(
///     vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
///     vec![true, true, false, true, true, false],
/// )?;
/// let design = DesignMatrix::new(vec!["age".into()], vec![70.0, 61.0, 66.0, 72.0, 58.0, 63.0])?;
/// let fit = CoxRegression::default().fit(&outcomes, &design)?;
/// assert!(fit.coefficients[0].hazard_ratio.value > 1.0);
/// let survival = fit.survival_prob(&design, 3.0)?;
/// assert!(survival[0] < survival[4]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CoxRegression {
    options: CoxOptions,
    level: f64,
}

impl Default for CoxRegression {
    fn default() -> Self {
        Self { options: CoxOptions::default(), level: 0.95 }
    }
}

impl From<CoxOptions> for CoxRegression {
    fn from(options: CoxOptions) -> Self {
        Self { options, ..Self::default() }
    }
}

impl CoxRegression {
    /// Confidence level of the intervals; 0.95 by default.
    #[must_use]
    pub fn with_level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Fits the coefficients and the baseline hazards.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::NoEvents`], [`Error::Constant`], [`Error::Collinear`],
    /// [`Error::MonotoneLikelihood`], [`Error::NotConverged`]; [`Error::InvalidSetting`] for a
    /// negative ridge, a level outside (0, 1) or two penalties; [`Error::Survival`] for exact ties
    /// with weights, a robust variance or Firth's penalty.
    pub fn fit(&self, outcomes: &Outcomes, design: &DesignMatrix) -> Result<CoxFit, Error> {
        if !(self.level > 0.0 && self.level < 1.0) {
            let (name, expected, got) = ("level", "inside (0, 1)", self.level.to_string());
            return Err(Error::InvalidSetting { name, expected, got });
        }
        let maximum = self
            .options
            .fit(outcomes, design.covariates())
            .map_err(|error| named(error, design.names()))?;
        Ok(CoxFit::new(maximum, outcomes, design, (self.options.ties(), self.level)))
    }

    /// Intervals of the log hazard ratios from the profile of the (penalised) likelihood, one for
    /// each column: what the likelihood ratio test does not refuse.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn profile_intervals(
        &self,
        outcomes: &Outcomes,
        design: &DesignMatrix,
    ) -> Result<Vec<Interval>, Error> {
        let intervals = self.options.profile_intervals(outcomes, design.covariates(), self.level);
        intervals.map_err(|error| named(error, design.names()))
    }

    pub(super) fn options(&self) -> &CoxOptions {
        &self.options
    }

    pub(super) fn level(&self) -> f64 {
        self.level
    }
}

/// An error of the fit with the names of the columns.
pub(super) fn named(error: SurvivalError, names: &[String]) -> Error {
    let name = |column: usize| names[column].clone();
    match error {
        SurvivalError::Constant { column } => Error::Constant { column: name(column) },
        SurvivalError::Collinear { column, with } => {
            let with = with.into_iter().map(name).collect();
            Error::Collinear { column: name(column), with }
        }
        SurvivalError::MonotoneLikelihood { column, coefficient, with } => {
            let (column, with) = (name(column), with.into_iter().map(name).collect());
            Error::MonotoneLikelihood { column, coefficient, with }
        }
        SurvivalError::NotConverged { steps, distance } => Error::NotConverged { steps, distance },
        SurvivalError::InvalidSetting { name, expected, got } => {
            Error::InvalidSetting { name, expected, got }
        }
        other => other.into(),
    }
}
