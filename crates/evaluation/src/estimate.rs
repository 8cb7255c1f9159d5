//! An estimate with its standard error and interval.

use serde::{Deserialize, Serialize};

/// A confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Interval {
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
    /// Its level, such as 0.95.
    pub level: f64,
}

impl Interval {
    /// The interval from `lower` to `upper` at `level`.
    #[must_use]
    pub fn new(lower: f64, upper: f64, level: f64) -> Self {
        Self { lower, upper, level }
    }
}

/// A statistic with its standard error and interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Estimate {
    /// The statistic.
    pub value: f64,
    /// Its standard error.
    pub std_error: f64,
    /// Its confidence interval.
    pub interval: Interval,
}

impl Estimate {
    /// An estimate from its parts.
    #[must_use]
    pub fn new(value: f64, std_error: f64, interval: Interval) -> Self {
        Self { value, std_error, interval }
    }
}

/// A test of a null hypothesis.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Test {
    /// The statistic, chi-square distributed.
    pub statistic: f64,
    /// Its degrees of freedom.
    pub df: usize,
    /// P value.
    pub p: f64,
}
