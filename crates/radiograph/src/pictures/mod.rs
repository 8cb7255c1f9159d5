//! Pictures without a patient: PNG, TIFF, JPEG and NPY.

mod jpeg;
mod npy;
mod png;
mod tiff;
mod turn;

pub(crate) use jpeg::read_jpeg;
pub(crate) use npy::{NPY_SIGNATURE, read_npy};
pub use npy::{encode_npy, write_npy};
pub(crate) use png::{PNG_SIGNATURE, read_png};
pub use png::{encode_png16, write_png16};
pub(crate) use tiff::{is_tiff, read_tiff};

use crate::{Error, Provenance, Radiograph, ReadOptions, SourceFormat, Spacing, Warning};

/// Grey samples of a picture, before they are scaled.
pub(crate) struct Picture {
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) values: Vec<f64>,
    /// Values of black and white; `None`: the smallest and the largest.
    pub(crate) range: Option<[f64; 2]>,
    /// How the picture is to be turned for a person: 1 to 8 as TIFF and Exif number it.
    pub(crate) orientation: Option<u16>,
    /// Rows that arrived.
    pub(crate) rows: usize,
    pub(crate) provenance: Provenance,
}

impl Picture {
    /// A radiograph of unknown spacing with grey in `[0, 1]`, or in the picture's own units.
    pub(crate) fn into_radiograph(self, options: &ReadOptions) -> Result<Radiograph, Error> {
        let Self { height, width, values, range, orientation, rows, mut provenance } = self;
        if let Some(index) = values.iter().position(|v| !v.is_finite()) {
            let (name, value) = ("pixels", values[index]);
            return Err(Error::OutOfDomain { name, index, value, expected: "a finite number" });
        }
        let pixels: Vec<f32> = match options.grey {
            crate::Grey::Modality => values.iter().map(|&v| v as f32).collect(),
            crate::Grey::Display => {
                let range = range.unwrap_or_else(|| extent(&values));
                provenance.grey_range = Some(range);
                provenance.inverted = options.bone_dark;
                let span = if range[1] > range[0] { range[1] - range[0] } else { 1.0 };
                let grey = |v: &f64| {
                    let grey = ((v - range[0]) / span).clamp(0.0, 1.0);
                    (if options.bone_dark { 1.0 - grey } else { grey }) as f32
                };
                values.iter().map(grey).collect()
            }
        };
        provenance.warnings.push(Warning::MissingSpacing);
        let mut valid = None;
        if rows < height {
            provenance.warnings.push(Warning::Truncated { rows_present: rows, rows: height });
            valid = Some((0..height * width).map(|i| i < rows * width).collect::<Vec<_>>());
        }
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
            Radiograph::new(height, width, pixels, Spacing::UNKNOWN)?.with_provenance(provenance);
        valid.into_iter().try_fold(radiograph, Radiograph::with_valid)
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
        n => samples.chunks_exact(n).map(|c| 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2]).collect(),
    }
}
