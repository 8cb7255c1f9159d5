//! One lateral radiograph as the rest of the project sees it.

use serde::{Deserialize, Serialize};

/// What the pixel spacing of a radiograph means (DICOM PS3.3 10.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpacingKind {
    /// In the patient, calibrated against an object of known size or for known geometry.
    Calibrated,
    /// At the front plane of the detector; the patient is smaller by the magnification.
    Detector,
    /// At the detector, divided by the estimated radiographic magnification factor.
    Corrected,
    /// Not stated or not believable.
    Unknown,
}

/// Distance between pixel centres, in mm, in DICOM's order `[row, col]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spacing {
    /// Between rows (down a column), mm.
    pub row_mm: f64,
    /// Between columns (along a row), mm.
    pub col_mm: f64,
    /// What the numbers mean.
    pub kind: SpacingKind,
}

/// Which side of the picture the subject's front (anterior) is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Facing {
    /// Anterior is towards column 0.
    Left,
    /// Anterior is towards the last column.
    Right,
}
