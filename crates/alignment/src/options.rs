//! From keypoints to a transform: the canonical frame.
//!
//! The canonical picture of L1 to L5 is a square. In it the upper anchor (L1) and the lower anchor
//! (L5; L4 for the L1-L4 variants) lie on the vertical line through the middle column,
//! `x = (size - 1) / 2`. Anterior is on the left when [`AlignmentOptions::with_flip`] is set for
//! films on which the subject faces right.
//!
//! [`AlignmentMode::Similarity`]: the square is `margin` mean vertebral distances longer than the
//! anchors' distance at either end. For `n` vertebral distances between the anchors (4 for L1-L5)
//! the upper anchor is `margin / (n + 2 margin)` of the square below its upper edge, the lower one
//! as far above the lower edge, on every film: with the default margin of 0.75, at rows
//! `0.1364 size - 0.5` and `0.8636 size - 0.5`.
//!
//! [`AlignmentMode::LeastSquares`]: the same, but for the anchors stand the ends of the line
//! `place = a + b t` fitted by least squares to the centres from the upper to the lower anchor,
//! with `t` the mean place of each level in real spines.
//!
//! [`AlignmentMode::Rigid`] keeps millimetres: every film gets `extent_mm / size` mm per px, the
//! anchors' midpoint lies in the middle of the square and the anchors on its vertical midline.

use crate::transform::check_spacing;
use crate::{Alignment, Error};
use serde::{Deserialize, Serialize};
use vertebra_keypoints::{Level, VertebraKeypoints, mean_level_places};
use vertebra_raster::Film;

/// Largest side of a canonical picture, px: 1 GB of grey values.
const MOST_PX: usize = 16_384;

/// Checks that a canonical picture can have a side of this many px.
pub(crate) fn check_side(name: &'static str, px: usize) -> Result<(), Error> {
    match (1..=MOST_PX).contains(&px) {
        true => Ok(()),
        false => Err(Error::setting(name, "1 to 16384 px", px)),
    }
}

/// Anchors closer than this, in px, give no direction.
const MIN_ANCHOR_DISTANCE_PX: f64 = 2.0;

/// What the transform may do besides turning, moving and flipping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AlignmentMode {
    /// Scales each film so that both anchors reach their place.
    #[default]
    Similarity,
    /// Keeps millimetres; needs the pixel spacing.
    Rigid,
    /// Scales as [`Similarity`](Self::Similarity) does, by the line that all shown centres fit
    /// best, so that an error in one of them counts less.
    LeastSquares,
}

/// How keypoints become an [`Alignment`].
///
/// # Examples
/// ```
/// use vertebra_alignment::AlignmentOptions;
/// use vertebra_keypoints::VertebraKeypoints;
/// let centres = [(400., 300.), (410., 470.), (430., 650.), (440., 830.), (420., 1010.)];
/// let keypoints = VertebraKeypoints::from_xy(centres)?;
/// let alignment = AlignmentOptions::default().align(&keypoints, Some([0.2, 0.2]))?;
/// let (x, y) = alignment.to_canonical(centres[0]);
/// assert!((x - 191.5).abs() < 1e-9 && (y - 51.8636).abs() < 1e-3);
/// assert!((alignment.mm_per_px().unwrap() - 0.5088).abs() < 1e-3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AlignmentOptions {
    size: usize,
    mode: AlignmentMode,
    margin: f64,
    extent_mm: f64,
    anchors: [Level; 2],
    flip: bool,
}

impl Default for AlignmentOptions {
    /// 384 px, similarity, margin 0.75, 220 mm, L1 and L5, no flip.
    fn default() -> Self {
        Self {
            size: 384,
            mode: AlignmentMode::Similarity,
            margin: 0.75,
            extent_mm: 220.0,
            anchors: [Level::L1, Level::L5],
            flip: false,
        }
    }
}

impl AlignmentOptions {
    /// Side of the canonical square, px.
    #[must_use]
    pub fn with_size(self, size: usize) -> Self {
        Self { size, ..self }
    }

    /// Similarity or rigid.
    #[must_use]
    pub fn with_mode(self, mode: AlignmentMode) -> Self {
        Self { mode, ..self }
    }

    /// Room beyond either anchor in mean vertebral distances; for similarity.
    #[must_use]
    pub fn with_margin(self, margin: f64) -> Self {
        Self { margin, ..self }
    }

    /// Side of the canonical square in mm; for rigid.
    #[must_use]
    pub fn with_extent_mm(self, extent_mm: f64) -> Self {
        Self { extent_mm, ..self }
    }

    /// The two levels that define the axis, the cranial one first.
    #[must_use]
    pub fn with_anchors(self, anchors: [Level; 2]) -> Self {
        Self { anchors, ..self }
    }

    /// Exchanges left and right: set it for films on which the subject faces right, so that
    /// anterior is on the left in every canonical picture.
    #[must_use]
    pub fn with_flip(self, flip: bool) -> Self {
        Self { flip, ..self }
    }

    /// Side of the canonical square, px.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// The transform for one film; `spacing_mm` is `[row, col]`.
    ///
    /// # Errors
    /// [`Error::CoincidentKeypoints`], [`Error::UpsideDown`], [`Error::MissingSpacing`],
    /// [`Error::InvalidSetting`], [`Error::InvalidValue`].
    pub fn align(
        &self,
        keypoints: &VertebraKeypoints,
        spacing_mm: Option<[f64; 2]>,
    ) -> Result<Alignment, Error> {
        self.check()?;
        let anchors = self.anchor_points(keypoints)?;
        let plane = Plane::new(spacing_mm)?;
        let [a, b] = match self.mode {
            AlignmentMode::LeastSquares => self.fitted_anchors(keypoints, &plane),
            _ => anchors.map(|p| plane.point(p)),
        };
        let axis = (b.0 - a.0, b.1 - a.1);
        let extent = match (self.mode, spacing_mm) {
            (AlignmentMode::Rigid, None) => return Err(Error::MissingSpacing),
            (AlignmentMode::Rigid, Some(_)) => self.extent_mm,
            (AlignmentMode::Similarity | AlignmentMode::LeastSquares, _) => {
                axis.0.hypot(axis.1) * (1.0 + 2.0 * self.margin / self.n_distances())
            }
        };
        let middle = ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0);
        plane.frame(middle, axis, extent, self.size, self.flip)
    }

    /// Vertebral distances between the anchors.
    pub(crate) fn n_distances(&self) -> f64 {
        self.anchors[1].index() as f64 - self.anchors[0].index() as f64
    }

    pub(crate) fn mode(&self) -> AlignmentMode {
        self.mode
    }

    pub(crate) fn flip(&self) -> bool {
        self.flip
    }

    /// The anchors `(x, y)`, once it is clear that the lower one lies below the upper.
    pub(crate) fn anchor_points(
        &self,
        keypoints: &VertebraKeypoints,
    ) -> Result<[(f64, f64); 2], Error> {
        let [a, b] = self.anchors.map(|level| keypoints.get(level));
        let distance = (b.x - a.x).hypot(b.y - a.y);
        let [upper, lower] = self.anchors;
        if distance < MIN_ANCHOR_DISTANCE_PX {
            return Err(Error::CoincidentKeypoints { upper, lower, distance_px: distance });
        }
        if b.y <= a.y {
            return Err(Error::UpsideDown { upper, upper_y: a.y, lower, lower_y: b.y });
        }
        Ok([(a.x, a.y), (b.x, b.y)])
    }

    /// The ends of the best line through the centres from the upper to the lower anchor.
    fn fitted_anchors(&self, keypoints: &VertebraKeypoints, plane: &Plane) -> [(f64, f64); 2] {
        let [first, last] = self.anchors.map(Level::index);
        let places = mean_level_places();
        let along = |i: usize| (places[i] - places[first]) / (places[last] - places[first]);
        let points = (first..=last).map(|i| {
            let p = keypoints.points()[i];
            (along(i), plane.point((p.x, p.y)))
        });
        let n = (last - first + 1) as f64;
        let (mut t, mut x, mut y) = (0.0, 0.0, 0.0);
        for (along, p) in points.clone() {
            (t, x, y) = (t + along / n, x + p.0 / n, y + p.1 / n);
        }
        let (mut tt, mut tx, mut ty) = (0.0, 0.0, 0.0);
        for (along, p) in points {
            let d = along - t;
            (tt, tx, ty) = (tt + d * d, tx + d * (p.0 - x), ty + d * (p.1 - y));
        }
        let (bx, by) = (tx / tt, ty / tt);
        [(x - bx * t, y - by * t), (x + bx * (1.0 - t), y + by * (1.0 - t))]
    }

    fn check(&self) -> Result<(), Error> {
        check_side("size", self.size)?;
        if !(self.margin.is_finite() && self.margin >= 0.0) {
            return Err(Error::setting("margin", "a number from 0", self.margin));
        }
        if !(self.extent_mm.is_finite() && self.extent_mm > 0.0) {
            return Err(Error::setting("extent_mm", "a positive number", self.extent_mm));
        }
        if self.n_distances() <= 0.0 {
            let got = self.n_distances();
            return Err(Error::setting("anchors", "the cranial level first", got));
        }
        Ok(())
    }
}

/// Checks that every keypoint lies on the film.
pub(crate) fn check_on_film<S>(
    keypoints: &VertebraKeypoints,
    film: &Film<'_, S>,
) -> Result<(), Error> {
    let inside = |v: f64, n: usize| (-0.5..=n as f64 - 0.5).contains(&v);
    for (level, p) in Level::ALL.into_iter().zip(keypoints.points()) {
        if !(inside(p.x, film.width) && inside(p.y, film.height)) {
            let ([height, width], (x, y)) = (film.size(), (p.x, p.y));
            return Err(Error::OutsideFilm { level, x, y, height, width });
        }
    }
    Ok(())
}

/// The film's plane with equal units in both directions: mm, or px where the spacing is unknown.
pub(crate) struct Plane {
    spacing_mm: Option<[f64; 2]>,
    col: f64,
    row: f64,
}

impl Plane {
    pub(crate) fn new(spacing_mm: Option<[f64; 2]>) -> Result<Self, Error> {
        let [row, col] = spacing_mm.unwrap_or([1.0, 1.0]);
        check_spacing(spacing_mm)?;
        Ok(Self { spacing_mm, col, row })
    }

    pub(crate) fn point(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (x * self.col, y * self.row)
    }

    /// The transform that puts `centre` in the middle of a square of `size` px and `extent` units,
    /// and turns `axis` so that it points down.
    pub(crate) fn frame(
        &self,
        centre: (f64, f64),
        axis: (f64, f64),
        extent: f64,
        size: usize,
        flip: bool,
    ) -> Result<Alignment, Error> {
        let length = axis.0.hypot(axis.1);
        let scale = size as f64 / extent;
        let (sin, cos) = (axis.0 / length * scale, axis.1 / length * scale);
        let across = if flip { [-cos, sin] } else { [cos, -sin] };
        let middle = (size as f64 - 1.0) / 2.0;
        let row = |direction: [f64; 2]| {
            let offset = direction[0] * centre.0 + direction[1] * centre.1;
            [direction[0] * self.col, direction[1] * self.row, middle - offset]
        };
        Alignment::new([row(across), row([sin, cos])], self.spacing_mm)
    }
}
