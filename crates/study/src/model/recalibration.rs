//! A step of a model's lineage: its risks brought into line with another cohort.

use serde::{Deserialize, Serialize};
use vertebra_report::results::SetSize;
use vertebra_survival::calibration::{Recalibrated, Recalibration};

/// A model's risks brought into line with a cohort. The log hazard stays as it was: who ranks above
/// whom does not change, save where a curve is not increasing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelRecalibration {
    /// How far predictions are changed.
    pub how: Recalibration,
    /// The subjects whose outcomes it rests on, and their events.
    pub on: SetSize,
    /// SHA-256 of the `model.json` that it was made from.
    pub of: String,
    /// From risks as they were to those that are given, one for each horizon.
    pub maps: Vec<Recalibrated>,
}

impl ModelRecalibration {
    /// What folders and code call a way of recalibration.
    #[must_use]
    pub fn code(how: Recalibration) -> &'static str {
        match how {
            Recalibration::InTheLarge => "in_the_large",
            Recalibration::Line => "line",
            _ => "flexible",
        }
    }

    /// What follows a model's title.
    #[must_use]
    pub fn words(how: Recalibration) -> &'static str {
        match how {
            Recalibration::InTheLarge => "recalibrated in the large",
            Recalibration::Line => "recalibrated by intercept and slope",
            _ => "recalibrated along a curve",
        }
    }

    /// The risks by increasing horizon, recalibrated; a later horizon never has the smaller risk.
    /// `None` where there is no map for a horizon.
    pub(super) fn apply(&self, risks: &[(f64, Option<f64>)]) -> Vec<(f64, Option<f64>)> {
        let mut least: f64 = 0.0;
        let mut one = |&(horizon, risk): &(f64, Option<f64>)| {
            let map = self.maps.iter().find(|map| map.horizon == horizon);
            let risk = map.zip(risk).and_then(|(map, risk)| match risk > 0.0 && risk < 1.0 {
                true => map.risk(risk).ok(),
                false => Some(risk),
            });
            least = least.max(risk.unwrap_or(0.0));
            (horizon, risk.map(|risk| risk.max(least)))
        };
        risks.iter().map(&mut one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vertebra_survival::{Outcomes, calibration::CalibrationOptions};

    #[test]
    fn risks_are_mapped_by_horizon_and_never_decrease() {
        let time: Vec<f64> = (0..60).map(|i| f64::from(1 + i * 7 % 23)).collect();
        let outcomes = Outcomes::new(time, (0..60).map(|i| i % 3 > 0).collect()).unwrap();
        let predicted: Vec<f64> = (0..60).map(|i| f64::from(1 + i * 11 % 37) / 120.0).collect();
        let how = Recalibration::InTheLarge;
        let map = |horizon| {
            CalibrationOptions::default().recalibrate(&outcomes, &predicted, horizon, how).unwrap()
        };
        let (on, of) = (SetSize { n: 60, events: 40 }, String::new());
        let step = ModelRecalibration { how, on, of, maps: vec![map(12.0), map(6.0)] };
        let risks = [(6.0, Some(0.2)), (9.0, Some(0.25)), (12.0, Some(0.05)), (20.0, None)];
        let mapped = step.apply(&risks);
        let first = mapped[0].1.unwrap();
        assert_eq!(first, map(6.0).risk(0.2).unwrap());
        assert_eq!(mapped[1], (9.0, None), "no map for this horizon");
        assert!(map(12.0).risk(0.05).unwrap() < first);
        assert_eq!(mapped[2].1, Some(first), "raised to that of the earlier horizon");
        assert_eq!(mapped[3].1, None);
        assert_eq!(step.apply(&[(6.0, Some(0.0))])[0].1, Some(0.0));
    }
}
