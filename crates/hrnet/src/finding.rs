use serde::{Deserialize, Serialize};
use vertebra_keypoints::{
    ConfidenceCalibration, SpineShape, VertebraKeypoints, faces_right_log_ratio,
};

/// The side of the film a subject's front is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the documentation
pub enum Side {
    Left,
    Right,
}

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
    /// vertebrae, where the detector is calibrated.
    pub probability: Option<f64>,
}

/// What a detector's confidence in a film is worth, learnt from films it was not trained on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DetectorCalibration {
    /// Greatest error of a point that counts as found, mm.
    pub within_mm: f64,
    /// From a film's confidence ([`SpineFinding::confidence`]) to the probability that all of its
    /// points are found.
    pub map: ConfidenceCalibration,
}

impl SpineFinding {
    /// The confidence of the film: that of its least certain point.
    #[must_use]
    pub fn confidence(&self) -> f64 {
        self.keypoints.points().iter().map(|p| p.confidence).fold(1.0, f64::min)
    }

    /// The side the subject faces, judged by the curve of the points alone, with the logarithm of
    /// how much likelier it is than the other; `None` where neighbours coincide.
    ///
    /// A spine without lordosis has a small ratio: below 2 the side is a guess.
    #[must_use]
    pub fn facing(&self) -> Option<(Side, f64)> {
        let shape = SpineShape::new(&self.keypoints, None).ok()?;
        let ratio = faces_right_log_ratio(&shape);
        Some((if ratio >= 0.0 { Side::Right } else { Side::Left }, ratio.abs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lordotic_spine_faces_the_side_it_bulges_to() {
        let right = [(60., 10.), (63., 45.), (67., 81.), (69., 118.), (60., 155.)];
        let finding = |xy| SpineFinding {
            keypoints: VertebraKeypoints::from_xy(xy).unwrap(),
            moved: [false; 5],
            probability: None,
        };
        let (side, certainty) = finding(right).facing().unwrap();
        assert_eq!(side, Side::Right);
        assert!(certainty > 2.0, "{certainty}");
        let mirrored = finding(right.map(|(x, y)| (-x, y))).facing().unwrap();
        assert_eq!(mirrored.0, Side::Left);
        assert!((mirrored.1 - certainty).abs() < 1e-9);
        assert_eq!(finding([(1.0, 1.0); 5]).facing(), None);
    }
}
