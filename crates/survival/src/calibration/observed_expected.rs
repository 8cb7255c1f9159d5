//! Calibration in the large: observed over expected risk.

use crate::{
    error::Error,
    horizon::observed::observed,
    numeric::distributions::Normal,
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
    pub ratio: f64,
    /// Lower bound of the ratio's 95 % interval, on the log scale, taking `expected` as given.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
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
/// assert_eq!(observed_expected(&outcomes, &[0.5, 0.5, 0.0, 0.0], 2.0)?.ratio, 1.0);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn observed_expected(
    endpoint: &impl Endpoint,
    predicted_risk: &[f64],
    horizon: f64,
) -> Result<ObservedExpected, Error> {
    let outcomes = endpoint.follow_up();
    check::probability("predicted_risk", predicted_risk, outcomes)?;
    let at = observed(endpoint, horizon)?;
    let observed = at.risk;
    let weight = |i: usize| outcomes.weight(i);
    let expected = (0..predicted_risk.len()).map(|i| weight(i) * predicted_risk[i]).sum::<f64>()
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
    let reach = (Normal.two_sided(0.95) * at.se() / observed).exp();
    Ok(ObservedExpected { observed, expected, ratio, lower: ratio / reach, upper: ratio * reach })
}
