//! What an evaluation computes, and how.

use crate::Error;

/// How a sample is evaluated; the default gives 95 % intervals without horizons or bootstrap.
///
/// # Examples
/// ```
/// use vertebra_evaluation::EvaluationOptions;
/// let options = EvaluationOptions::default()
///     .with_horizons(vec![1.0, 3.0, 5.0])
///     .with_bootstrap(999, 42)
///     .with_time_unit("years");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluationOptions {
    pub(crate) level: f64,
    pub(crate) horizons: Vec<f64>,
    pub(crate) tau: Option<f64>,
    pub(crate) bandwidth: Option<f64>,
    pub(crate) bootstrap: Option<usize>,
    pub(crate) seed: u64,
    pub(crate) n_groups: usize,
    pub(crate) thresholds: Vec<f64>,
    pub(crate) pairs: Option<Vec<(String, String)>>,
    pub(crate) time_unit: String,
}

impl Default for EvaluationOptions {
    fn default() -> Self {
        Self {
            level: 0.95,
            horizons: Vec::new(),
            tau: None,
            bandwidth: None,
            bootstrap: None,
            seed: 0,
            n_groups: 10,
            thresholds: vec![0.02, 0.05, 0.1, 0.2, 0.3],
            pairs: None,
            time_unit: "years".to_owned(),
        }
    }
}

impl EvaluationOptions {
    /// Level of the intervals, 0.95 by default.
    #[must_use]
    pub fn with_level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Times at which curves and areas under the ROC curve are given, in the unit of the outcomes.
    #[must_use]
    pub fn with_horizons(mut self, horizons: Vec<f64>) -> Self {
        self.horizons = horizons;
        self
    }

    /// Time at which Uno's C is cut off; all of follow-up by default.
    #[must_use]
    pub fn with_tau(mut self, tau: f64) -> Self {
        self.tau = Some(tau);
        self
    }

    /// Half the width of the window of events in which the incident AUC is averaged; a tenth of the
    /// longest follow-up by default.
    #[must_use]
    pub fn with_bandwidth(mut self, bandwidth: f64) -> Self {
        self.bandwidth = Some(bandwidth);
        self
    }

    /// Bootstrap samples for the intervals of C and of its differences, and their seed; none by
    /// default.
    #[must_use]
    pub fn with_bootstrap(mut self, samples: usize, seed: u64) -> Self {
        self.bootstrap = Some(samples);
        self.seed = seed;
        self
    }

    /// Groups of predicted probability in the calibration table, 10 by default.
    #[must_use]
    pub fn with_calibration_groups(mut self, n_groups: usize) -> Self {
        self.n_groups = n_groups;
        self
    }

    /// Probabilities at which net benefit, sensitivity, specificity and predictive values are
    /// given; 2, 5, 10, 20 and 30 % by default.
    #[must_use]
    pub fn with_thresholds(mut self, thresholds: Vec<f64>) -> Self {
        self.thresholds = thresholds;
        self
    }

    /// The pairs of scores, by name, that are compared, and that Holm's adjustment counts; all
    /// pairs by default.
    #[must_use]
    pub fn with_pairs(mut self, pairs: Vec<(String, String)>) -> Self {
        self.pairs = Some(pairs);
        self
    }

    /// Unit of the times, for headings only; years by default.
    #[must_use]
    pub fn with_time_unit(mut self, unit: impl Into<String>) -> Self {
        self.time_unit = unit.into();
        self
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let inside = |p: f64| p > 0.0 && p < 1.0;
        let refuse =
            |name, expected, got: String| Err(Error::InvalidSetting { name, expected, got });
        if !inside(self.level) {
            return refuse("level", "a number inside (0, 1)", self.level.to_string());
        }
        let times = self.horizons.iter().map(|h| ("horizons", *h));
        let times = times.chain(self.tau.map(|t| ("tau", t)));
        for (name, time) in times.chain(self.bandwidth.map(|b| ("bandwidth", b))) {
            if !(time.is_finite() && time > 0.0) {
                return refuse(name, "a time above 0", time.to_string());
            }
        }
        if let Some(p) = self.thresholds.iter().find(|p| !inside(**p)) {
            return refuse("thresholds", "numbers inside (0, 1)", p.to_string());
        }
        if self.bootstrap == Some(0) {
            return refuse("bootstrap", "at least one sample", "0".to_owned());
        }
        match self.n_groups {
            0 => refuse("calibration_groups", "at least 1", "0".to_owned()),
            _ => Ok(()),
        }
    }
}
