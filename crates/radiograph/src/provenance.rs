//! Where grey values came from: one record of every step that was applied.

use crate::Bone;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The container a radiograph was read from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SourceFormat {
    /// Made in memory.
    #[default]
    Memory,
    /// DICOM Part 10 file or bare data set.
    Dicom,
    /// Portable Network Graphics.
    Png,
    /// TIFF.
    Tiff,
    /// JPEG (JFIF, Exif).
    Jpeg,
    /// Windows bitmap.
    Bmp,
    /// numpy array file.
    Npy,
}

/// The modality LUT: stored values to the modality's own units (PS3.3 C.11.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ModalityLut {
    /// Absent, or the identity.
    #[default]
    None,
    /// Rescale Slope and Rescale Intercept.
    Rescale {
        /// Multiplies the stored value.
        slope: f64,
        /// Added after.
        intercept: f64,
    },
    /// The first item of the Modality LUT Sequence.
    Sequence {
        /// Number of entries.
        entries: u32,
        /// Stored value that the first entry stands for.
        first: i32,
        /// Bits of an entry.
        bits: u16,
    },
}

/// The values of interest: the modality's units to presentation values (PS3.3 C.11.2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Voi {
    /// None in the file, or none asked for: from the smallest to the largest value.
    #[default]
    None,
    /// Window, VOI LUT Function `LINEAR` (C.11.2.1.2.1).
    Linear {
        /// Window Center.
        center: f64,
        /// Window Width.
        width: f64,
    },
    /// Window, `LINEAR_EXACT` (C.11.2.1.3.2).
    LinearExact {
        /// Window Center.
        center: f64,
        /// Window Width.
        width: f64,
    },
    /// Window, `SIGMOID` (C.11.2.1.3.1).
    Sigmoid {
        /// Window Center.
        center: f64,
        /// Window Width.
        width: f64,
    },
    /// An item of the VOI LUT Sequence.
    Sequence {
        /// Which item, from 0.
        item: usize,
        /// Number of entries.
        entries: u32,
        /// Value that the first entry stands for.
        first: i32,
        /// Bits of an entry.
        bits: u16,
    },
}

impl ModalityLut {
    /// `none`, `rescale` or `sequence`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Rescale { .. } => "rescale",
            Self::Sequence { .. } => "sequence",
        }
    }
}

impl Voi {
    /// `none`, `linear`, `linear_exact`, `sigmoid` or `sequence`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Linear { .. } => "linear",
            Self::LinearExact { .. } => "linear_exact",
            Self::Sigmoid { .. } => "sigmoid",
            Self::Sequence { .. } => "sequence",
        }
    }
}

/// Something the reader of a radiograph should know; reading went on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)] // the messages below are the documentation
pub enum Warning {
    MissingSpacing,
    ImplausibleSpacing { what: String, row_mm: f64, col_mm: f64 },
    SpacingDisagrees { what: String },
    NoPreamble,
    NoMetaGroup { assumed: String },
    GuessedTransferSyntax { stated: String, assumed: String },
    WrongVr { tag: String, got: String },
    Truncated { rows_present: usize, rows: usize },
    BitsAboveHighBit { pixels: u64 },
    PresentationShapeDisagrees { shape: String, photometric: String },
    IgnoredRescale,
    InvalidVoi { what: String },
    SeveralVoi { available: usize, used: usize },
    SeveralFrames { frames: usize, used: usize },
    BitsDisagree { what: String, header: u16, codestream: u16 },
    ColourToGrey { photometric: String },
    Saturated { black: f64, white: f64 },
    BurnedInAnnotation,
    OverlayLeftOut,
    Ignored { what: String },
    Guessed { what: String },
}

const NO_SPACING: &str = "no Pixel Spacing (0028,0030), Imager Pixel Spacing (0018,1164) or \
                          Nominal Scanned Pixel Spacing (0018,2010): the size of a pixel is unknown";
const RESCALE_BESIDE_SEQUENCE: &str =
    "Rescale Slope and Intercept beside a Modality LUT Sequence: the sequence was used";

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingSpacing => f.write_str(NO_SPACING),
            Self::ImplausibleSpacing { what, row_mm, col_mm } => {
                write!(f, "{what} of {row_mm} x {col_mm} mm is not believable and was not used")
            }
            Self::SpacingDisagrees { what } | Self::Guessed { what } => f.write_str(what),
            Self::NoPreamble => write!(f, "no 128-byte preamble with the DICM prefix"),
            Self::NoMetaGroup { assumed } => {
                write!(f, "no file meta group; transfer syntax assumed to be {assumed}")
            }
            Self::GuessedTransferSyntax { stated, assumed } => {
                write!(f, "transfer syntax \"{stated}\" is not usable; read as {assumed}")
            }
            Self::WrongVr { tag, got } => write!(f, "{tag} has the unexpected VR {got}"),
            Self::Truncated { rows_present, rows } => write!(
                f,
                "truncated pixel data: {rows_present} of {rows} rows arrived; the rest is \
                 marked as not valid"
            ),
            Self::BitsAboveHighBit { pixels } => {
                write!(f, "{pixels} pixels have bits outside Bits Stored; they were masked off")
            }
            Self::PresentationShapeDisagrees { shape, photometric } => write!(
                f,
                "Presentation LUT Shape {shape} contradicts {photometric}; {photometric} was believed"
            ),
            Self::IgnoredRescale => f.write_str(RESCALE_BESIDE_SEQUENCE),
            Self::InvalidVoi { what } => write!(f, "{what}; no window was applied"),
            Self::SeveralVoi { available, used } => {
                write!(f, "{available} windows or VOI LUTs; number {used} (from 0) was used")
            }
            Self::SeveralFrames { frames, used } => {
                write!(f, "{frames} frames; number {used} (from 0) was read")
            }
            Self::BitsDisagree { what, header, codestream } => {
                write!(f, "{what}: the header says {header}, the compressed data {codestream}")
            }
            Self::ColourToGrey { photometric } => {
                write!(f, "colour ({photometric}) was reduced to grey")
            }
            Self::Saturated { black, white } => write!(
                f,
                "the window leaves {:.0} % of the pixels black and {:.0} % white",
                100.0 * black,
                100.0 * white
            ),
            Self::BurnedInAnnotation => write!(f, "text is burned into the pixels"),
            Self::OverlayLeftOut => write!(f, "an overlay plane was left out of the picture"),
            Self::Ignored { what } => write!(f, "{what}; not used"),
        }
    }
}

/// Every step from the stored bits to the grey values of a radiograph, in the order applied.
///
/// No field holds an attribute that could identify a person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Provenance {
    /// The container.
    pub format: SourceFormat,
    /// Transfer Syntax UID (DICOM only).
    pub transfer_syntax: Option<String>,
    /// Photometric Interpretation as stored; for other formats the colour type.
    pub photometric: Option<String>,
    /// Samples per pixel as stored.
    pub samples_per_pixel: u16,
    /// Bits in which a sample is stored.
    pub bits_allocated: u16,
    /// Bits of a sample that mean something.
    pub bits_stored: u16,
    /// Position of the most significant of them.
    pub high_bit: u16,
    /// Whether samples are two's complement.
    pub signed: bool,
    /// Frames that the file has.
    pub frames: usize,
    /// Which frame was read, from 0.
    pub frame: usize,
    /// How the picture was turned as its Exif or TIFF Orientation asks, by that tag's number (2 to
    /// 8); `None`: as stored.
    pub orientation: Option<u16>,
    /// Stored values to modality units.
    pub modality_lut: ModalityLut,
    /// Modality units to presentation values.
    pub voi: Voi,
    /// Values mapped to grey 0 and 1, before inversion; `None`: grey values are in modality units.
    pub grey_range: Option<[f64; 2]>,
    /// `[row, col]` in mm that the caller stated and the file did not.
    pub spacing_stated_mm: Option<[f64; 2]>,
    /// How bone looks in the file, where the caller said so.
    pub bone_stated: Option<Bone>,
    /// Whether grey was inverted, last, so that bone is bright.
    pub inverted: bool,
    /// Pixels marked as padding.
    pub padded_pixels: u64,
    /// Whether a display shutter or a collimator outline bounds the valid region.
    pub shuttered: bool,
    /// What the reader should know.
    pub warnings: Vec<Warning>,
}
