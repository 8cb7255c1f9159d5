//! Calibration in the large: observed over expected risk.

use crate::{
    calibration::CalibrationOptions,
    error::Error,
    estimate::{Estimate, Scale, Units},
    horizon::observed::observed,
    outcomes::{Endpoint, check},
};

/// Observed over expected risk at a horizon.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct ObservedExpected {
    /// Observed risk at the horizon.
    pub observed: f64,
    /// Mean predicted risk.
    pub expected: f64,
    /// `observed / expected`; above 1 the model predicts too little.
    /// Its interval is symmetric on the log scale and takes `expected` as given.
    pub ratio: Estimate,
}

/// Observed over expected risk of an event by `horizon` years.
///
/// # Shapes
/// - `predicted_risk`: `[n]`, in [0, 1]
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::InvalidSetting`], and
/// [`Error::Undefined`] without an event by the horizon, without anyone followed to it, or where
/// all predictions are 0.
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, observed_expected};
/// let outcomes = Outcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![true, false, false, false])?;
/// assert_eq!(observed_expected(&outcomes, &[0.5, 0.5, 0.0, 0.0], 2.0)?.ratio.value, 1.0);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn observed_expected(
    endpoint: &impl Endpoint,
    predicted_risk: &[f64],
    horizon: f64,
) -> Result<ObservedExpected, Error> {
    CalibrationOptions::default().observed_expected(endpoint, predicted_risk, horizon)
}

impl CalibrationOptions {
    /// Observed over expected risk of an event by `horizon` years.
    ///
    /// # Errors
    /// As [`observed_expected`](crate::calibration::observed_expected), and
    /// [`Error::InvalidSetting`] for a level outside (0, 1).
    pub fn observed_expected(
        &self,
        endpoint: &impl Endpoint,
        predicted_risk: &[f64],
        horizon: f64,
    ) -> Result<ObservedExpected, Error> {
        let level = self.level()?;
        let outcomes = endpoint.follow_up();
        check::probability("predicted_risk", predicted_risk, outcomes)?;
        let at = observed(endpoint, horizon)?;
        let observed = at.risk;
        let weight = |i: usize| outcomes.weight(i);
        let expected =
            (0..predicted_risk.len()).map(|i| weight(i) * predicted_risk[i]).sum::<f64>()
                / outcomes.total_weight();
        if observed == 0.0 {
            return Err(Error::Undefined {
                name: "observed over expected",
                why: "no event by the horizon",
            });
        }
        if expected == 0.0 {
            return Err(Error::Undefined {
                name: "observed over expected",
                why: "all predicted risks are 0",
            });
        }
        let ratio = observed / expected;
        let units = Units::of(outcomes, "observed over expected")?;
        let std_error = units.influence(observed, at.influence).std_error() / expected;
        let ratio = Estimate::around(ratio, std_error, (units.normal(), Scale::Log), level);
        Ok(ObservedExpected { observed, expected, ratio })
    }
}
