//! The invertible transform between a film and its canonical picture.

use crate::Error;
use serde::{Deserialize, Serialize};

/// An invertible transform from original px to canonical px; in both, `(x right, y down)` with the
/// centre of the first pixel at `(0, 0)`.
///
/// It serialises as its matrix `[[a, b, tx], [c, d, ty]]` and the film's pixel spacing:
/// `x' = a x + b y + tx`, `y' = c x + d y + ty`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Record", into = "Record")]
pub struct Alignment {
    matrix: [[f64; 3]; 2],
    inverse: [[f64; 3]; 2],
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
    /// [`Error::NotInvertible`]; [`Error::OutOfDomain`] for a spacing that is not positive.
    pub fn new(matrix: [[f64; 3]; 2], spacing_mm: Option<[f64; 2]>) -> Result<Self, Error> {
        for value in spacing_mm.into_iter().flatten() {
            if !(value.is_finite() && value > 0.0) {
                return Err(Error::OutOfDomain("spacing_mm", "a positive number", value));
            }
        }
        let inverse = invert(&matrix).ok_or(Error::NotInvertible(matrix))?;
        Ok(Self { matrix, inverse, spacing_mm })
    }

    /// Where an original point lies in the canonical picture, px.
    #[must_use]
    pub fn to_canonical(&self, point: (f64, f64)) -> (f64, f64) {
        apply(&self.matrix, point)
    }

    /// Where a canonical point lies on the original film, px.
    #[must_use]
    pub fn to_original(&self, point: (f64, f64)) -> (f64, f64) {
        apply(&self.inverse, point)
    }

    /// The transform back: it resamples a canonical picture, such as a heat map, onto the film.
    #[must_use]
    pub fn inverse(&self) -> Self {
        let spacing_mm = self.mm_per_px().map(|mm| [mm, mm]);
        Self { matrix: self.inverse, inverse: self.matrix, spacing_mm }
    }

    /// Canonical px per original px (the geometric mean, where the film's pixels are not square).
    #[must_use]
    pub fn scale(&self) -> f64 {
        determinant(&self.matrix).abs().sqrt()
    }

    /// By how much the film was turned clockwise as seen on screen, before any flip; radians.
    #[must_use]
    pub fn rotation(&self) -> f64 {
        let [row, col] = self.spacing_mm.unwrap_or([1.0, 1.0]);
        (self.matrix[1][0] / col).atan2(self.matrix[1][1] / row)
    }

    /// Whether left and right were exchanged.
    #[must_use]
    pub fn flipped(&self) -> bool {
        determinant(&self.matrix) < 0.0
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
        self.matrix
    }

    /// The matrix from canonical to original px.
    pub(crate) fn inverse_matrix(&self) -> &[[f64; 3]; 2] {
        &self.inverse
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
        Self { matrix: alignment.matrix, spacing_mm: alignment.spacing_mm }
    }
}

fn apply(m: &[[f64; 3]; 2], (x, y): (f64, f64)) -> (f64, f64) {
    (m[0][0] * x + m[0][1] * y + m[0][2], m[1][0] * x + m[1][1] * y + m[1][2])
}

fn determinant(m: &[[f64; 3]; 2]) -> f64 {
    m[0][0] * m[1][1] - m[0][1] * m[1][0]
}

fn invert(m: &[[f64; 3]; 2]) -> Option<[[f64; 3]; 2]> {
    let d = determinant(m);
    let [[a, b, tx], [c, e, ty]] = *m;
    let inverse = [[e / d, -b / d, (b * ty - e * tx) / d], [-c / d, a / d, (c * tx - a * ty) / d]];
    inverse.iter().flatten().all(|v| v.is_finite()).then_some(inverse)
}
