//! Predictions brought into line with a new cohort: by the intercept alone, by intercept and slope,
//! or along the smooth calibration curve.
//!
//! With `lp = ln(-ln(1 - p))` the recalibrated risk is `1 - exp(-exp(a + b lp))`: `b = 1` for
//! recalibration in the large, where `exp(a)` multiplies the cumulative hazard, both free for the
//! logistic-like line. On the cohort of the recalibration the calibration intercept is 0
//! afterwards, and the line 0 and 1; observed over expected is only near 1, as the estimating
//! equations give each subject the weight `dmu/da`. What was recalibrated on a cohort is judged on another one, or by a
//! bootstrap.
//!
//! Sources: Steyerberg, *Clinical Prediction Models*, 2nd ed., 2019, ch. 20; van Houwelingen,
//! *Stat. Med.* 19:3401-3415, 2000.

use crate::{
    calibration::{CalibrationCurve, CalibrationOptions, intercept::complementary_log_log},
    error::Error,
    outcomes::Endpoint,
};

/// How far predictions are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum Recalibration {
    /// The cumulative hazard is multiplied by one factor.
    InTheLarge,
    /// Intercept and slope.
    Line,
    /// Along the smooth calibration curve.
    Flexible,
}

/// A map from predicted to recalibrated risks by one horizon.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Recalibrated {
    /// Horizon in years.
    pub horizon: f64,
    form: Form,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
enum Form {
    Line { intercept: f64, slope: f64 },
    Curve(Box<CalibrationCurve>),
}

impl CalibrationOptions {
    /// The map that brings `predicted_risk` of an event by `horizon` years into line with these
    /// outcomes.
    ///
    /// # Shapes
    /// - `predicted_risk`: `[n]`, inside (0, 1)
    ///
    /// # Errors
    /// As [`calibration_intercept`](Self::calibration_intercept),
    /// [`calibration_line`](Self::calibration_line) or
    /// [`calibration_curve`](Self::calibration_curve).
    ///
    /// # Examples
    /// ```
    /// use vertebra_survival::{Outcomes, calibration::{CalibrationOptions, Recalibration}};
    /// let time: Vec<f64> = (0..40).map(|i| f64::from(1 + i * 7 % 23)).collect();
    /// let outcomes = Outcomes::new(time, (0..40).map(|i| i % 3 > 0).collect())?;
    /// let too_low: Vec<f64> = (0..40).map(|i| f64::from(1 + i * 11 % 37) / 120.0).collect();
    /// let map = CalibrationOptions::default()
    ///     .recalibrate(&outcomes, &too_low, 12.0, Recalibration::InTheLarge)?;
    /// assert!(map.risk(0.1)? > 0.1);
    /// # Ok::<(), vertebra_survival::Error>(())
    /// ```
    pub fn recalibrate(
        &self,
        endpoint: &impl Endpoint,
        predicted_risk: &[f64],
        horizon: f64,
        how: Recalibration,
    ) -> Result<Recalibrated, Error> {
        complementary_log_log(predicted_risk, endpoint)?;
        let form = match how {
            Recalibration::InTheLarge => {
                let intercept = self.calibration_intercept(endpoint, predicted_risk, horizon)?;
                Form::Line { intercept: intercept.value, slope: 1.0 }
            }
            Recalibration::Line => {
                let line = self.calibration_line(endpoint, predicted_risk, horizon)?;
                Form::Line { intercept: line.intercept.value, slope: line.slope.value }
            }
            Recalibration::Flexible => {
                let mut curve = self.calibration_curve(endpoint, predicted_risk, horizon)?;
                // The map is stored with models: it holds no number of a subject.
                curve.observed = Vec::new();
                Form::Curve(Box::new(curve))
            }
        };
        Ok(Recalibrated { horizon, form })
    }
}

impl Recalibrated {
    /// The recalibrated risk of a predicted one.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a prediction outside (0, 1).
    pub fn risk(&self, predicted: f64) -> Result<f64, Error> {
        let lp = (-(-predicted).ln_1p()).ln();
        if !lp.is_finite() {
            let (name, expected) = ("predicted", "inside (0, 1)");
            return Err(Error::InvalidSetting { name, expected, got: predicted.to_string() });
        }
        match &self.form {
            Form::Line { intercept, slope } => Ok(-(-(intercept + slope * lp).exp()).exp_m1()),
            Form::Curve(curve) => curve.at(predicted),
        }
    }

    /// The recalibrated risks, shape `[n]`.
    ///
    /// # Errors
    /// As [`risk`](Self::risk).
    pub fn risks(&self, predicted: &[f64]) -> Result<Vec<f64>, Error> {
        predicted.iter().map(|&p| self.risk(p)).collect()
    }
}
