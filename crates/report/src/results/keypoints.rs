//! Accuracy of the keypoint network.

use super::Picture;
use serde::{Deserialize, Serialize};
use vertebra_keypoints::Level;

/// Accuracy of the keypoint network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
