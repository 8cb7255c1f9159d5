//! What the page shows of a film.

use serde::Serialize;
use vertebra_radiograph::{
    Acquisition, Error, Facing, FacingEstimate, Provenance, Radiograph, ReadOptions, Spacing,
};

/// A film without its pixels.
#[derive(Serialize)]
pub struct Film {
    height: usize,
    width: usize,
    /// Smallest and largest grey value.
    range: (f32, f32),
    /// Where the subject's front is: what the file states, else what the picture suggests.
    facing: String,
    spacing: Spacing,
    acquisition: Acquisition,
    provenance: Provenance,
    /// The warnings of the provenance as sentences.
    warnings: Vec<String>,
}

impl Film {
    /// Reads the bytes of a DICOM, PNG, TIFF, JPEG, BMP or NPY file; with the film come its pixels,
    /// four bytes each, opaque.
    pub fn read(bytes: &[u8]) -> Result<(Self, Vec<u8>), Error> {
        let film = ReadOptions::default().read_bytes(bytes)?;
        let grey = film.pixels().iter().flat_map(|&value| {
            let level = (255.0 * value.clamp(0.0, 1.0)).round() as u8;
            [level, level, level, 255]
        });
        let grey = grey.collect();
        let about = Self {
            height: film.height(),
            width: film.width(),
            range: film.range(),
            facing: facing(&film),
            spacing: film.spacing(),
            acquisition: film.acquisition().clone(),
            provenance: film.provenance().clone(),
            warnings: film.provenance().warnings.iter().map(ToString::to_string).collect(),
        };
        Ok((about, grey))
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|error| because(&error.to_string()))
    }
}

/// Why a file is no film, as JSON.
pub fn refusal(error: &Error) -> String {
    because(&error.to_string())
}

fn because(error: &str) -> String {
    serde_json::json!({ "error": error }).to_string()
}

fn facing(film: &Radiograph) -> String {
    if let Some(stated) = film.facing() {
        return format!("{}, as the file states", side(stated));
    }
    match film.estimate_facing() {
        Ok(FacingEstimate { facing, confidence, .. }) => {
            format!("{}, estimated with {:.0} % confidence", side(facing), 100.0 * confidence)
        }
        Err(_) => "unknown".to_owned(),
    }
}

fn side(facing: Facing) -> &'static str {
    match facing {
        Facing::Left => "left",
        Facing::Right => "right",
    }
}
