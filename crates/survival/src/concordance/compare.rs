//! Paired comparison of two statistics of the same subjects.

use crate::{
    concordance::{ConcordanceOptions, TimeWeight},
    error::Error,
    estimate::PairedDifference,
    outcomes::Outcomes,
};

impl ConcordanceOptions {
    /// Tests whether two scores of the same subjects have the same index.
    ///
    /// # Errors
    /// As [`estimate`](Self::estimate), and [`Error::Undefined`] where both scores rank all pairs
    /// alike.
    pub fn compare(
        &self,
        outcomes: &Outcomes,
        first: &[f64],
        second: &[f64],
    ) -> Result<PairedDifference, Error> {
        self.estimate_jointly(outcomes, &[first, second])?.difference(0, 1)
    }
}

/// Tests whether two scores of the same subjects have the same Harrell's C.
///
/// # Errors
/// As [`ConcordanceOptions::compare`].
pub fn compare_harrell_c(
    outcomes: &Outcomes,
    first: &[f64],
    second: &[f64],
) -> Result<PairedDifference, Error> {
    ConcordanceOptions::default().compare(outcomes, first, second)
}

/// Tests whether two scores of the same subjects have the same Uno's C up to `horizon` years.
///
/// # Errors
/// As [`ConcordanceOptions::compare`].
pub fn compare_uno_c(
    outcomes: &Outcomes,
    first: &[f64],
    second: &[f64],
    horizon: f64,
) -> Result<PairedDifference, Error> {
    let uno = ConcordanceOptions::default().with_time_weight(TimeWeight::Uno);
    uno.with_horizon(horizon).compare(outcomes, first, second)
}
