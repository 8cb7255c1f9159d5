//! Smooth calibration curve at a horizon and the indices that sum it up: ICI, E50, E90.
//!
//! The observed risk as a smooth function of the predicted one is the risk by the horizon of a
//! hazard regression on restricted cubic splines of `ln(-ln(1 - p))`: a Cox model (Efron ties), or
//! for one cause among competing ones the subdistribution hazard of Fine and Gray. With `d_i` the
//! absolute difference of the curve at subject `i`'s prediction from the prediction, ICI is the
//! mean of `d_i`, E50 the median, E90 the 90th percentile.
//!
//! Knots lie at Harrell's percentiles of the predictions: 3 at 10, 50, 90; 4 at 5, 35, 65, 95; 5 at
//! 5, 27.5, 50, 72.5, 95. The default is 3, as in the first source.
//!
//! Sources: Austin, Harrell & van Klaveren, *Stat. Med.* 39:2714-2742, 2020; Austin, Putter,
//! Giardiello & van Klaveren, *Diagn. Progn. Res.* 6:2, 2022 (competing risks); Harrell,
//! *Regression Modeling Strategies*, 2nd ed., 2015, sec. 2.4.5 (splines, knots). For an interval
//! use [`BootstrapOptions`](crate::BootstrapOptions).

use crate::{
    calibration::{
        CalibrationOptions,
        intercept::complementary_log_log,
        regression::{HazardRegression, regress},
    },
    error::Error,
    numeric::order::argsort,
    outcomes::Endpoint,
};

/// Observed risk as a smooth function of the predicted one.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct CalibrationCurve {
    /// Horizon in years.
    pub horizon: f64,
    /// The curve at each subject's prediction, shape `[n]`.
    pub observed: Vec<f64>,
    /// Integrated calibration index: mean absolute difference of observed from predicted risk.
    pub ici: f64,
    /// Median of the absolute difference.
    pub e50: f64,
    /// 90th percentile of the absolute difference.
    pub e90: f64,
    /// Largest absolute difference.
    pub e_max: f64,
    knots: Vec<f64>,
    regression: HazardRegression,
}

/// Smooth calibration curve of the predicted risks of an event by `horizon` years, with three
/// knots.
///
/// # Errors
/// As [`CalibrationOptions::calibration_curve`].
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, calibration_curve};
/// let time: Vec<f64> = (0..40).map(|i| f64::from(1 + i * 7 % 23)).collect();
/// let outcomes = Outcomes::new(time, (0..40).map(|i| i % 3 > 0).collect())?;
/// let predicted: Vec<f64> = (0..40).map(|i| f64::from(1 + i * 11 % 37) / 40.0).collect();
/// let curve = calibration_curve(&outcomes, &predicted, 12.0)?;
/// assert!(0.0 < curve.ici && curve.e50 <= curve.e90 && curve.e90 <= curve.e_max);
/// assert!((curve.at(predicted[3])? - curve.observed[3]).abs() < 1e-12);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn calibration_curve(
    endpoint: &impl Endpoint,
    predicted_risk: &[f64],
    horizon: f64,
) -> Result<CalibrationCurve, Error> {
    CalibrationOptions::default().calibration_curve(endpoint, predicted_risk, horizon)
}

impl CalibrationOptions {
    /// The curve of the predicted risks of an event by `horizon` years. Case weights are honoured
    /// in the regression, the mean and the percentiles; entry times in the regression.
    ///
    /// # Shapes
    /// - `predicted_risk`: `[n]`, inside (0, 1)
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::OutOfDomain`] for a prediction of 0 or 1,
    /// [`Error::InvalidSetting`] for another number of knots or a bad horizon, [`Error::NoEvents`],
    /// [`Error::Undefined`] where nobody was followed to the horizon, where too many predictions
    /// are equal for the knots to differ, or where no finite coefficients fit best; for one cause
    /// [`Error::Unsupported`] for case weights.
    pub fn calibration_curve(
        &self,
        endpoint: &impl Endpoint,
        predicted_risk: &[f64],
        horizon: f64,
    ) -> Result<CalibrationCurve, Error> {
        const NAME: &str = "the calibration curve";
        let places: &[f64] = match self.n_knots {
            3 => &[0.1, 0.5, 0.9],
            4 => &[0.05, 0.35, 0.65, 0.95],
            5 => &[0.05, 0.275, 0.5, 0.725, 0.95],
            n => {
                return Err(Error::InvalidSetting {
                    name: "knots",
                    expected: "3, 4 or 5",
                    got: n.to_string(),
                });
            }
        };
        let lp = complementary_log_log(predicted_risk, endpoint)?;
        let outcomes = endpoint.follow_up();
        crate::outcomes::check::reaches(outcomes, horizon)?;
        let weight: Vec<f64> = (0..lp.len()).map(|i| outcomes.weight(i)).collect();
        let knots = quantiles(&lp, &weight, places);
        if knots.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(Error::Undefined { name: NAME, why: "too many predictions are equal" });
        }
        let columns: Vec<Vec<f64>> = (0..knots.len() - 1)
            .map(|k| lp.iter().map(|&x| basis(&knots, k, x)).collect())
            .collect();
        let regression = regress(NAME, endpoint, &columns, horizon)?;
        let observed: Vec<f64> =
            lp.iter().map(|&x| regression.risk(|k| basis(&knots, k, x))).collect();
        let off: Vec<f64> =
            observed.iter().zip(predicted_risk).map(|(o, p)| (o - p).abs()).collect();
        let ici =
            off.iter().zip(&weight).map(|(d, w)| d * w).sum::<f64>() / outcomes.total_weight();
        let percentiles = quantiles(&off, &weight, &[0.5, 0.9, 1.0]);
        let (e50, e90, e_max) = (percentiles[0], percentiles[1], percentiles[2]);
        Ok(CalibrationCurve { horizon, observed, ici, e50, e90, e_max, knots, regression })
    }
}

impl CalibrationCurve {
    /// The observed risk where `predicted` is predicted.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a prediction outside (0, 1).
    pub fn at(&self, predicted: f64) -> Result<f64, Error> {
        let x = (-(-predicted).ln_1p()).ln();
        if !x.is_finite() {
            return Err(Error::InvalidSetting {
                name: "predicted",
                expected: "inside (0, 1)",
                got: predicted.to_string(),
            });
        }
        Ok(self.regression.risk(|k| basis(&self.knots, k, x)))
    }
}

/// The `k`-th of the restricted cubic spline's functions at `x`: linear first, then cubics that
/// are linear beyond the outer knots, divided by the squared span.
fn basis(knots: &[f64], k: usize, x: f64) -> f64 {
    if k == 0 {
        return x;
    }
    let cube = |knot: f64| (x - knot).max(0.0).powi(3);
    let last = knots.len() - 1;
    let (own, before, end) = (knots[k - 1], knots[last - 1], knots[last]);
    let bent = cube(own) - cube(before) * (end - own) / (end - before)
        + cube(end) * (before - own) / (end - before);
    bent / (end - knots[0]).powi(2)
}

/// Quantiles of repeated values: with weight `w`, a value stands `w` times. Between two values
/// as R's `quantile(type = 7)`.
fn quantiles(values: &[f64], weight: &[f64], at: &[f64]) -> Vec<f64> {
    let order = argsort(values);
    let mut passed = 0.0;
    let ends: Vec<f64> = order
        .iter()
        .map(|&i| {
            passed += weight[i as usize];
            passed
        })
        .collect();
    let value_at = |place: f64| {
        let k = ends.partition_point(|&end| end <= place + 1e-9).min(order.len() - 1);
        values[order[k] as usize]
    };
    at.iter()
        .map(|&q| {
            let place = (passed - 1.0).max(0.0) * q;
            let (low, high) = (value_at(place.floor()), value_at(place.floor() + 1.0));
            low + (place - place.floor()) * (high - low)
        })
        .collect()
}
