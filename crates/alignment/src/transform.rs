//! The invertible transform between a film and its canonical picture.

use crate::Error;
use serde::{Deserialize, Serialize};
use vertebra_raster::Affine;

/// An invertible transform from original px to canonical px; in both, `(x right, y down)` with the
/// centre of the first pixel at `(0, 0)`.
///
/// It serialises as its matrix `[[a, b, tx], [c, d, ty]]` and the film's pixel spacing:
/// `x' = a x + b y + tx`, `y' = c x + d y + ty`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Record", into = "Record")]
pub struct Alignment {
    map: Affine,
    spacing_mm: Option<[f64; 2]>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    matrix: [[f64; 3]; 2],
    spacing_mm: Option<[f64; 2]>,
}

impl Alignment {
    /// Any invertible affine transform, for a film with this pixel spacing `[row, col]` in mm.
    ///
    /// # Errors
    /// [`Error::Raster`] for a matrix without inverse; [`Error::InvalidValue`] for a spacing that
    /// is not positive.
    pub fn new(matrix: [[f64; 3]; 2], spacing_mm: Option<[f64; 2]>) -> Result<Self, Error> {
        check_spacing(spacing_mm)?;
        Ok(Self { map: Affine::new(matrix)?, spacing_mm })
    }

    /// Where an original point lies in the canonical picture, px.
    #[must_use]
    pub fn to_canonical(&self, point: (f64, f64)) -> (f64, f64) {
        self.map.apply(point)
    }

    /// Where a canonical point lies on the original film, px.
    #[must_use]
    pub fn to_original(&self, point: (f64, f64)) -> (f64, f64) {
        self.map.apply_inverse(point)
    }

    /// The transform back: it resamples a canonical picture, such as a heat map, onto the film.
    #[must_use]
    pub fn inverse(&self) -> Self {
        let spacing_mm = self.mm_per_px().map(|mm| [mm, mm]);
        Self { map: self.map.inverse(), spacing_mm }
    }

    /// Canonical px per original px (the geometric mean, where the film's pixels are not square).
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.map.determinant().abs().sqrt()
    }

    /// By how much the film was turned clockwise as seen on screen, before any flip; radians.
    #[must_use]
    pub fn rotation(&self) -> f64 {
        let [row, col] = self.spacing_mm.unwrap_or([1.0, 1.0]);
        let [_, [c, d, _]] = self.map.matrix();
        (c / col).atan2(d / row)
    }

    /// Whether left and right were exchanged.
    #[must_use]
    pub fn flipped(&self) -> bool {
        self.map.determinant() < 0.0
    }

    /// Size of a canonical pixel in mm, where the film's spacing is known.
    #[must_use]
    pub fn mm_per_px(&self) -> Option<f64> {
        let [row, col] = self.spacing_mm?;
        Some((row * col).sqrt() / self.scale())
    }

    /// The matrix `[[a, b, tx], [c, d, ty]]` from original to canonical px.
    #[must_use]
    pub fn matrix(&self) -> [[f64; 3]; 2] {
        self.map.matrix()
    }

    /// The map from original to canonical px, as [`resample`](vertebra_raster::resample) takes it.
    #[must_use]
    pub fn affine(&self) -> &Affine {
        &self.map
    }
}

impl TryFrom<Record> for Alignment {
    type Error = Error;

    fn try_from(record: Record) -> Result<Self, Error> {
        Self::new(record.matrix, record.spacing_mm)
    }
}

impl From<Alignment> for Record {
    fn from(alignment: Alignment) -> Self {
        Self { matrix: alignment.matrix(), spacing_mm: alignment.spacing_mm }
    }
}

/// Checks that a pixel spacing is positive, where there is one.
pub(crate) fn check_spacing(spacing_mm: Option<[f64; 2]>) -> Result<(), Error> {
    match spacing_mm.into_iter().flatten().find(|v| !(v.is_finite() && *v > 0.0)) {
        Some(got) => {
            Err(Error::InvalidValue { name: "spacing_mm", expected: "a positive number", got })
        }
        None => Ok(()),
    }
}
