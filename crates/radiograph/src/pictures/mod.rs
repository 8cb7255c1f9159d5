//! Pictures without a patient: PNG, TIFF, JPEG, BMP and NPY.

mod bmp;
mod jpeg;
mod npy;
mod png;
mod size;
mod tiff;
mod turn;

pub(crate) use bmp::{is_bmp, read_bmp};
pub(crate) use jpeg::read_jpeg;
pub(crate) use npy::{NPY_SIGNATURE, read_npy};
pub use npy::{encode_npy, write_npy};
pub(crate) use png::{PNG_SIGNATURE, read_png};
pub use png::{PngOptions, encode_png16, write_png16};
pub use size::PictureSize;
pub(crate) use tiff::{is_tiff, read_tiff};

use crate::luma::{mix, rgb};
use crate::window::{Window, saturation};
use crate::{
    Bone, Error, Grey, Provenance, Radiograph, ReadOptions, SourceFormat, Spacing, Voi, VoiChoice,
    Warning, stated,
};

/// Grey samples of a picture, before they are scaled.
pub(crate) struct Picture {
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) values: Vec<f64>,
    /// Values of black and white; `None`: the smallest and the largest.
    pub(crate) range: Option<[f64; 2]>,
    /// Whether small values are to be bright.
    pub(crate) white_is_zero: bool,
    /// How the picture is to be turned for a person: 1 to 8 as TIFF and Exif number it.
    pub(crate) orientation: Option<u16>,
    /// Rows that arrived.
    pub(crate) rows: usize,
    pub(crate) provenance: Provenance,
}

impl Picture {
    /// A whole picture that is not to be turned, of which nothing is known.
    pub(crate) fn new(
        height: usize,
        width: usize,
        values: Vec<f64>,
        range: Option<[f64; 2]>,
    ) -> Self {
        let (white_is_zero, orientation, rows) = (false, None, height);
        let provenance = Provenance::default();
        Self { height, width, values, range, white_is_zero, orientation, rows, provenance }
    }

    /// A radiograph with grey in `[0, 1]`, or in the picture's own units; of unknown spacing where
    /// the caller states none.
    pub(crate) fn into_radiograph(mut self, options: &ReadOptions) -> Result<Radiograph, Error> {
        if let Some(index) = self.values.iter().position(|v| !v.is_finite()) {
            let (name, value) = ("pixels", self.values[index]);
            return Err(Error::OutOfDomain { name, index, value, expected: "a finite number" });
        }
        let pixels = match options.grey {
            Grey::Modality => self.values.iter().map(|&v| v as f32).collect(),
            Grey::Display => self.shown(options)?,
        };
        let Self { height, width, orientation, rows, mut provenance, .. } = self;
        let mut warnings = std::mem::take(&mut provenance.warnings);
        warnings.push(Warning::MissingSpacing);
        let spacing = stated::spacing(Spacing::UNKNOWN, options, &mut warnings)?;
        provenance.spacing_stated_mm = stated::of(spacing);
        provenance.bone_stated = options.bone;
        let mut valid = None;
        if rows < height {
            warnings.push(Warning::Truncated { rows_present: rows, rows: height });
            valid = Some((0..height * width).map(|i| i < rows * width).collect::<Vec<_>>());
        }
        if provenance.voi != Voi::None {
            warnings.extend(saturation(&pixels, valid.as_deref()));
        }
        provenance.warnings = warnings;
        let turn = turn::Turn::new(orientation);
        provenance.orientation = turn.map(turn::Turn::number);
        let (pixels, valid, [height, width]) = match turn {
            Some(turn) => (
                turn.apply(&pixels, height, width),
                valid.map(|valid| turn.apply(&valid, height, width)),
                turn.size(height, width),
            ),
            None => (pixels, valid, [height, width]),
        };
        let radiograph =
            Radiograph::new(height, width, pixels, spacing)?.with_provenance(provenance);
        valid.into_iter().try_fold(radiograph, Radiograph::with_valid)
    }

    /// Grey values as a person would see them; records how they came about.
    fn shown(&mut self, options: &ReadOptions) -> Result<Vec<f32>, Error> {
        let name = "a window or VOI LUT of the file, which only DICOM has";
        let range = match &options.voi {
            VoiChoice::First => self.range.unwrap_or_else(|| extent(&self.values)),
            VoiChoice::None => extent(&self.values),
            VoiChoice::Given(center, width) => return self.windowed(*center, *width, options),
            _ => return Err(Error::Missing { name }),
        };
        let span = if range[1] > range[0] { range[1] - range[0] } else { 1.0 };
        Ok(self.greys(range, options, |v| ((v - range[0]) / span).clamp(0.0, 1.0)))
    }

    fn windowed(
        &mut self,
        center: f64,
        width: f64,
        options: &ReadOptions,
    ) -> Result<Vec<f32>, Error> {
        let window = Window::given(center, width)?;
        self.provenance.voi = window.record();
        Ok(self.greys(window.range(), options, |v| window.apply(v)))
    }

    fn greys(
        &mut self,
        range: [f64; 2],
        options: &ReadOptions,
        grey: impl Fn(f64) -> f64,
    ) -> Vec<f32> {
        let inverted = self.white_is_zero != (options.bone == Some(Bone::Dark));
        self.provenance.grey_range = Some(range);
        self.provenance.inverted = inverted;
        let shown = |&v: &f64| (if inverted { 1.0 - grey(v) } else { grey(v) }) as f32;
        self.values.iter().map(shown).collect()
    }
}

fn extent(values: &[f64]) -> [f64; 2] {
    let widen = |[lo, hi]: [f64; 2], v: &f64| [lo.min(*v), hi.max(*v)];
    values.iter().fold([f64::INFINITY, f64::NEG_INFINITY], widen)
}

/// The record of a picture's samples.
pub(crate) fn provenance(
    format: SourceFormat,
    colour: &str,
    samples: usize,
    bits: u16,
) -> Provenance {
    Provenance {
        format,
        photometric: Some(colour.into()),
        samples_per_pixel: samples as u16,
        bits_allocated: bits,
        bits_stored: bits,
        high_bit: bits.saturating_sub(1),
        frames: 1,
        ..Provenance::default()
    }
}

/// Bytes a sample while a picture is read: as decoded, as `f64`, and as grey.
const PER_SAMPLE: u64 = 32;

/// Refuses a picture larger than the options allow, or that would take more memory, before it is
/// decoded.
pub(crate) fn check_pixels(
    height: usize,
    width: usize,
    channels: usize,
    options: &ReadOptions,
) -> Result<(), Error> {
    let check = |what, allowed, got| match got {
        got if got > allowed => Err(Error::LimitExceeded { name: what, allowed, got }),
        _ => Ok(()),
    };
    let pixels = (height as u64).saturating_mul(width as u64);
    check("pixels", options.limits.pixels, pixels)?;
    let needed = pixels.saturating_mul(PER_SAMPLE * channels as u64);
    check("bytes of memory to decode the picture", options.limits.memory, needed)
}

/// Interleaved samples to one grey value a pixel: Rec. 601 luma of the first three; alpha ignored.
pub(crate) fn luma(samples: impl Iterator<Item = f64>, channels: usize) -> Vec<f64> {
    let samples: Vec<f64> = samples.collect();
    match channels {
        1 => samples,
        2 => samples.iter().step_by(2).copied().collect(),
        n => samples.chunks_exact(n).map(|c| mix([c[0], c[1], c[2]])).collect(),
    }
}

/// The luma of the colours that a person would see: those that no screen can show are clipped.
pub(crate) fn luma_of_ycbcr(samples: &[f64], white: f64) -> Vec<f64> {
    let grey = |c: &[f64; 3]| mix(rgb(c.map(|v| v as f32), 0.0, white as f32).map(f64::from));
    samples.as_chunks::<3>().0.iter().map(grey).collect()
}
