//! PNG, 1 to 16 bits, grey or colour; written as 16-bit grey.

use super::{Picture, PictureSize, check_pixels, luma, provenance};
use crate::codec::tiff_orientation;
use crate::radiograph::range;
use crate::read::write_file;
use crate::{Error, Radiograph, ReadOptions, SourceFormat, Warning};
use png::{BitDepth, ColorType, Transformations};
use std::io::Cursor;
use std::path::Path;
use vertebra_raster::Film;

/// The first eight bytes of every PNG.
pub(crate) const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Reads a PNG; black is 0 and white the largest sample its bit depth can hold.
pub(crate) fn read_png(bytes: &[u8], options: &ReadOptions) -> Result<Radiograph, Error> {
    let mut reader = open(bytes, options)?;
    let (height, width) = (reader.info().height as usize, reader.info().width as usize);
    let channels = if reader.info().color_type == ColorType::Indexed {
        4
    } else {
        reader.info().color_type.samples()
    };
    check_pixels(height, width, channels, options)?;
    let stored = reader.info().bit_depth as u16;
    let size = reader.output_buffer_size().ok_or(Error::LimitExceeded {
        name: "bytes of the decoded PNG",
        allowed: options.limits.bytes,
        got: u64::MAX,
    })?;
    let mut buffer = vec![0; size];
    let (color_type, bit_depth) = reader.output_color_type();
    let rows = match reader.next_frame(&mut buffer) {
        Ok(_) => height,
        Err(_) if options.lenient => rows(bytes, options, &mut buffer)?,
        Err(error) => return Err(fault(error)),
    };
    let channels = color_type.samples();
    let samples = &buffer[..];
    let (values, white, bits) = match bit_depth {
        BitDepth::Sixteen => {
            let words = samples.as_chunks::<2>().0.iter();
            let words = words.map(|b| f64::from(u16::from_be_bytes(*b)));
            (luma(words, channels), 65535.0, 16)
        }
        _ => (luma(samples.iter().map(|&b| f64::from(b)), channels), 255.0, stored),
    };
    let colour = format!("{color_type:?}").to_lowercase();
    let mut provenance = provenance(SourceFormat::Png, &colour, channels, bits);
    if !matches!(color_type, ColorType::Grayscale | ColorType::GrayscaleAlpha) {
        provenance.warnings.push(Warning::ColourToGrey { photometric: colour });
    }
    let exif = reader.info().exif_metadata.as_deref();
    let orientation = exif.and_then(tiff_orientation);
    let picture = Picture::new(height, width, values, Some([0.0, white]));
    Picture { orientation, rows, provenance, ..picture }.into_radiograph(options)
}

fn fault(error: png::DecodingError) -> Error {
    Error::codec("PNG", error.to_string())
}

fn open<'a>(
    bytes: &'a [u8],
    options: &ReadOptions,
) -> Result<png::Reader<Cursor<&'a [u8]>>, Error> {
    let limits = png::Limits { bytes: usize::try_from(options.limits.bytes).unwrap_or(usize::MAX) };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(Transformations::EXPAND);
    decoder.read_info().map_err(fault)
}

/// Reads a damaged PNG row by row; gives the rows that arrived. Those of an interlaced one are not
/// whole before its end.
fn rows(bytes: &[u8], options: &ReadOptions, buffer: &mut [u8]) -> Result<usize, Error> {
    buffer.fill(0);
    let mut reader = open(bytes, options)?;
    if reader.info().interlaced {
        return Ok(0);
    }
    let row_bytes = buffer.len() / (reader.info().height as usize).max(1);
    let mut rows = 0;
    for place in buffer.chunks_exact_mut(row_bytes.max(1)) {
        let Ok(Some(row)) = reader.next_row() else { break };
        place.copy_from_slice(row.data());
        rows += 1;
    }
    Ok(rows)
}

/// Writes the picture a person would see, 16-bit grey, whole or not at all: grey values of `[0, 1]`
/// as they are, others from the smallest to the largest. Takes a [`Radiograph`] or a [`Film`].
///
/// # Errors
/// [`Error::File`] around what the operating system or the encoder refused.
pub fn write_png16<'a>(path: impl AsRef<Path>, film: impl Into<Film<'a>>) -> Result<(), Error> {
    let path = path.as_ref();
    write_file(path, &encode_png16(film).map_err(|e| e.at(path))?)
}

/// The bytes of the file that [`write_png16`] writes.
///
/// # Errors
/// What the encoder refused.
pub fn encode_png16<'a>(film: impl Into<Film<'a>>) -> Result<Vec<u8>, Error> {
    PngOptions::default().encode(film)
}

/// How a picture is written as grey PNG.
///
/// # Examples
/// ```
/// use vertebra_radiograph::{PictureSize, PngOptions, Radiograph, Spacing};
/// let film = Radiograph::new(2, 4, vec![0.0; 8], Spacing::UNKNOWN)?;
/// let options = PngOptions::default().with_8_bits(true).with_size(PictureSize::Longest(2));
/// let small = vertebra_radiograph::ReadOptions::default().read_bytes(&options.encode(&film)?)?;
/// assert_eq!((small.height(), small.width(), small.provenance().bits_stored), (1, 2, 8));
/// # Ok::<(), vertebra_radiograph::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PngOptions {
    eight_bits: bool,
    size: Option<PictureSize>,
}

impl PngOptions {
    /// 8 bits a pixel instead of 16.
    #[must_use]
    pub fn with_8_bits(self, eight_bits: bool) -> Self {
        Self { eight_bits, ..self }
    }

    /// Another size than the film's.
    #[must_use]
    pub fn with_size(self, size: PictureSize) -> Self {
        Self { size: Some(size), ..self }
    }

    /// Writes the picture a person would see, whole or not at all, as [`write_png16`] does.
    ///
    /// # Errors
    /// [`Error::File`] around what the operating system or the encoder refused.
    pub fn write<'a>(
        &self,
        path: impl AsRef<Path>,
        film: impl Into<Film<'a>>,
    ) -> Result<(), Error> {
        let path = path.as_ref();
        write_file(path, &self.encode(film).map_err(|e| e.at(path))?)
    }

    /// The bytes of the file that [`write`](Self::write) writes.
    ///
    /// # Errors
    /// A size of 0 or beyond 2^27 pixels, or what the encoder refused.
    pub fn encode<'a>(&self, film: impl Into<Film<'a>>) -> Result<Vec<u8>, Error> {
        let film = film.into();
        film.check()?;
        let grey = Range::of(&film);
        match self.size {
            Some(size) => self.pack(size.apply(film)?.as_film(), grey),
            None => self.pack(film, grey),
        }
    }

    fn pack(&self, film: Film<'_>, grey: Range) -> Result<Vec<u8>, Error> {
        let fault = |e: png::EncodingError| Error::Encode { name: "PNG", reason: Box::new(e) };
        let size = |n: usize| {
            u32::try_from(n).map_err(|_| Error::invalid("PNG size", "at most 2^32 - 1", n))
        };
        let (width, height) = (size(film.width)?, size(film.height)?);
        let pixels = film.pixels.iter();
        let (depth, data): (_, Vec<u8>) = if self.eight_bits {
            (BitDepth::Eight, pixels.map(|v| grey.scaled(*v, 255.0) as u8).collect())
        } else {
            let word = |v: &f32| (grey.scaled(*v, 65535.0) as u16).to_be_bytes();
            (BitDepth::Sixteen, pixels.flat_map(word).collect())
        };
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(ColorType::Grayscale);
        encoder.set_depth(depth);
        let mut writer = encoder.write_header().map_err(fault)?;
        writer.write_image_data(&data).map_err(fault)?;
        writer.finish().map_err(fault)?;
        Ok(bytes)
    }
}

/// The grey values that become black and white: 0 and 1 where all lie between, else the smallest
/// and the largest.
#[derive(Clone, Copy)]
struct Range {
    low: f64,
    span: f64,
}

impl Range {
    fn of(film: &Film<'_>) -> Self {
        let (low, high) = range(film.pixels);
        // In f64: the distance between two f32 can be more than f32 holds.
        let (low, high) = (f64::from(low), f64::from(high));
        match (low, high) {
            _ if low >= 0.0 && high <= 1.0 => Self { low: 0.0, span: 1.0 },
            _ if high > low => Self { low, span: high - low },
            _ => Self { low, span: 1.0 },
        }
    }

    fn scaled(self, value: f32, white: f64) -> f64 {
        (((f64::from(value) - self.low) / self.span) * white).round()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Spacing;

    #[test]
    fn a_range_wider_than_f32_is_spread_over_all_grey_values() {
        let pixels = vec![f32::MIN, f32::MIN / 2.0, 0.0, f32::MAX];
        let film = Radiograph::new(2, 2, pixels, Spacing::UNKNOWN).unwrap();
        let png = encode_png16(&film).unwrap();
        let read = read_png(&png, &ReadOptions::default()).unwrap();
        let words: Vec<f32> = read.pixels().iter().map(|v| (v * 65535.0).round()).collect();
        assert_eq!(words, [0.0, 16384.0, 32768.0, 65535.0]);
    }
}
