//! The regression's settings.

use super::fit::CoxFit;
use crate::{DesignMatrix, Error};
use serde::{Deserialize, Serialize};
use vertebra_survival::{Error as SurvivalError, Interval, Outcomes, Ties, cox::CoxOptions};

/// Settings of a Cox regression.
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
    ties: Ties,
    ridge: f64,
    firth: bool,
    robust: bool,
    level: f64,
}

impl Default for CoxRegression {
    fn default() -> Self {
        Self { ties: Ties::default(), ridge: 0.0, firth: false, robust: false, level: 0.95 }
    }
}

impl CoxRegression {
    /// How tied events are handled; Efron by default.
    #[must_use]
    pub fn with_ties(mut self, ties: Ties) -> Self {
        self.ties = ties;
        self
    }

    /// Subtracts `theta / 2 * sum(coefficient^2)` from the log partial likelihood, on the columns
    /// as they are (scale them first if they should be shrunk alike).
    #[must_use]
    pub fn with_ridge(mut self, theta: f64) -> Self {
        self.ridge = theta;
        self
    }

    /// Adds Firth's penalty: less bias in small samples, and finite estimates also where a
    /// covariate separates the events. Its intervals had better be
    /// [profile](Self::profile_intervals) ones.
    #[must_use]
    pub fn with_firth(mut self, firth: bool) -> Self {
        self.firth = firth;
        self
    }

    /// Whether standard errors are robust also without clusters, each row by itself.
    #[must_use]
    pub fn with_robust(mut self, robust: bool) -> Self {
        self.robust = robust;
        self
    }

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
            .options()
            .fit(outcomes, design.covariates())
            .map_err(|error| named(error, design.names()))?;
        Ok(CoxFit::new(maximum, outcomes, design, (self.ties, self.level)))
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
        let intervals = self.options().profile_intervals(outcomes, design.covariates(), self.level);
        intervals.map_err(|error| named(error, design.names()))
    }

    pub(super) fn options(&self) -> CoxOptions {
        let options = CoxOptions::default().with_ties(self.ties).with_ridge(self.ridge);
        options.with_firth(self.firth).with_robust(self.robust)
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
