//! Calibration slope: the coefficient of the log hazard in a model of the evaluation sample.

use crate::{
    calibration::regression::slope,
    error::Error,
    numeric::distributions::Normal,
    outcomes::{Endpoint, check},
};

/// A coefficient with its standard error.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct CalibrationSlope {
    /// 1 is right; below 1 the predictions are too extreme.
    pub slope: f64,
    /// Standard error, from the observed information of the Cox model, or Fine and Gray's sandwich.
    pub se: f64,
    /// Lower bound of the 95 % interval.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
}

/// Calibration slope of a log hazard: its coefficient in a Cox model of these outcomes (Efron ties), or that of a
/// log subdistribution hazard in Fine and Gray's model of one cause. Of a predicted probability `p` it is
/// `ln(-ln(1 - p))`.
///
/// # Shapes
/// - `log_hazard`: `[n]`, finite
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::NoEvents`], and
/// [`Error::Undefined`] where the log hazard is the same for all, or orders the events perfectly so
/// that no finite slope fits best.
pub fn calibration_slope(
    endpoint: &impl Endpoint,
    log_hazard: &[f64],
) -> Result<CalibrationSlope, Error> {
    check::finite("log_hazard", log_hazard, endpoint.follow_up())?;
    let (slope, se) = slope("the calibration slope", endpoint, log_hazard)?;
    let reach = Normal.two_sided(0.95) * se;
    Ok(CalibrationSlope { slope, se, lower: slope - reach, upper: slope + reach })
}
