//! Subjects analysed: sets and their sizes, missing covariates, outcomes.

use serde::{Deserialize, Serialize};
use vertebra_keypoints::Level;

/// Size of a set of subjects. Closed by nature: two counts, which callers write as a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetSize {
    /// Subjects.
    pub n: usize,
    /// Of them with the event.
    pub events: usize,
}

/// Sizes of the development and the test set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SplitSummary {
    /// How subjects were assigned: `by seed, stratified by event` or `column split`.
    pub method: String,
    /// Subjects and events of the development set.
    pub development: SetSize,
    /// Subjects and events of the test set.
    pub test: SetSize,
    /// Folds of the cross-validation inside the development set.
    pub folds: Vec<SetSize>,
}

/// A covariate with missing values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MissingCovariate {
    /// Its column.
    pub name: String,
    /// Subjects of the development set without it.
    pub development: usize,
    /// Subjects of the test set without it.
    pub test: usize,
    /// The named imputation and its value, learnt on the development set.
    pub imputation: String,
}

/// Follow-up and events of the analysed subjects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OutcomeSummary {
    /// Where times and events came from: `films` (morphometry) or `columns time, event`.
    pub source: String,
    /// Sum of follow-up times, years.
    pub person_years: f64,
    /// Median follow-up by reverse Kaplan-Meier, years.
    pub median_follow_up: Option<f64>,
    /// Events per 100 person-years.
    pub rate_per_100: f64,
    /// Incident fractures by level; a subject may count at several levels.
    pub fractures: Vec<(Level, usize)>,
    /// Source of the morphometric reference heights.
    pub reference: Option<String>,
}

impl SplitSummary {
    /// How subjects were assigned, the two sets, and the folds of the development set.
    #[must_use]
    pub fn new(
        method: impl Into<String>,
        development: SetSize,
        test: SetSize,
        folds: Vec<SetSize>,
    ) -> Self {
        Self { method: method.into(), development, test, folds }
    }
}

impl MissingCovariate {
    /// A column, the subjects of the development and of the test set without it, and the
    /// imputation.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        development: usize,
        test: usize,
        imputation: impl Into<String>,
    ) -> Self {
        Self { name: name.into(), development, test, imputation: imputation.into() }
    }
}

impl OutcomeSummary {
    /// So many events in so many person-years; no fracture has a level yet.
    #[must_use]
    pub fn new(source: impl Into<String>, events: usize, person_years: f64) -> Self {
        Self {
            source: source.into(),
            person_years,
            median_follow_up: None,
            rate_per_100: 100.0 * events as f64 / person_years,
            fractures: Vec::new(),
            reference: None,
        }
    }
}
