//! How calibration is computed.

use crate::{error::Error, outcomes::check};

/// How calibration is computed; the default has 95 % intervals and a curve with three knots.
///
/// The functions of this module, such as
/// [`calibration_slope`](crate::calibration::calibration_slope), are short for the methods of the
/// default.
///
/// # Examples
/// ```
/// use vertebra_survival::{calibration::CalibrationOptions, Outcomes};
/// let outcomes = Outcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![true, false, false, false])?;
/// let options = CalibrationOptions::default().with_level(0.9);
/// let got = options.observed_expected(&outcomes, &[0.5, 0.5, 0.0, 0.0], 2.0)?;
/// assert_eq!((got.ratio.value, got.ratio.interval.level), (1.0, 0.9));
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct CalibrationOptions {
    level: f64,
    pub(super) n_knots: usize,
}

impl Default for CalibrationOptions {
    fn default() -> Self {
        Self { level: 0.95, n_knots: 3 }
    }
}

impl CalibrationOptions {
    /// Confidence level of the intervals, such as 0.95.
    #[must_use]
    pub fn with_level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Number of knots of the calibration curve: 3, 4 or 5.
    #[must_use]
    pub fn with_knots(mut self, n_knots: usize) -> Self {
        self.n_knots = n_knots;
        self
    }

    /// The level, or an error outside (0, 1).
    pub(super) fn level(&self) -> Result<f64, Error> {
        check::level(self.level)
    }
}
