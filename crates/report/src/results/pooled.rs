//! What finished models are worth over several other cohorts.

use super::{RunRecord, SCHEMA_VERSION, SetSize, read_versioned};
use crate::Error;
use serde::{Deserialize, Serialize};
use std::path::Path;
use vertebra_evaluation::{Estimate, Figure, Interval, Keys};

/// Validations on several cohorts, and each figure over all of them by random effects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PooledResults {
    /// [`SCHEMA_VERSION`] of the program that wrote it.
    pub schema_version: u32,
    /// How the run can be repeated.
    pub run: RunRecord,
    /// The cohorts, in the order in which they were given.
    pub cohorts: Vec<PooledCohort>,
    /// Horizon of O/E and slope, years.
    pub main_horizon: f64,
    /// Every figure of every model, the model of the headline first.
    pub figures: Vec<PooledFigure>,
}

/// One of several cohorts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PooledCohort {
    /// Its name; its own report is in the folder of this name.
    pub name: String,
    /// Subjects and events analysed.
    pub size: SetSize,
    /// How many of them the models were fitted or recalibrated on, where that is known.
    #[serde(default)]
    pub took_part: Option<usize>,
}

/// What is pooled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Measure {
    /// Harrell's C, pooled as a logit.
    Concordance,
    /// Observed over expected events, pooled as a logarithm.
    ObservedExpected,
    /// Calibration slope.
    Slope,
}

/// A figure of a model in each cohort and over all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PooledFigure {
    /// Title of the model or score.
    pub model: String,
    /// Which figure.
    pub measure: Measure,
    /// In each cohort, in their order; `None` where it does not exist.
    pub by_cohort: Vec<Option<Estimate>>,
    /// Over all.
    pub pooled: Figure<OverCohorts>,
}

/// A figure over cohorts that differ, on the scale of the figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OverCohorts {
    /// Mean of the cohorts' true values.
    pub mean: f64,
    /// Its interval (Hartung and Knapp).
    pub interval: Interval,
    /// Where the true value of another cohort lies; `None` for fewer than three cohorts.
    pub prediction: Option<Interval>,
    /// Standard deviation of the true values on the scale of pooling.
    pub tau: f64,
    /// P value of Cochran's test that all cohorts have one value.
    pub p_heterogeneity: f64,
}

impl Keys for OverCohorts {
    const KEYS: &'static [&'static str] = &["mean", "interval", "prediction", "tau"];
}

impl Measure {
    /// As the report calls it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Concordance => "Harrell’s C",
            Self::ObservedExpected => "O/E",
            Self::Slope => "Slope",
        }
    }
}

impl PooledCohort {
    /// A cohort by its name, its subjects and their events.
    #[must_use]
    pub fn new(name: impl Into<String>, size: SetSize) -> Self {
        Self { name: name.into(), size, took_part: None }
    }

    /// The cohort with the number of subjects that the models were fitted or recalibrated on.
    #[must_use]
    pub fn with_took_part(mut self, took_part: Option<usize>) -> Self {
        self.took_part = took_part;
        self
    }
}

impl PooledFigure {
    /// A model's figure in each cohort and over all.
    #[must_use]
    pub fn new(
        model: impl Into<String>,
        measure: Measure,
        by_cohort: Vec<Option<Estimate>>,
        pooled: Figure<OverCohorts>,
    ) -> Self {
        Self { model: model.into(), measure, by_cohort, pooled }
    }
}

impl OverCohorts {
    /// A mean with its interval and that of prediction, the spread of the true values, and the P
    /// value of none.
    #[must_use]
    pub fn new(
        mean: f64,
        interval: Interval,
        prediction: Option<Interval>,
        tau: f64,
        p_heterogeneity: f64,
    ) -> Self {
        Self { mean, interval, prediction, tau, p_heterogeneity }
    }
}

impl PooledResults {
    /// Cohorts whose figures at this horizon are pooled; no figure yet.
    #[must_use]
    pub fn new(run: RunRecord, cohorts: Vec<PooledCohort>, main_horizon: f64) -> Self {
        let (schema_version, figures) = (SCHEMA_VERSION, Vec::new());
        Self { schema_version, run, cohorts, main_horizon, figures }
    }

    /// How many subjects of all cohorts the models were fitted or recalibrated on; `None` where one
    /// cohort does not tell, unless another has such subjects.
    #[must_use]
    pub fn took_part(&self) -> Option<usize> {
        let told = self.cohorts.iter().filter_map(|cohort| cohort.took_part);
        let (n, cohorts) = told.fold((0, 0), |(n, cohorts), here| (n + here, cohorts + 1));
        (n > 0 || cohorts == self.cohorts.len()).then_some(n)
    }

    /// Reads a `results.json` of several validations; its version is looked at before the rest.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::SchemaVersion`] for the file of a program of another layout;
    /// [`Error::Malformed`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        read_versioned(path, "the results of several validations")
    }

    /// Writes the results as JSON; the file is there whole or not at all.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        super::write_whole_json(path, self)
    }
}
