//! A figure with its standard error and its interval.

use serde::{Deserialize, Serialize};

use crate::estimate::Pivot;

/// A confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Interval {
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
    /// Confidence level, such as 0.95.
    pub level: f64,
}

/// A figure with its standard error and its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// Standard error.
    pub std_error: f64,
    /// Confidence interval.
    pub interval: Interval,
}

/// Scale on which an interval is symmetric around the estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Scale {
    /// `ln(p / (1 - p))`: an interval of a probability stays inside (0, 1).
    #[default]
    Logit,
    /// The figure's own: `value +- z std_error`.
    Plain,
    /// `ln value`: an interval of a ratio stays above 0.
    Log,
}

impl Interval {
    /// The interval from `lower` to `upper` at confidence level `level`.
    #[must_use]
    pub fn new(lower: f64, upper: f64, level: f64) -> Self {
        Self { lower, upper, level }
    }

    /// Whether a value lies in the interval, its bounds included.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        self.lower <= value && value <= self.upper
    }

    /// Upper bound minus lower bound.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.upper - self.lower
    }
}

impl Estimate {
    /// A figure with a standard error and an interval from elsewhere.
    #[must_use]
    pub fn new(value: f64, std_error: f64, interval: Interval) -> Self {
        Self { value, std_error, interval }
    }

    /// A figure with the interval that its standard error, a scale and a distribution give.
    #[must_use]
    pub fn around(value: f64, std_error: f64, (pivot, scale): (Pivot, Scale), level: f64) -> Self {
        let (lower, upper) = scale.around(value, pivot.two_sided(level) * std_error);
        Self { value, std_error, interval: Interval { lower, upper, level } }
    }

    /// An interval by the normal distribution on the figure's own scale.
    pub(crate) fn plain(value: f64, std_error: f64, level: f64) -> Self {
        Self::around(value, std_error, (Pivot::Normal, Scale::Plain), level)
    }
}

impl Scale {
    /// The bounds at distance `reach`, measured on the figure's own scale at `value`. Where the
    /// scale has no such value, as the logit of 1, the interval is a plain one.
    fn around(self, value: f64, reach: f64) -> (f64, f64) {
        match self {
            Self::Logit if reach != 0.0 && value > 0.0 && value < 1.0 => {
                let logit = (value / (1.0 - value)).ln();
                let half = reach / (value * (1.0 - value));
                let back = |x: f64| 1.0 / (1.0 + (-x).exp());
                (back(logit - half), back(logit + half))
            }
            Self::Log if value > 0.0 => {
                let factor = (reach / value).exp();
                // A bound beyond all numbers is the largest one.
                (value / factor, (value * factor).min(f64::MAX))
            }
            _ => (value - reach, value + reach),
        }
    }
}
