//! Bands of the smooth calibration curve, and intervals of the indices that sum it up, by the
//! bootstrap of subjects or clusters, which fits the curve again in each sample.
//!
//! An index such as the ICI is a mean of absolute distances and so biased upwards: its percentile
//! interval may lie above the truth where calibration is nearly perfect. Austin, Harrell & van
//! Klaveren, *Stat. Med.* 39:2714-2742, 2020, take percentile intervals as well.

use crate::{
    calibration::{CalibrationCurve, CalibrationOptions},
    error::Error,
    estimate::Interval,
    outcomes::{Endpoint, endpoint::Kind},
    resampling::BootstrapOptions,
};

/// A calibration curve with its bands.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct CalibrationBands {
    /// The curve of the whole sample.
    pub curve: CalibrationCurve,
    /// The curve at the predictions asked for, with pointwise intervals.
    pub points: Vec<BandPoint>,
    /// Interval of the mean absolute distance.
    pub ici: Interval,
    /// Interval of its median.
    pub e50: Interval,
    /// Interval of its 90th percentile.
    pub e90: Interval,
}

/// A point of a calibration curve.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct BandPoint {
    /// Predicted risk.
    pub predicted: f64,
    /// The curve there.
    pub observed: f64,
    /// Its interval.
    pub interval: Interval,
}

impl CalibrationOptions {
    /// The calibration curve of the predicted risks by `horizon` years with bootstrap bands at the
    /// predictions `at`, and intervals of ICI, E50 and E90. Clusters of the outcomes are drawn
    /// whole.
    ///
    /// # Errors
    /// As [`calibration_curve`](Self::calibration_curve), [`Error::InvalidSetting`] for a
    /// prediction of `at` outside (0, 1), and [`Error::UndefinedReplicates`] where the curve is
    /// undefined in more than one in ten bootstrap samples.
    ///
    /// # Examples
    /// ```
    /// use vertebra_survival::{BootstrapOptions, Outcomes, calibration::CalibrationOptions};
    /// let time: Vec<f64> = (0..80).map(|i| f64::from(1 + i * 7 % 23)).collect();
    /// let outcomes = Outcomes::new(time, (0..80).map(|i| i % 3 > 0).collect())?;
    /// let predicted: Vec<f64> = (0..80).map(|i| f64::from(1 + i * 11 % 37) / 40.0).collect();
    /// let samples = BootstrapOptions::default().with_replicates(199).with_seed(1);
    /// let bands = CalibrationOptions::default()
    ///     .calibration_bands(&outcomes, &predicted, 12.0, &[0.3, 0.6], &samples)?;
    /// assert!(bands.points[0].interval.contains(bands.points[0].observed));
    /// # Ok::<(), vertebra_survival::Error>(())
    /// ```
    pub fn calibration_bands(
        &self,
        endpoint: &impl Endpoint,
        predicted_risk: &[f64],
        horizon: f64,
        at: &[f64],
        bootstrap: &BootstrapOptions,
    ) -> Result<CalibrationBands, Error> {
        let level = self.level()?;
        let curve = self.calibration_curve(endpoint, predicted_risk, horizon)?;
        let read = |curve: &CalibrationCurve| -> Result<Vec<f64>, Error> {
            let indices = [curve.ici, curve.e50, curve.e90].into_iter().map(Ok);
            indices.chain(at.iter().map(|&p| curve.at(p))).collect()
        };
        let whole = read(&curve)?;
        let mut samples = bootstrap.clone();
        if let Some(labels) =
            endpoint.follow_up().clusters().filter(|_| samples.drawing.clusters.is_none())
        {
            samples = samples.with_clusters(labels.to_vec());
        }
        let again = |rows: &[usize]| {
            let predicted: Vec<f64> = rows.iter().map(|&i| predicted_risk[i]).collect();
            let curve = match endpoint.kind() {
                Kind::Single(outcomes) => {
                    self.calibration_curve(&outcomes.resample(rows), &predicted, horizon)
                }
                Kind::Cause(cause) => {
                    let drawn = cause.outcomes().resample(rows);
                    drawn
                        .cause(cause.number())
                        .and_then(|cause| self.calibration_curve(&cause, &predicted, horizon))
                }
            };
            read(&curve.ok()?).ok()
        };
        let drawn = samples.draw_all(predicted_risk.len(), again)?;
        let interval = |k: usize| drawn[k].percentile(level);
        let points = at.iter().zip(&whole[3..]).enumerate().map(|(k, (&predicted, &observed))| {
            Ok(BandPoint { predicted, observed, interval: interval(3 + k)? })
        });
        Ok(CalibrationBands {
            points: points.collect::<Result<_, Error>>()?,
            ici: interval(0)?,
            e50: interval(1)?,
            e90: interval(2)?,
            curve,
        })
    }
}
