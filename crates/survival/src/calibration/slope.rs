//! Calibration slope: the coefficient of the log hazard in a model of the evaluation sample.

use crate::{
    calibration::{CalibrationOptions, regression::slope},
    error::Error,
    estimate::{Estimate, Scale, Units},
    outcomes::{Endpoint, check},
};

/// Calibration slope of a log hazard: its coefficient in a Cox model of these outcomes (Efron
/// ties), or that of a log subdistribution hazard in Fine and Gray's model of one cause. Of a
/// predicted probability `p` it is `ln(-ln(1 - p))`. 1 is right; below 1 the predictions are too
/// extreme. The standard error is from the observed information of the Cox model times the
/// clusters' design effect, from its sandwich where case weights are not whole numbers, or from
/// Fine and Gray's sandwich.
///
/// # Shapes
/// - `log_hazard`: `[n]`, finite
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::NoEvents`], and
/// [`Error::Undefined`] where the log hazard is the same for all, or orders the events perfectly so
/// that no finite slope fits best.
pub fn calibration_slope(endpoint: &impl Endpoint, log_hazard: &[f64]) -> Result<Estimate, Error> {
    CalibrationOptions::default().calibration_slope(endpoint, log_hazard)
}

impl CalibrationOptions {
    /// Calibration slope of a log hazard.
    ///
    /// # Errors
    /// As [`calibration_slope`](crate::calibration::calibration_slope), and
    /// [`Error::InvalidSetting`] for a level outside (0, 1).
    pub fn calibration_slope(
        &self,
        endpoint: &impl Endpoint,
        log_hazard: &[f64],
    ) -> Result<Estimate, Error> {
        let level = self.level()?;
        check::finite("log_hazard", log_hazard, endpoint.follow_up())?;
        let units = Units::of(endpoint.follow_up(), NAME)?;
        let (slope, std_error) = slope(NAME, endpoint, log_hazard)?;
        Ok(Estimate::around(slope, std_error, (units.normal(), Scale::Plain), level))
    }
}

const NAME: &str = "the calibration slope";
