//! Reads and writes lateral spine radiographs (DICOM, PNG) as calibrated grey values with their provenance.

mod error;
mod radiograph;

pub use error::Error;
pub use radiograph::{Facing, Spacing, SpacingKind};
