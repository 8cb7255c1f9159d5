//! The difference of two figures of the same subjects.

use serde::{Deserialize, Serialize};

use crate::{
    error::Error,
    estimate::{Estimate, Pivot, Scale, Test},
};

/// The difference of two figures of the same subjects, with its test against 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PairedDifference {
    /// First minus second; its standard error is from the joint covariance.
    pub difference: Estimate,
    /// The difference divided by its standard error, two-sided.
    pub test: Test,
}

impl PairedDifference {
    /// A difference whose variance is more than the rounding of its parts, the larger of which has
    /// the variance `largest`. The figures have the size of shares: what is below `ROUNDING` has
    /// come of sums that should be 0.
    pub(crate) fn new(
        difference: f64,
        variance: f64,
        largest: f64,
        (pivot, level): (Pivot, f64),
    ) -> Result<Self, Error> {
        const ROUNDING: f64 = 1e-26;
        if variance <= (1e-14 * largest).max(ROUNDING) {
            return Err(Error::Undefined {
                name: "the paired comparison",
                why: "the two scores agree on all pairs",
            });
        }
        let std_error = variance.sqrt();
        Ok(Self {
            difference: Estimate::around(difference, std_error, (pivot, Scale::Plain), level),
            test: Test::two_sided(difference / std_error, pivot),
        })
    }
}
