//! What it changes to take a fracture as known to an interval between two films.

use serde::{Deserialize, Serialize};
use vertebra_evaluation::Interval;

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
        Self { n, events, exact: 0, median_gap: None, risks: Vec::new() }
    }
}

impl TimedRisk {
    /// A horizon; no risk yet.
    #[must_use]
    pub fn at(horizon: f64) -> Self {
        Self { horizon, visit: None, interval: None, smooth: None, truth: None }
    }
}
