//! What a detector finds on a film, and what its confidence is worth.

use crate::{Error, FilmEvidence};
use serde::{Deserialize, Serialize};
use vertebra_keypoints::{ConfidenceCalibration, FacingByPoints, LocatedFilm, VertebraKeypoints};

/// What a detector found on one film.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive] // only a detector makes one
pub struct SpineFinding {
    /// Centres of L1..L5, px of the film, with the heatmaps' peaks as confidence.
    pub keypoints: VertebraKeypoints,
    /// Levels, L1 first, at which the highest peak of the heatmap was passed over because another
    /// one makes a more plausible spine; see [`DetectorConfig::candidates`].
    ///
    /// [`DetectorConfig::candidates`]: crate::DetectorConfig::candidates
    pub moved: [bool; 5],
    /// Probability that all five points lie within [`DetectorCalibration::within_mm`] of their
    /// vertebrae. `None` where the detector is not calibrated, or the film's confidence is less
    /// than that of every film it was calibrated on.
    pub probability: Option<f64>,
    /// What tells whether this may be trusted.
    pub evidence: FilmEvidence,
}

/// What a detector's confidence in a film is worth, learnt from films it was not trained on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DetectorCalibration {
    /// Greatest error of a point that counts as found, mm.
    pub within_mm: f64,
    /// From a film's confidence ([`SpineFinding::confidence`]) to the probability that all of its
    /// points are found.
    pub map: ConfidenceCalibration,
}

impl DetectorCalibration {
    /// The usual [`within_mm`](Self::within_mm).
    pub const WITHIN_MM: f64 = 4.0;

    /// The map from confidence to the probability that all points lie within this many mm.
    #[must_use]
    pub fn new(within_mm: f64, map: ConfidenceCalibration) -> Self {
        Self { within_mm, map }
    }

    /// Learns from films that the detector was not trained on, `detected` with its confidences; or
    /// from those held out in each fold, for detectors trained alike.
    ///
    /// # Errors
    /// [`Error::Keypoints`] without films, and for a confidence outside `[0, 1]`.
    pub fn fit(within_mm: f64, films: &[LocatedFilm]) -> Result<Self, Error> {
        let confidence: Vec<f64> = films.iter().map(|f| f.detected.least_confidence()).collect();
        let success: Vec<bool> = films.iter().map(|film| film.is_within(within_mm)).collect();
        Ok(Self { within_mm, map: ConfidenceCalibration::fit(&confidence, &success)? })
    }

    /// Probability that all points of a film of this confidence are found; `None` where it is less
    /// than any seen.
    #[must_use]
    pub fn probability(&self, confidence: f64) -> Option<f64> {
        (confidence >= self.map.least_seen()).then(|| self.map.probability(confidence))
    }
}

impl SpineFinding {
    /// The confidence of the film: that of its least certain point.
    #[must_use]
    pub fn confidence(&self) -> f64 {
        self.keypoints.least_confidence()
    }

    /// The side the subject faces by the points, see [`VertebraKeypoints::facing`].
    #[must_use]
    pub fn facing(&self, spacing_mm: Option<[f64; 2]>) -> Option<FacingByPoints> {
        self.keypoints.facing(spacing_mm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calibration_says_nothing_of_a_film_less_certain_than_all_it_has_seen() {
        let film = |confidence: f64, off: f64| {
            let at = |x: f64| [0., 35., 70., 105., 140.].map(|y| (x, y));
            let truth = VertebraKeypoints::from_xy(at(0.0)).unwrap();
            let mut points = *VertebraKeypoints::from_xy(at(off)).unwrap().points();
            points[3].confidence = confidence;
            let detected = VertebraKeypoints::new(points).unwrap();
            LocatedFilm::new(truth, detected, [1.0; 2])
        };
        let films = [film(0.5, 5.0), film(0.6, 1.0), film(0.8, 3.9)];
        let calibration = DetectorCalibration::fit(4.0, &films).unwrap();
        let got = [0.1, 0.5, 0.6, 0.9].map(|c| calibration.probability(c));
        assert_eq!(got, [None, Some(0.0), Some(1.0), Some(1.0)]);
        assert!(DetectorCalibration::fit(4.0, &[]).is_err());
    }
}
