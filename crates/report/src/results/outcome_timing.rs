//! What it changes to take a fracture as known to an interval between two films.

use serde::{Deserialize, Serialize};
use vertebra_evaluation::{Estimate, Figure, Interval};

/// Risks of all analysed subjects by the day of the film and by the interval before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OutcomeTiming {
    /// Subjects.
    pub n: usize,
    /// Those of them with the event.
    pub events: usize,
    /// Events whose time is given and not dated by films.
    pub exact: usize,
    /// Median time between the last film without and the first with the fracture, years.
    pub median_gap: Option<f64>,
    /// The risk at each horizon.
    pub risks: Vec<TimedRisk>,
    /// Why there is no smooth curve, where there is none.
    #[serde(default)]
    pub no_smooth: Option<String>,
    /// Every model on the test set.
    #[serde(default)]
    pub models: Vec<TimedModel>,
}

/// A model on the test set, its subjects' events known to intervals between films.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TimedModel {
    /// The model's name.
    pub name: String,
    /// Years up to which it is judged.
    pub horizon: f64,
    /// Concordance of the events by the horizon.
    pub c: Figure<Estimate>,
    /// Cumulative/dynamic AUC.
    pub auc: Figure<Estimate>,
    /// The AUC where fractures are dated by the film that shows them.
    pub auc_visit: Figure<Estimate>,
    /// Groups of increasing predicted risk; none for a score without probabilities.
    pub groups: Vec<TimedGroup>,
}

/// Subjects of similar predicted risk, and how many of them have the event by the horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TimedGroup {
    /// Subjects.
    pub n: usize,
    /// Mean predicted risk.
    pub predicted: f64,
    /// Kaplan-Meier's risk, fractures dated by the film that shows them.
    pub visit: Option<RiskRange>,
    /// Turnbull's, with the interval by the likelihood ratio.
    pub interval: Option<RiskRange>,
}

/// The risk of an event by a horizon, `1 - S`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TimedRisk {
    /// Years.
    pub horizon: f64,
    /// Kaplan-Meier's, fractures dated by the film that shows them.
    pub visit: Option<RiskRange>,
    /// Turnbull's, with the interval by the likelihood ratio.
    pub interval: Option<RiskRange>,
    /// That of a smooth curve (Royston and Parmar's), from the same intervals.
    pub smooth: Option<RiskRange>,
    /// Kaplan-Meier's of the true times, where the cohort is a phantom that knows them.
    pub truth: Option<f64>,
}

/// A risk and its interval. Closed by nature: callers write it as a literal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RiskRange {
    /// The risk.
    pub risk: f64,
    /// Its interval.
    pub interval: Interval,
}

impl OutcomeTiming {
    /// So many subjects and events; no risk yet.
    #[must_use]
    pub fn new(n: usize, events: usize) -> Self {
        let (risks, models) = (Vec::new(), Vec::new());
        Self { n, events, exact: 0, median_gap: None, risks, no_smooth: None, models }
    }
}

impl TimedRisk {
    /// A horizon; no risk yet.
    #[must_use]
    pub fn at(horizon: f64) -> Self {
        Self { horizon, visit: None, interval: None, smooth: None, truth: None }
    }
}

impl TimedModel {
    /// A model's C and AUC by interval, and its AUC by film; no groups yet.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        horizon: f64,
        [c, auc, auc_visit]: [Figure<Estimate>; 3],
    ) -> Self {
        Self { name: name.into(), horizon, c, auc, auc_visit, groups: Vec::new() }
    }
}

impl TimedGroup {
    /// So many subjects with this mean prediction; no risk yet.
    #[must_use]
    pub fn new(n: usize, predicted: f64) -> Self {
        Self { n, predicted, visit: None, interval: None }
    }
}
