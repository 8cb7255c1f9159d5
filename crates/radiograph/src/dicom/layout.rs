//! How the pixels of a frame are laid out (PS3.3 C.7.6.3, PS3.5 chapter 8).

use super::file::Header;
use super::{floats, tag};
use crate::{Error, ReadOptions, Warning};

/// Photometric Interpretation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Photometric {
    Monochrome1,
    Monochrome2,
    Palette,
    Rgb,
    Ybr,
    YbrPartial422,
    YbrFull422,
    /// Decoded to RGB by the JPEG 2000 decoder.
    YbrWavelet,
}

/// Size and sample layout of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) frames: usize,
    pub(crate) samples: usize,
    pub(crate) planar: bool,
    pub(crate) photometric: Photometric,
    pub(crate) bits_allocated: u16,
    pub(crate) bits_stored: u16,
    pub(crate) high_bit: u16,
    pub(crate) signed: bool,
}

impl Layout {
    pub(crate) fn read(
        header: &Header<'_>,
        options: &ReadOptions,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, Error> {
        let rows = usize::from(header.require_word(tag::ROWS)?);
        let columns = usize::from(header.require_word(tag::COLUMNS)?);
        for (size, tag) in [(rows, tag::ROWS), (columns, tag::COLUMNS)] {
            if size == 0 {
                return Err(Error::invalid(tag.name, "at least 1", 0));
            }
        }
        let pixels = (rows * columns) as u64;
        if pixels > options.limits.pixels {
            return Err(Error::LimitExceeded {
                name: "pixels (Rows x Columns)",
                allowed: options.limits.pixels,
                got: pixels,
            });
        }
        let samples = usize::from(header.word(tag::SAMPLES_PER_PIXEL)?.unwrap_or(1));
        let layout = Self {
            rows,
            columns,
            frames: frames(header, options.lenient, warnings)?,
            samples,
            planar: header.word(tag::PLANAR_CONFIGURATION)? == Some(1),
            photometric: photometric(header, samples)?,
            bits_allocated: header.require_word(tag::BITS_ALLOCATED)?,
            bits_stored: 0,
            high_bit: 0,
            signed: header.word(tag::PIXEL_REPRESENTATION)? == Some(1),
        };
        layout.with_bits(header)
    }

    fn with_bits(mut self, header: &Header<'_>) -> Result<Self, Error> {
        let allocated = self.bits_allocated;
        if let Some((_, size)) = floats::element(header) {
            if usize::from(allocated) != 8 * size || self.samples != 1 {
                let expected = format!("{} and one sample for floats", 8 * size);
                let got = format!("{allocated} and {}", self.samples);
                return Err(Error::invalid(tag::BITS_ALLOCATED.name, expected, got));
            }
            (self.bits_stored, self.high_bit) = (allocated, allocated - 1);
            return Ok(self);
        }
        if !matches!(allocated, 1 | 8 | 16 | 32) {
            return Err(Error::Unsupported {
                name: tag::BITS_ALLOCATED.name,
                expected: "1, 8, 16 or 32",
                got: allocated.to_string(),
            });
        }
        self.bits_stored = header.word(tag::BITS_STORED)?.unwrap_or(allocated);
        if self.bits_stored == 0 || self.bits_stored > allocated {
            return Err(Error::invalid(
                tag::BITS_STORED.name,
                format!("1 to {allocated} (Bits Allocated)"),
                self.bits_stored,
            ));
        }
        self.high_bit = header.word(tag::HIGH_BIT)?.unwrap_or(self.bits_stored - 1);
        if !(self.bits_stored - 1..allocated).contains(&self.high_bit) {
            return Err(Error::invalid(
                tag::HIGH_BIT.name,
                format!("{} to {}", self.bits_stored - 1, allocated - 1),
                self.high_bit,
            ));
        }
        Ok(self)
    }

    /// Pixels of a frame.
    pub(crate) fn pixels(&self) -> usize {
        self.rows * self.columns
    }

    /// Bytes of an uncompressed frame.
    pub(crate) fn frame_bytes(&self) -> usize {
        match (self.bits_allocated, self.photometric) {
            (1, _) => self.pixels().div_ceil(8),
            (8, Photometric::YbrFull422 | Photometric::YbrPartial422) => self.pixels() * 2,
            (bits, _) => self.pixels() * self.samples * usize::from(bits / 8),
        }
    }
}

fn frames(header: &Header<'_>, lenient: bool, warnings: &mut Vec<Warning>) -> Result<usize, Error> {
    let number = match header.number(tag::NUMBER_OF_FRAMES) {
        Err(error) if lenient => {
            warnings.push(Warning::Guessed { what: format!("{error}; taken as 1") });
            None
        }
        number => number?,
    };
    match number {
        None => Ok(1),
        Some(n) if n >= 1.0 && n.fract() == 0.0 && n <= 1e9 => Ok(n as usize),
        Some(0.0) => Ok(1),
        Some(n) => Err(Error::invalid(tag::NUMBER_OF_FRAMES.name, "a positive integer", n)),
    }
}

fn photometric(header: &Header<'_>, samples: usize) -> Result<Photometric, Error> {
    let text = header
        .text(tag::PHOTOMETRIC_INTERPRETATION)
        .ok_or(Error::Missing { name: tag::PHOTOMETRIC_INTERPRETATION.name })?;
    let (photometric, expected) = match text {
        "MONOCHROME1" => (Photometric::Monochrome1, 1),
        "MONOCHROME2" => (Photometric::Monochrome2, 1),
        "PALETTE COLOR" => (Photometric::Palette, 1),
        "RGB" => (Photometric::Rgb, 3),
        "YBR_FULL" => (Photometric::Ybr, 3),
        "YBR_FULL_422" => (Photometric::YbrFull422, 3),
        "YBR_PARTIAL_422" => (Photometric::YbrPartial422, 3),
        "YBR_ICT" | "YBR_RCT" => (Photometric::YbrWavelet, 3),
        other => {
            return Err(Error::Unsupported {
                name: tag::PHOTOMETRIC_INTERPRETATION.name,
                expected: "MONOCHROME1, MONOCHROME2, PALETTE COLOR, RGB or YBR_*",
                got: other.chars().take(40).collect(),
            });
        }
    };
    if samples != expected {
        return Err(Error::invalid(
            tag::SAMPLES_PER_PIXEL.name,
            format!("{expected} for {text}"),
            samples,
        ));
    }
    Ok(photometric)
}
