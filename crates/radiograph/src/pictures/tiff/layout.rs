//! How the samples of a page are laid out: size, colour, kind of number, strips or tiles.

use super::directory::Directory;
use crate::Error;

/// What a sample is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unsigned,
    Signed,
    Float,
}

/// Photometric Interpretation, as far as it can be a film.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Grey { white_is_zero: bool },
    Rgb,
    Palette,
    Ycc,
}

/// Pieces in which the pixels are stored: strips, or tiles.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pieces {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) tiled: bool,
}

/// The layout of a page.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) samples: usize,
    pub(super) bits: usize,
    pub(super) kind: Kind,
    pub(super) colour: Colour,
    pub(super) planar: bool,
    pub(super) pieces: Pieces,
    pub(super) compression: u64,
    pub(super) predictor: u64,
    /// The first pixel of a byte is its lowest bit.
    pub(super) reversed: bool,
}

fn unsupported(name: &'static str, expected: &'static str, got: impl ToString) -> Error {
    Error::Unsupported { name, expected, got: got.to_string() }
}

impl Layout {
    pub(super) fn read(directory: &Directory<'_>) -> Result<Self, Error> {
        let required = |tag, name: &'static str| {
            let size = directory.number(tag).and_then(|n| usize::try_from(n).ok());
            size.filter(|n| *n > 0).ok_or(Error::Missing { name })
        };
        let (width, height) =
            (required(256, "TIFF ImageWidth")?, required(257, "TIFF ImageLength")?);
        let samples = directory.number(277).unwrap_or(1) as usize;
        let bits = same(&directory.numbers(258), 1, "TIFF BitsPerSample")?;
        let kind = match same(&directory.numbers(339), 1, "TIFF SampleFormat")? {
            1 | 4 => Kind::Unsigned,
            2 => Kind::Signed,
            3 => Kind::Float,
            other => return Err(unsupported("TIFF SampleFormat", "1 to 4", other)),
        };
        let layout = Self {
            height,
            width,
            samples,
            bits: bits as usize,
            kind,
            colour: colour(directory, samples)?,
            planar: directory.number(284) == Some(2) && samples > 1,
            pieces: pieces(directory, height, width),
            compression: directory.number(259).unwrap_or(1),
            predictor: directory.number(317).unwrap_or(1),
            reversed: directory.number(266) == Some(2),
        };
        let halved = directory.numbers(530) != [1, 1] && layout.compression != 7;
        if layout.colour == Colour::Ycc && halved {
            let expected = "one for every pixel where there is no JPEG";
            return Err(unsupported("TIFF YCbCrSubSampling", expected, "another"));
        }
        layout.checked()
    }

    fn checked(self) -> Result<Self, Error> {
        let good = match self.kind {
            Kind::Unsigned => (1..=32).contains(&self.bits) || self.bits == 64,
            Kind::Signed => (2..=32).contains(&self.bits) || self.bits == 64,
            Kind::Float => [16, 24, 32, 64].contains(&self.bits),
        };
        if !good {
            let expected = "integers of 1 to 32 or 64 bits, floats of 16, 24, 32 or 64";
            return Err(unsupported("TIFF BitsPerSample", expected, self.bits));
        }
        if self.pieces.height == 0 || self.pieces.width == 0 {
            return Err(Error::invalid(
                "TIFF RowsPerStrip, TileWidth, TileLength",
                "at least 1",
                0,
            ));
        }
        Ok(self)
    }

    /// Samples that one piece holds of a pixel.
    pub(super) fn samples_together(&self) -> usize {
        if self.planar { 1 } else { self.samples }
    }

    /// Bytes of a row of a piece.
    pub(super) fn row_bytes(&self) -> Option<usize> {
        let bits =
            self.pieces.width.checked_mul(self.samples_together())?.checked_mul(self.bits)?;
        Some(bits.div_ceil(8))
    }

    /// Samples of a pixel that are its colour; others are opacity and the like.
    pub(super) fn channels(&self) -> usize {
        if matches!(self.colour, Colour::Rgb | Colour::Ycc) { 3 } else { 1 }
    }
}

/// The one value of a tag that has one for each sample.
fn same(values: &[u64], default: u64, name: &'static str) -> Result<u64, Error> {
    let first = values.first().copied().unwrap_or(default);
    match values.iter().find(|v| **v != first) {
        None => Ok(first),
        Some(other) => {
            Err(unsupported(name, "the same for every sample", format!("{first}, {other}")))
        }
    }
}

fn colour(directory: &Directory<'_>, samples: usize) -> Result<Colour, Error> {
    let name = "TIFF PhotometricInterpretation";
    let (colour, least) = match directory.number(262) {
        Some(0) => (Colour::Grey { white_is_zero: true }, 1),
        Some(1) => (Colour::Grey { white_is_zero: false }, 1),
        Some(2) => (Colour::Rgb, 3),
        Some(3) => (Colour::Palette, 1),
        Some(6) => (Colour::Ycc, 3),
        // Absent from careless files.
        None => (Colour::Grey { white_is_zero: false }, 1),
        Some(other) => {
            let got = match other {
                4 => "a transparency mask".into(),
                5 => "CMYK".into(),
                8..=10 => "CIE L*a*b*".into(),
                other => other.to_string(),
            };
            return Err(unsupported(name, "grey, RGB, palette or YCbCr", got));
        }
    };
    if samples < least || samples > 64 {
        return Err(Error::invalid("TIFF SamplesPerPixel", format!("{least} to 64"), samples));
    }
    Ok(colour)
}

fn pieces(directory: &Directory<'_>, height: usize, width: usize) -> Pieces {
    let size = |tag| directory.number(tag).and_then(|n| usize::try_from(n).ok());
    match (size(322), size(323)) {
        (Some(width), Some(height)) => Pieces { height, width, tiled: true },
        _ => Pieces { height: size(278).unwrap_or(height).min(height), width, tiled: false },
    }
}
