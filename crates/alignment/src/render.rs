//! The pictures of each variant.
//!
//! 1. The film's exposed field is estimated from its constant border, or given.
//! 2. The keypoints give the transform. `L1L5` and `L1L4` use the frame of
//!    [`AlignmentOptions`] with anchors L1 and L5, or L1 and L4. A patch is centred on its
//!    vertebra and turned so that the local spine axis, the tangent of a parabola through the
//!    vertebra and its neighbours, runs down; its side is `patch_side` mean vertebral distances of
//!    the film, or `patch_mm` in rigid mode.
//! 3. The region of interest: the whole height of the square, and across the spine from the
//!    leftmost to the rightmost of the shown centres plus `side_margin` mean vertebral distances
//!    on either side. A patch is its own region of interest.
//! 4. The film is resampled into the region without aliasing and scaled by the least and the
//!    greatest grey value there, field only, to `[0, 1]`.
//! 5. Outside the region, the field and the film, the picture is 0. Masked variants are multiplied
//!    by the share of each pixel inside the vertebrae shown.

use crate::options::{Plane, check_on_film, check_side};
use crate::{Alignment, AlignmentMode, AlignmentOptions, Error, ImageVariant, VertebraMasks};
use serde::{Deserialize, Serialize};
use vertebra_keypoints::{Level, VertebraKeypoints};
use vertebra_raster::{Field, Film, Filter, Image, ResampleOptions, Sample};

/// How the pictures of a variant are made.
///
/// # Examples
/// ```
/// use vertebra_alignment::{Film, ImageVariant, VariantOptions};
/// use vertebra_keypoints::VertebraKeypoints;
/// let pixels: Vec<f32> = (0..300 * 200).map(|i| (i % 200 + i / 300) as f32).collect();
/// let film = Film { pixels: &pixels, height: 300, width: 200, spacing_mm: None };
/// let centres = [(100., 70.), (104., 108.), (108., 147.), (107., 187.), (100., 228.)];
/// let keypoints = VertebraKeypoints::from_xy(centres)?;
/// let options = VariantOptions::default().with_patch_size(64);
/// let patches = options.render(&film, &keypoints, None, ImageVariant::Patches)?;
/// assert_eq!((patches.images.len(), patches.images[0].width), (5, 64));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VariantOptions {
    alignment: AlignmentOptions,
    side_margin: f64,
    patch_size: usize,
    patch_side: f64,
    patch_mm: f64,
    filter: Filter,
    #[serde(skip)]
    field: Option<Field>,
}

impl Default for VariantOptions {
    /// The default [`AlignmentOptions`]; side margin 1.25, patches of 128 px and 1.6 mean vertebral
    /// distances (rigid: 60 mm), bilinear, field estimated.
    fn default() -> Self {
        Self {
            alignment: AlignmentOptions::default(),
            side_margin: 1.25,
            patch_size: 128,
            patch_side: 1.6,
            patch_mm: 60.0,
            filter: Filter::Bilinear,
            field: None,
        }
    }
}

/// The pictures of one film, and how each came from it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct VariantImages {
    /// [`ImageVariant::n_images`] square pictures, values in `[0, 1]`; patches from L1 to L5.
    pub images: Vec<Image>,
    /// One per picture.
    pub alignments: Vec<Alignment>,
}

impl VariantOptions {
    /// Side of the L1-L5 and L1-L4 pictures, px.
    #[must_use]
    pub fn with_size(self, size: usize) -> Self {
        Self { alignment: self.alignment.with_size(size), ..self }
    }

    /// Similarity or rigid.
    #[must_use]
    pub fn with_mode(self, mode: AlignmentMode) -> Self {
        Self { alignment: self.alignment.with_mode(mode), ..self }
    }

    /// Room above and below the anchors in mean vertebral distances.
    #[must_use]
    pub fn with_margin(self, margin: f64) -> Self {
        Self { alignment: self.alignment.with_margin(margin), ..self }
    }

    /// Side of the square in mm, in rigid mode.
    #[must_use]
    pub fn with_extent_mm(self, extent_mm: f64) -> Self {
        Self { alignment: self.alignment.with_extent_mm(extent_mm), ..self }
    }

    /// Set it for films on which the subject faces right: anterior is then on the left.
    #[must_use]
    pub fn with_flip(self, flip: bool) -> Self {
        Self { alignment: self.alignment.with_flip(flip), ..self }
    }

    /// Room left and right of the centres in mean vertebral distances; infinite for the whole
    /// square.
    #[must_use]
    pub fn with_side_margin(self, side_margin: f64) -> Self {
        Self { side_margin, ..self }
    }

    /// Side of a patch, px.
    #[must_use]
    pub fn with_patch_size(self, patch_size: usize) -> Self {
        Self { patch_size, ..self }
    }

    /// Side of a patch in mean vertebral distances, in similarity mode.
    #[must_use]
    pub fn with_patch_side(self, patch_side: f64) -> Self {
        Self { patch_side, ..self }
    }

    /// Side of a patch in mm, in rigid mode.
    #[must_use]
    pub fn with_patch_mm(self, patch_mm: f64) -> Self {
        Self { patch_mm, ..self }
    }

    /// The filter.
    #[must_use]
    pub fn with_filter(self, filter: Filter) -> Self {
        Self { filter, ..self }
    }

    /// The exposed field, where it is known (DICOM collimator or shutter), instead of an estimate.
    #[must_use]
    pub fn with_field(self, field: Field) -> Self {
        Self { field: Some(field), ..self }
    }

    /// Side of the L1-L5 and L1-L4 pictures, px.
    #[must_use]
    pub fn size(&self) -> usize {
        self.alignment.size()
    }

    /// The transform of the L1-L5 picture.
    ///
    /// # Errors
    /// As [`AlignmentOptions::align`].
    pub fn align(
        &self,
        keypoints: &VertebraKeypoints,
        spacing_mm: Option<[f64; 2]>,
    ) -> Result<Alignment, Error> {
        self.alignment.align(keypoints, spacing_mm)
    }

    /// The pictures of `variant` for one film.
    ///
    /// # Errors
    /// [`Error::OutsideFilm`], [`Error::CoincidentKeypoints`], [`Error::UpsideDown`],
    /// [`Error::UnevenSpacing`], [`Error::MissingSpacing`], [`Error::MasksNeeded`],
    /// [`Error::MissingMask`], [`Error::MaskSize`], [`Error::InvalidSetting`],
    /// [`Error::InvalidValue`]; [`Error::Raster`] for a film without contrast, without pixels in
    /// the region of interest or with a wrong number of pixels.
    pub fn render<S: Sample>(
        &self,
        film: &Film<'_, S>,
        keypoints: &VertebraKeypoints,
        masks: Option<&VertebraMasks>,
        variant: ImageVariant,
    ) -> Result<VariantImages, Error> {
        film.check()?;
        self.check()?;
        check_on_film(keypoints, film)?;
        let masks = match (variant.is_masked(), masks) {
            (true, None) => return Err(Error::MasksNeeded { variant: variant.label() }),
            (masked, masks) => masks.filter(|_| masked),
        };
        masks.map_or(Ok(()), |masks| masks.check_size(film.size()))?;
        let field = self.field.unwrap_or_else(|| Field::estimate(film));
        let resampling = ResampleOptions::default().with_filter(self.filter).with_field(field);
        let frames = self.frames(film, keypoints, variant)?;
        let mut images = Vec::with_capacity(frames.len());
        for frame in &frames {
            let mut image = frame.picture(film, &resampling)?;
            if let Some(masks) = masks {
                let coverage = masks.coverage(&frame.levels, &frame.alignment, frame.size)?;
                image.pixels.iter_mut().zip(coverage).for_each(|(v, c)| *v *= c);
            }
            images.push(image);
        }
        Ok(VariantImages { images, alignments: frames.into_iter().map(|f| f.alignment).collect() })
    }

    fn frames<S>(
        &self,
        film: &Film<'_, S>,
        keypoints: &VertebraKeypoints,
        variant: ImageVariant,
    ) -> Result<Vec<Frame>, Error> {
        match variant {
            ImageVariant::L1L5 | ImageVariant::L1L5Masked => {
                Ok(vec![self.spine(film, keypoints, &Level::ALL)?])
            }
            ImageVariant::L1L4 | ImageVariant::L1L4Masked => {
                Ok(vec![self.spine(film, keypoints, &Level::ALL[..4])?])
            }
            ImageVariant::Patches | ImageVariant::PatchesMasked => {
                Level::ALL.into_iter().map(|level| self.patch(film, keypoints, level)).collect()
            }
        }
    }

    fn spine<S>(
        &self,
        film: &Film<'_, S>,
        keypoints: &VertebraKeypoints,
        levels: &[Level],
    ) -> Result<Frame, Error> {
        let options = self.alignment.with_anchors([levels[0], levels[levels.len() - 1]]);
        let alignment = options.align(keypoints, film.spacing_mm)?;
        let centres = levels.iter().map(|&level| {
            let p = keypoints.get(level);
            alignment.to_canonical((p.x, p.y))
        });
        let centres: Vec<(f64, f64)> = centres.collect();
        let length = centres[centres.len() - 1].1 - centres[0].1;
        let margin = self.side_margin * length / options.n_distances();
        let left = centres.iter().map(|p| p.0).fold(f64::INFINITY, f64::min) - margin;
        let right = centres.iter().map(|p| p.0).fold(f64::NEG_INFINITY, f64::max) + margin;
        let size = options.size();
        let column = |x: f64| x.round().clamp(0.0, size as f64) as usize;
        let window = Field { left: column(left), right: column(right + 1.0), top: 0, bottom: size };
        Ok(Frame { alignment, size, window, levels: levels.to_vec() })
    }

    fn patch<S>(
        &self,
        film: &Film<'_, S>,
        keypoints: &VertebraKeypoints,
        level: Level,
    ) -> Result<Frame, Error> {
        let [upper, lower] = self.alignment.anchor_points(keypoints)?;
        let plane = Plane::new(film.spacing_mm)?;
        let (a, b) = (plane.point(upper), plane.point(lower));
        let mean_distance = (b.0 - a.0).hypot(b.1 - a.1) / self.alignment.n_distances();
        let extent = match (self.alignment.mode(), film.spacing_mm) {
            (AlignmentMode::Rigid, None) => return Err(Error::MissingSpacing),
            (AlignmentMode::Rigid, Some(_)) => self.patch_mm,
            (AlignmentMode::Similarity | AlignmentMode::LeastSquares, _) => {
                self.patch_side * mean_distance
            }
        };
        let centres = keypoints.points().map(|p| plane.point((p.x, p.y)));
        let axis = tangent(&centres, level.index());
        if axis.1 <= 0.0 {
            return Err(out_of_order(keypoints, level));
        }
        let (size, flip) = (self.patch_size, self.alignment.flip());
        let alignment = plane.frame(centres[level.index()], axis, extent, size, flip)?;
        let window = Field { left: 0, right: size, top: 0, bottom: size };
        Ok(Frame { alignment, size, window, levels: vec![level] })
    }

    fn check(&self) -> Result<(), Error> {
        let positive = |name, value: f64| {
            if value.is_finite() && value > 0.0 {
                return Ok(());
            }
            Err(Error::setting(name, "a positive number", value))
        };
        check_side("patch_size", self.patch_size)?;
        positive("patch_side", self.patch_side)?;
        positive("patch_mm", self.patch_mm)?;
        if self.side_margin.is_nan() || self.side_margin < 0.0 {
            return Err(Error::setting("side_margin", "a number from 0", self.side_margin));
        }
        Ok(())
    }
}

/// One picture to be made.
struct Frame {
    alignment: Alignment,
    size: usize,
    window: Field,
    levels: Vec<Level>,
}

impl Frame {
    fn picture<S: Sample>(
        &self,
        film: &Film<'_, S>,
        options: &ResampleOptions,
    ) -> Result<Image, Error> {
        let size = [self.size; 2];
        let map = self.alignment.affine();
        Ok(options.resample_window(film, map, size, self.window)?.normalised()?)
    }
}

/// Direction of the spine at vertebra `i`: derivative of the parabola through it and its
/// neighbours, or through the three at the end of the row.
fn tangent(centres: &[(f64, f64); 5], i: usize) -> (f64, f64) {
    let weights = match i {
        0 => [-1.5, 2.0, -0.5],
        4 => [0.5, -2.0, 1.5],
        _ => [-0.5, 0.0, 0.5],
    };
    let along = |axis: fn(&(f64, f64)) -> f64| {
        centres[first_of_three(i)..].iter().zip(weights).map(|(p, w)| w * axis(p)).sum()
    };
    (along(|p| p.0), along(|p| p.1))
}

/// The first of the three vertebrae whose parabola gives the direction at vertebra `i`.
fn first_of_three(i: usize) -> usize {
    i.saturating_sub(1).min(2)
}

/// Why the spine runs upwards at `level`: the pair of the three vertebrae that is in wrong order,
/// or all three.
fn out_of_order(keypoints: &VertebraKeypoints, level: Level) -> Error {
    let first = first_of_three(level.index());
    let three: [(Level, f64); 3] = std::array::from_fn(|k| {
        let level = Level::ALL[first + k];
        (level, keypoints.get(level).y)
    });
    let wrong = three.windows(2).find(|pair| pair[1].1 <= pair[0].1);
    match wrong {
        Some(&[(upper, upper_y), (lower, lower_y)]) => {
            Error::UpsideDown { upper, upper_y, lower, lower_y }
        }
        _ => Error::UnevenSpacing { level, three },
    }
}
