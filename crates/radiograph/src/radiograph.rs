//! One lateral radiograph as the rest of the project sees it.

use crate::{Error, Provenance};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vertebra_raster::{Facing, Film};

/// What the pixel spacing of a radiograph means (DICOM PS3.3 10.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SpacingKind {
    /// In the patient, calibrated against an object of known size or for known geometry.
    Calibrated,
    /// At the front plane of the detector; the patient is smaller by the magnification.
    Detector,
    /// At the detector, divided by the estimated radiographic magnification factor.
    Corrected,
    /// Stated by the caller, for a file that does not say it.
    Stated,
    /// Not stated or not believable.
    Unknown,
}

/// Distance between pixel centres, in mm, in DICOM's order `[row, col]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spacing {
    /// Between rows (down a column), mm. Where the kind is [`SpacingKind::Unknown`] the two numbers
    /// are not in mm: only their ratio, the shape of a pixel, means something.
    pub row_mm: f64,
    /// Between columns (along a row), mm.
    pub col_mm: f64,
    /// What the numbers mean.
    pub kind: SpacingKind,
}

impl Spacing {
    /// Square pixels of unknown size.
    pub const UNKNOWN: Self = Self { row_mm: 1.0, col_mm: 1.0, kind: SpacingKind::Unknown };

    /// `[row, col]` in mm, or `None` where the size is not known.
    #[must_use]
    pub fn mm(&self) -> Option<[f64; 2]> {
        (self.kind != SpacingKind::Unknown).then_some([self.row_mm, self.col_mm])
    }
}

/// What a file says about how the film was taken; `None` where it is silent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Acquisition {
    /// DICOM modality: `CR`, `DX`, `RF`, `XA`, `OT` ...
    pub modality: Option<String>,
    /// View Position: `LL` (left lateral), `RL`, `LATERAL`, `AP` ...
    pub view: Option<String>,
    /// Image Laterality, or Laterality: `L`, `R`, `B` or `U`.
    pub laterality: Option<String>,
    /// Patient Orientation: where the rows point (towards the last column) and where the columns
    /// point (down), e.g. `["A", "F"]`.
    pub patient_orientation: Option<[String; 2]>,
    /// Body Part Examined.
    pub body_part: Option<String>,
    /// Whether the file says that text is burned into the pixels.
    pub burned_in_annotation: Option<bool>,
    /// Presentation Intent Type: `FOR PRESENTATION` or `FOR PROCESSING`.
    #[serde(default)]
    pub presentation_intent: Option<String>,
    /// The attributes that [`ReadOptions::with_attributes`](crate::ReadOptions::with_attributes)
    /// asked for and the file has, by their names as asked.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

impl Acquisition {
    /// Where the subject's front is, from Patient Orientation; `None` where the file is silent.
    #[must_use]
    pub fn facing(&self) -> Option<Facing> {
        let [rows, _] = self.patient_orientation.as_ref()?;
        match rows.chars().next()? {
            'A' => Some(Facing::Right),
            'P' => Some(Facing::Left),
            _ => None,
        }
    }
}

/// One radiograph: grey values `[height, width]`, row-major, bone bright, with what is known of its
/// scale and of how its grey values came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Radiograph {
    height: usize,
    width: usize,
    pixels: Vec<f32>,
    spacing: Spacing,
    valid: Option<Vec<bool>>,
    acquisition: Acquisition,
    provenance: Provenance,
}

impl Radiograph {
    /// A radiograph made of grey values, `height * width` of them, row-major, bone bright.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] for a zero size or a spacing that is not positive,
    /// [`Error::LengthMismatch`], [`Error::Raster`] for a NaN or infinite pixel.
    ///
    /// # Examples
    /// ```
    /// use vertebra_radiograph::{Radiograph, Spacing};
    /// let film = Radiograph::new(2, 3, vec![0.0, 0.1, 0.2, 0.3, 0.4, 0.5], Spacing::UNKNOWN)?;
    /// assert_eq!(film.pixels()[film.width()], 0.3);
    /// # Ok::<(), vertebra_radiograph::Error>(())
    /// ```
    pub fn new(
        height: usize,
        width: usize,
        pixels: Vec<f32>,
        spacing: Spacing,
    ) -> Result<Self, Error> {
        Self::with_check(height, width, pixels, spacing, true)
    }

    /// As [`new`](Self::new), but without a look at the pixels where it is known that all are
    /// finite.
    pub(crate) fn with_check(
        height: usize,
        width: usize,
        pixels: Vec<f32>,
        spacing: Spacing,
        check_pixels: bool,
    ) -> Result<Self, Error> {
        check_size(height, width, pixels.len())?;
        if check_pixels {
            Film { pixels: &pixels, height, width, spacing_mm: None }.check_finite()?;
        }
        check_spacing(&spacing)?;
        Ok(Self {
            height,
            width,
            pixels,
            spacing,
            valid: None,
            acquisition: Acquisition::default(),
            provenance: Provenance::default(),
        })
    }

    /// Says where the picture is film and where padding, shutter or collimator: `true` = film,
    /// `height * width` of them.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`].
    pub fn with_valid(mut self, valid: Vec<bool>) -> Result<Self, Error> {
        let (expected, got) = (self.pixels.len(), valid.len());
        if got != expected {
            return Err(Error::LengthMismatch { name: "valid", expected, got });
        }
        self.valid = Some(valid);
        Ok(self)
    }

    /// Adds what is known of how the film was taken.
    #[must_use]
    pub fn with_acquisition(mut self, acquisition: Acquisition) -> Self {
        self.acquisition = acquisition;
        self
    }

    /// Adds where the grey values came from.
    #[must_use]
    pub fn with_provenance(mut self, provenance: Provenance) -> Self {
        self.provenance = provenance;
        self
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Grey values, row-major, bone bright: in `[0, 1]` as read with the default options.
    #[must_use]
    pub fn pixels(&self) -> &[f32] {
        &self.pixels
    }

    /// The grey values, without a copy.
    #[must_use]
    pub fn into_pixels(self) -> Vec<f32> {
        self.pixels
    }

    /// The distance between pixel centres and what it means.
    #[must_use]
    pub fn spacing(&self) -> Spacing {
        self.spacing
    }

    /// Pixels that are film (`true`) and not padding, shutter or collimator; `None`: all are.
    #[must_use]
    pub fn valid(&self) -> Option<&[bool]> {
        self.valid.as_deref()
    }

    /// How the film was taken.
    #[must_use]
    pub fn acquisition(&self) -> &Acquisition {
        &self.acquisition
    }

    /// View Position as the file states it, e.g. `LL`.
    #[must_use]
    pub fn view(&self) -> Option<&str> {
        self.acquisition.view.as_deref()
    }

    /// Laterality as the file states it: `L`, `R`, `B` or `U`.
    #[must_use]
    pub fn laterality(&self) -> Option<&str> {
        self.acquisition.laterality.as_deref()
    }

    /// Where the subject's front is, from Patient Orientation; `None` where the file is silent.
    #[must_use]
    pub fn facing(&self) -> Option<Facing> {
        self.acquisition.facing()
    }

    /// Every step from the stored bits to [`pixels`](Self::pixels), with warnings.
    #[must_use]
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Smallest and largest grey value.
    #[must_use]
    pub fn range(&self) -> (f32, f32) {
        range(&self.pixels)
    }
}

pub(crate) fn range(pixels: &[f32]) -> (f32, f32) {
    pixels.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(lo, hi), &v| (lo.min(v), hi.max(v)))
}

/// The pixels of a radiograph with their spacing, where it is in mm, as alignment and detectors
/// take them.
impl<'a> From<&'a Radiograph> for Film<'a> {
    fn from(radiograph: &'a Radiograph) -> Self {
        let Radiograph { height, width, .. } = *radiograph;
        Self { pixels: &radiograph.pixels, height, width, spacing_mm: radiograph.spacing.mm() }
    }
}

pub(crate) fn check_size(height: usize, width: usize, len: usize) -> Result<(), Error> {
    if height == 0 || width == 0 {
        return Err(Error::invalid(
            "size",
            "at least one row and one column",
            format!("{height} x {width}"),
        ));
    }
    match height.checked_mul(width) {
        Some(n) if n == len => Ok(()),
        n => {
            let (name, expected) = ("pixels", n.unwrap_or(usize::MAX));
            Err(Error::LengthMismatch { name, expected, got: len })
        }
    }
}

fn check_spacing(spacing: &Spacing) -> Result<(), Error> {
    let good = |mm: f64| mm.is_finite() && mm > 0.0;
    if good(spacing.row_mm) && good(spacing.col_mm) {
        return Ok(());
    }
    Err(Error::invalid(
        "spacing",
        "positive mm per pixel",
        format!("[{}, {}]", spacing.row_mm, spacing.col_mm),
    ))
}
