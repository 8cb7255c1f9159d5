//! Paired comparison of two statistics of the same subjects.

use crate::{
    concordance::{ConcordanceOptions, TimeWeight},
    error::Error,
    estimate::Pivot,
    outcomes::Outcomes,
};

/// The difference of two statistics of the same subjects, with its test against 0.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct PairedDifference {
    /// First minus second.
    pub difference: f64,
    /// Standard error of the difference, from the joint covariance.
    pub se: f64,
    /// `difference / se`.
    pub z: f64,
    /// Two-sided P of `z`, under the normal distribution or that of the options' [`ReferenceDistribution`](crate::estimate::ReferenceDistribution).
    pub p: f64,
    /// Lower bound, a quantile of the same distribution times `se` below the difference.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
}

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

/// A difference whose variance is not just the rounding of its parts, `largest` the larger of these.
pub(crate) fn paired_difference(
    difference: f64,
    variance: f64,
    largest: f64,
    level: f64,
    pivot: Pivot,
) -> Result<PairedDifference, Error> {
    if variance <= 1e-14 * largest || variance <= 0.0 {
        return Err(Error::Undefined {
            name: "the paired comparison",
            why: "the two scores agree on all pairs",
        });
    }
    let se = variance.sqrt();
    let z = difference / se;
    let reach = pivot.two_sided(level) * se;
    Ok(PairedDifference {
        difference,
        se,
        z,
        p: pivot.two_sided_p(z),
        lower: difference - reach,
        upper: difference + reach,
    })
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
