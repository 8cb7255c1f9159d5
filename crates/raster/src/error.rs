//! What can go wrong with grey pictures.

/// Everything that can go wrong in this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The number of values is not height times width.
    #[error("{name} of {height} x {width} px has {expected} pixels, got {got}",
        expected = height.saturating_mul(*width))]
    PixelCount {
        /// What holds the values.
        name: &'static str,
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
        /// Values given.
        got: usize,
    },
    /// A grey value is not a finite number.
    #[error("pixel (row {row}, column {column}) is {value}, expected a finite number")]
    NotFinite {
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
        /// The grey value.
        value: f32,
    },
    /// An option or a size is outside its domain.
    #[error("{name}: expected {expected}, got {got}")]
    InvalidSetting {
        /// The option.
        name: &'static str,
        /// What would be right.
        expected: &'static str,
        /// What was given.
        got: String,
    },
    /// A map of the plane onto a line or a point has no inverse.
    #[error("the map {matrix:?} has no inverse")]
    NotInvertible {
        /// Its matrix.
        matrix: [[f64; 3]; 2],
    },
    /// Minimum and maximum are equal or not finite, so grey values cannot be scaled to `[0, 1]`.
    #[error(
        "grey values in the region of interest run from {min} to {max} and cannot be normalised"
    )]
    NoContrast {
        /// Least grey value.
        min: f32,
        /// Greatest grey value.
        max: f32,
    },
    /// No pixel of the picture lies inside the film's exposed field.
    #[error("the region of interest lies outside the exposed field of the film")]
    EmptyRegion,
}

impl Error {
    pub(crate) fn setting(name: &'static str, expected: &'static str, got: impl ToString) -> Self {
        Self::InvalidSetting { name, expected, got: got.to_string() }
    }
}
