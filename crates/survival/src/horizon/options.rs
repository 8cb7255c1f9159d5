//! How figures at a horizon are computed.

use crate::{error::Error, outcomes::check};

/// How figures at a horizon are computed; the default has 95 % intervals.
///
/// The functions of this module, such as [`auc_at`](crate::horizon::auc_at), call the methods of
/// the default.
///
/// # Examples
/// ```
/// use vertebra_survival::{horizon::HorizonOptions, Outcomes};
/// let outcomes =
///     Outcomes::new(vec![1.0, 2.0, 3.0, 4.0, 5.0], vec![true, true, false, true, false])?;
/// let options = HorizonOptions::default().with_level(0.9);
/// let auc = options.auc_at(&outcomes, &[0.9, 0.3, 0.5, 0.4, 0.1], 2.5)?;
/// assert_eq!(auc.estimate.interval.level, 0.9);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct HorizonOptions {
    level: f64,
}

impl Default for HorizonOptions {
    fn default() -> Self {
        Self { level: 0.95 }
    }
}

impl HorizonOptions {
    /// Confidence level of the intervals, such as 0.95.
    #[must_use]
    pub fn with_level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// The level, or an error outside (0, 1).
    pub(super) fn level(&self) -> Result<f64, Error> {
        check::level(self.level)
    }
}
