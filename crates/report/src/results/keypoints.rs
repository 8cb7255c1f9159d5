//! Accuracy of the keypoint network.

use super::Picture;
use serde::{Deserialize, Serialize};
use vertebra_keypoints::Level;

/// Accuracy of the keypoint network.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeypointResults {
    /// The network, e.g. `HRNet-W32`, its number of parameters, and its input size.
    pub network: String,
    /// OKS sigmas of L1..L5.
    pub sigmas: [f64; 5],
    /// What `area` means in the OKS.
    pub area: String,
    /// One row per cross-validation fold, held-out films only.
    pub folds: Vec<KeypointFold>,
    /// The test films, by the detector that the model folder keeps.
    pub test: Option<KeypointFold>,
    /// Errors by level over the held-out films.
    pub levels: Vec<LevelError>,
    /// Films whose keypoints failed a plausibility check, over all analysed films.
    pub flagged: usize,
    /// Pictures of films with annotated and detected points.
    pub overlays: Vec<Picture>,
}

/// Keypoint accuracy on one set of held-out films.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeypointFold {
    /// Held-out films.
    pub n: usize,
    /// OKS average precision over thresholds 0.50 to 0.95.
    pub ap: f64,
    /// At OKS 0.50.
    pub ap50: f64,
    /// At OKS 0.75.
    pub ap75: f64,
    /// Mean radial error, mm where the spacing is known (else `None`).
    pub mean_error_mm: Option<f64>,
    /// Mean radial error, px of the original film.
    pub mean_error_px: f64,
}

/// Error at one level over the held-out films.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LevelError {
    /// The level.
    pub level: Level,
    /// Mean radial error, mm.
    pub mean_mm: f64,
    /// Median radial error, mm.
    pub median_mm: f64,
    /// 95th percentile of the radial error, mm.
    pub p95_mm: f64,
    /// Share of points within 2 mm.
    pub within_2mm: f64,
}

impl KeypointFold {
    /// AP over all thresholds, at 0.50 and at 0.75, and the mean error in px, of `n` films.
    #[must_use]
    pub fn new(n: usize, [ap, ap50, ap75]: [f64; 3], mean_error_px: f64) -> Self {
        Self { n, ap, ap50, ap75, mean_error_mm: None, mean_error_px }
    }

    /// The accuracy with the mean error in mm, where it is known.
    #[must_use]
    pub fn with_mean_error_mm(mut self, mm: Option<f64>) -> Self {
        self.mean_error_mm = mm;
        self
    }
}

impl LevelError {
    /// What radial errors in mm amount to; `None` without any.
    #[must_use]
    pub fn of(level: Level, mut mm: Vec<f64>) -> Option<Self> {
        mm.sort_by(f64::total_cmp);
        let n = mm.len() as f64;
        let at = |share: f64| mm.get((mm.len().checked_sub(1)? as f64 * share).round() as usize);
        Some(Self {
            level,
            mean_mm: mm.iter().sum::<f64>() / n,
            median_mm: *at(0.5)?,
            p95_mm: *at(0.95)?,
            within_2mm: mm.iter().filter(|e| **e <= 2.0).count() as f64 / n,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_become_their_mean_quantiles_and_share_within_2_mm() {
        let found = LevelError::of(Level::L3, vec![5.0, 1.0, 3.0, 2.0]).unwrap();
        assert_eq!((found.mean_mm, found.median_mm, found.p95_mm), (2.75, 3.0, 5.0));
        assert_eq!(found.within_2mm, 0.5);
        assert_eq!(LevelError::of(Level::L1, Vec::new()), None);
    }
}
