//! What can go wrong when a radiograph is aligned.

use vertebra_keypoints::Level;

/// Everything that can go wrong in this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The film's pixels, their resampling or a map of them.
    #[error(transparent)]
    Raster {
        /// What happened.
        #[from]
        source: vertebra_raster::Error,
    },
    /// Two anchors lie on the same spot, so that no axis runs through them.
    #[error("{upper} and {lower} are {distance_px:.3} px apart; expected at least 2 px")]
    CoincidentKeypoints {
        /// The cranial anchor.
        upper: Level,
        /// The caudal anchor.
        lower: Level,
        /// Their distance.
        distance_px: f64,
    },
    /// A caudal vertebra lies above a cranial one.
    #[error("{lower} (y = {lower_y:.1}) must lie below {upper} (y = {upper_y:.1}) on the film")]
    UpsideDown {
        /// The cranial vertebra.
        upper: Level,
        /// Its row, px.
        upper_y: f64,
        /// The caudal vertebra.
        lower: Level,
        /// Its row, px.
        lower_y: f64,
    },
    /// Vertebrae in right order, but so unevenly spaced that the curve through three of them runs
    /// upwards at one.
    #[error(
        "the curve through {a} (y = {ay:.1}), {b} (y = {by:.1}) and {c} (y = {cy:.1}) runs upwards at \
         {level}; expected distances of neighbours that are less uneven",
        a = three[0].0, ay = three[0].1, b = three[1].0, by = three[1].1,
        c = three[2].0, cy = three[2].1
    )]
    UnevenSpacing {
        /// The vertebra at which the curve runs upwards.
        level: Level,
        /// The three that the curve runs through, with their rows in px.
        three: [(Level, f64); 3],
    },
    /// A keypoint is not on the film.
    #[error(
        "{level} at x = {x:.1}, y = {y:.1} is outside the film of {height} x {width} \
             (height x width)"
    )]
    OutsideFilm {
        /// The vertebra.
        level: Level,
        /// Its column, px.
        x: f64,
        /// Its row, px.
        y: f64,
        /// Rows of the film.
        height: usize,
        /// Columns of the film.
        width: usize,
    },
    /// Rigid alignment keeps millimetres, so it needs the pixel spacing.
    #[error("rigid alignment needs the pixel spacing in mm, which this film lacks")]
    MissingSpacing,
    /// An option is outside its domain.
    #[error("{name}: expected {expected}, got {got}")]
    InvalidSetting {
        /// The option.
        name: &'static str,
        /// What would be right.
        expected: &'static str,
        /// What was given.
        got: String,
    },
    /// A number of an input is outside its domain.
    #[error("{name}: expected {expected}, got {got}")]
    InvalidValue {
        /// The input.
        name: &'static str,
        /// What would be right.
        expected: &'static str,
        /// What was given.
        got: f64,
    },
    /// A masked variant was asked for without masks.
    #[error("the variant \"{variant}\" needs vertebra masks, got none")]
    MasksNeeded {
        /// The variant's label.
        variant: &'static str,
    },
    /// The mask of a level that the variant shows is missing.
    #[error("the mask of {level} is missing")]
    MissingMask {
        /// The vertebra.
        level: Level,
    },
    /// A mask does not fit its film.
    #[error("the mask of {level} is {} x {}, expected the film's {} x {}",
        got[0], got[1], expected[0], expected[1])]
    MaskSize {
        /// The vertebra.
        level: Level,
        /// Rows and columns of the film.
        expected: [usize; 2],
        /// Rows and columns of the mask.
        got: [usize; 2],
    },
    /// An outline of fewer than three points.
    #[error("the outline of {level} has {got} points, expected at least 3")]
    ShortOutline {
        /// The vertebra.
        level: Level,
        /// Points of its outline.
        got: usize,
    },
}

impl Error {
    pub(crate) fn setting(name: &'static str, expected: &'static str, got: impl ToString) -> Self {
        Self::InvalidSetting { name, expected, got: got.to_string() }
    }
}
