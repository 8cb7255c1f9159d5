use vertebra_keypoints::Level;

/// Everything that can go wrong in this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The number of grey values is not height times width: (height, width, got).
    #[error("a film of {0} x {1} has {expected} pixels, got {2}", expected = .0 * .1)]
    PixelCount(usize, usize, usize),
    /// Two anchors lie on the same spot, so that no axis runs through them: (upper, lower, px).
    #[error("{0} and {1} are {2:.3} px apart; expected at least 2 px")]
    CoincidentKeypoints(Level, Level, f64),
    /// A caudal vertebra lies above a cranial one: (upper, its y, lower, its y), px.
    #[error("{2} (y = {3:.1}) must lie below {0} (y = {1:.1}) on the film")]
    UpsideDown(Level, f64, Level, f64),
    /// Vertebrae in right order, but so unevenly spaced that the curve through three of them runs
    /// upwards at one: (that one, the three and their y in px).
    #[error(
        "the curve through {a} (y = {ay:.1}), {b} (y = {by:.1}) and {c} (y = {cy:.1}) runs upwards at {0}; \
         expected distances of neighbours that are less uneven",
        a = .1[0].0, ay = .1[0].1, b = .1[1].0, by = .1[1].1, c = .1[2].0, cy = .1[2].1
    )]
    UnevenSpacing(Level, [(Level, f64); 3]),
    /// A keypoint is not on the film: (level, x, y, height, width).
    #[error("{0} at x = {1:.1}, y = {2:.1} is outside the film of {3} x {4} (height x width)")]
    OutsideFilm(Level, f64, f64, usize, usize),
    /// Rigid alignment keeps millimetres, so it needs the pixel spacing.
    #[error("rigid alignment needs the pixel spacing in mm, which this film lacks")]
    MissingSpacing,
    /// An option or a number of an input is outside its domain: (name, expected, got).
    #[error("{0}: expected {1}, got {2}")]
    OutOfDomain(&'static str, &'static str, f64),
    /// A transform that maps the plane onto a line or a point has no inverse: its matrix.
    #[error("the transform {0:?} has no inverse")]
    NotInvertible([[f64; 3]; 2]),
    /// A masked variant was asked for without masks: the variant's label.
    #[error("the variant \"{0}\" needs vertebra masks, got none")]
    MasksNeeded(&'static str),
    /// The mask of a level that the variant shows is missing.
    #[error("the mask of {0} is missing")]
    MissingMask(Level),
    /// A mask does not fit its film: (level, [height, width] expected, got).
    #[error("the mask of {0} is {got_h} x {got_w}, expected the film's {want_h} x {want_w}",
        want_h = .1[0], want_w = .1[1], got_h = .2[0], got_w = .2[1])]
    MaskSize(Level, [usize; 2], [usize; 2]),
    /// An outline of fewer than three points: (level, points).
    #[error("the outline of {0} has {1} points, expected at least 3")]
    ShortOutline(Level, usize),
    /// Minimum and maximum are equal or not finite, so grey values cannot be scaled to `[0, 1]`:
    /// (minimum, maximum).
    #[error("grey values in the region of interest run from {0} to {1} and cannot be normalised")]
    NoContrast(f32, f32),
    /// No pixel of the picture lies inside the film's exposed field.
    #[error("the region of interest lies outside the exposed field of the film")]
    EmptyRegion,
}
