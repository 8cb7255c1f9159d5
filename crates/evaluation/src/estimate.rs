//! A figure with its standard error and interval is that of survival; a test has the keys of this
//! crate.

use crate::Keys;
use serde::{Deserialize, Serialize};
pub use vertebra_survival::estimate::{Estimate, Interval};

impl Keys for Estimate {
    const KEYS: &'static [&'static str] = &["value", "std_error", "interval"];
}

impl Keys for vertebra_survival::Test {
    const KEYS: &'static [&'static str] = &["statistic", "df", "p"];
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

impl Test {
    /// A chi-square test of survival, whose degrees of freedom are whole.
    pub(crate) fn of(test: vertebra_survival::Test) -> Self {
        Self { statistic: test.statistic, df: test.df.unwrap_or_default() as usize, p: test.p }
    }
}
