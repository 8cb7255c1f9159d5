//! How a concordance index is computed: weights of pairs, horizon, strata, clusters, interval.

use crate::{
    concordance::TimeWeight,
    error::Error,
    estimate::{ReferenceDistribution, Scale, Units},
    outcomes::{Outcomes, check},
};

/// How to compute a concordance index; the default is Harrell's, over all of follow-up, with a 95 %
/// logit interval.
///
/// # Examples
/// ```
/// use vertebra_survival::{ConcordanceOptions, Outcomes, TimeWeight};
/// let outcomes = Outcomes::new(
///     vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
///     vec![true, true, false, true, true, false],
/// )?;
/// let options = ConcordanceOptions::default().with_time_weight(TimeWeight::Uno).with_horizon(4.5);
/// let uno = options.estimate(&outcomes, &[0.9, 0.4, 0.6, 0.5, 0.2, 0.1])?;
/// assert!(uno.estimate.interval.contains(uno.estimate.value));
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ConcordanceOptions {
    pub(super) time_weight: TimeWeight,
    pub(super) horizon: Option<f64>,
    pub(super) level: f64,
    pub(super) scale: Scale,
    pub(super) reference: ReferenceDistribution,
    pub(super) strata: Option<Vec<usize>>,
    pub(super) clusters: Option<Vec<usize>>,
}

impl Default for ConcordanceOptions {
    fn default() -> Self {
        Self {
            time_weight: TimeWeight::default(),
            horizon: None,
            level: 0.95,
            scale: Scale::default(),
            reference: ReferenceDistribution::default(),
            strata: None,
            clusters: None,
        }
    }
}

impl ConcordanceOptions {
    /// Weight of pairs by the time of their earlier event.
    #[must_use]
    pub fn with_time_weight(mut self, time_weight: TimeWeight) -> Self {
        self.time_weight = time_weight;
        self
    }

    /// Counts only pairs whose earlier event is at or before `horizon` years (Uno's truncation
    /// time, R's `ymax`).
    #[must_use]
    pub fn with_horizon(mut self, horizon: f64) -> Self {
        self.horizon = Some(horizon);
        self
    }

    /// Confidence level of the intervals, such as 0.95.
    #[must_use]
    pub fn with_level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Scale of the intervals.
    #[must_use]
    pub fn with_scale(mut self, scale: Scale) -> Self {
        self.scale = scale;
        self
    }

    /// Distribution behind intervals and P values.
    #[must_use]
    pub fn with_reference(mut self, reference: ReferenceDistribution) -> Self {
        self.reference = reference;
        self
    }

    /// Compares only pairs within a stratum; one label per subject.
    #[must_use]
    pub fn with_strata(mut self, strata: Vec<usize>) -> Self {
        self.strata = Some(strata);
        self
    }

    /// Treats the members of a cluster as dependent in standard errors; one label per subject. By
    /// default the clusters are those of the [outcomes](Outcomes::with_clusters).
    #[must_use]
    pub fn with_clusters(mut self, clusters: Vec<usize>) -> Self {
        self.clusters = Some(clusters);
        self
    }

    /// Checks the options, of dense labels, against these outcomes and this score.
    pub(super) fn check(&self, outcomes: &Outcomes, risk: &[f64]) -> Result<(), Error> {
        check::finite("risk", risk, outcomes)?;
        self.check_settings(outcomes)
    }

    /// Checks the options, of dense labels, against these outcomes.
    pub(super) fn check_settings(&self, outcomes: &Outcomes) -> Result<(), Error> {
        check::level(self.level)?;
        if let Some(horizon) = self.horizon.filter(|h| h.is_nan() || *h < 0.0) {
            return Err(Error::InvalidSetting {
                name: "horizon",
                expected: "at least 0 years",
                got: horizon.to_string(),
            });
        }
        for (name, labels) in [("strata", &self.strata), ("clusters", &self.clusters)] {
            if let Some(labels) = labels {
                check::length(name, labels, outcomes)?;
            }
        }
        let n = outcomes.n_subjects();
        Units::new(self.clusters.as_deref(), n, "the interval of C").map(|_| ())
    }
}
