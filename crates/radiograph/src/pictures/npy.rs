//! numpy's array file: read as a two-dimensional array of numbers, written as little-endian float32
//! `[height, width]` in version 1.0.

use super::tiff::half;
use super::{Picture, check_pixels, provenance};
use crate::read::write_file;
use crate::{Error, Radiograph, ReadOptions, SourceFormat};
use std::path::Path;
use vertebra_raster::Film;

/// The first six bytes of every array file.
pub(crate) const NPY_SIGNATURE: &[u8] = b"\x93NUMPY";

/// Reads a two-dimensional array, from its smallest to its largest value.
pub(crate) fn read_npy(bytes: &[u8], options: &ReadOptions) -> Result<Radiograph, Error> {
    let (header, data) = split(bytes)?;
    let quoted = |key: &str| {
        let rest = header.split_once(key)?.1.split_once(':')?.1;
        let mut parts = rest.split('\'');
        parts.next()?.trim().is_empty().then(|| parts.next()).flatten()
    };
    let descr = quoted("'descr'").ok_or_else(|| header_fault("a 'descr'", header))?;
    let (height, width) =
        shape(header).ok_or_else(|| header_fault("a shape (rows, columns)", header))?;
    check_pixels(height, width, 1, options)?;
    let (mut values, bits) = numbers(descr, data)?;
    let by_columns = header.contains("'fortran_order': True");
    let rows = (values.len() / width.max(1)).min(height);
    if options.lenient && rows < height {
        values.resize(height * width, 0.0);
    }
    crate::radiograph::check_size(height, width, values.len())?;
    let rows = if rows < height && by_columns { 0 } else { rows };
    let provenance = provenance(SourceFormat::Npy, descr, 1, bits);
    let values = match by_columns {
        true => (0..height * width).map(|i| values[i % width * height + i / width]).collect(),
        false => values,
    };
    Picture { rows, provenance, ..Picture::new(height, width, values, None) }
        .into_radiograph(options)
}

/// The header's text and the array's bytes.
fn split(bytes: &[u8]) -> Result<(&str, &[u8]), Error> {
    let cut =
        || Error::Truncated { name: "NPY header".into(), expected: 12, got: bytes.len() as u64 };
    let (len, start) = match bytes.get(6..12).ok_or_else(cut)? {
        [1, _, a, b, ..] => (usize::from(u16::from_le_bytes([*a, *b])), 10),
        [_, _, a, b, c, d] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, 12),
        _ => return Err(cut()),
    };
    let header = bytes.get(start..).and_then(|rest| rest.get(..len)).ok_or_else(cut)?;
    let text = std::str::from_utf8(header).map_err(|_| header_fault("text", "other bytes"))?;
    Ok((text, &bytes[start + len..]))
}

fn header_fault(expected: &str, got: &str) -> Error {
    Error::invalid("NPY header", expected, got.chars().take(80).collect::<String>())
}

fn shape(header: &str) -> Option<(usize, usize)> {
    let inside = header.split_once("'shape'")?.1.split_once('(')?.1.split_once(')')?.0;
    let sizes: Vec<usize> = inside
        .split(',')
        .filter(|s| !s.trim().is_empty())
        .map(|s| s.trim().parse().ok())
        .collect::<Option<_>>()?;
    match sizes[..] {
        [height, width] => Some((height, width)),
        _ => None,
    }
}

/// The numbers of an array, and the bits of one.
fn numbers(descr: &str, data: &[u8]) -> Result<(Vec<f64>, u16), Error> {
    macro_rules! read {
        ($type:ty, $from:ident) => {{
            const SIZE: usize = size_of::<$type>();
            let numbers = data.as_chunks::<SIZE>().0.iter().map(|b| <$type>::$from(*b) as f64);
            Ok((numbers.collect(), 8 * SIZE as u16))
        }};
    }
    match descr {
        "|u1" => read!(u8, from_le_bytes),
        "<u2" => read!(u16, from_le_bytes),
        ">u2" => read!(u16, from_be_bytes),
        "<i2" => read!(i16, from_le_bytes),
        "<u4" => read!(u32, from_le_bytes),
        "<i4" => read!(i32, from_le_bytes),
        "|i1" => read!(i8, from_le_bytes),
        ">i2" => read!(i16, from_be_bytes),
        ">u4" => read!(u32, from_be_bytes),
        ">i4" => read!(i32, from_be_bytes),
        "<u8" => read!(u64, from_le_bytes),
        ">u8" => read!(u64, from_be_bytes),
        "<i8" => read!(i64, from_le_bytes),
        ">i8" => read!(i64, from_be_bytes),
        "|b1" => read!(u8, from_le_bytes),
        "<f2" => half_floats(data, u16::from_le_bytes),
        ">f2" => half_floats(data, u16::from_be_bytes),
        "<f4" => read!(f32, from_le_bytes),
        ">f4" => read!(f32, from_be_bytes),
        "<f8" => read!(f64, from_le_bytes),
        ">f8" => read!(f64, from_be_bytes),
        other => Err(Error::Unsupported {
            name: "NPY descr",
            expected: "integers of 1 to 8 bytes, or floats of 2, 4 or 8",
            got: other.chars().take(20).collect(),
        }),
    }
}

fn half_floats(data: &[u8], word: fn([u8; 2]) -> u16) -> Result<(Vec<f64>, u16), Error> {
    Ok((data.as_chunks().0.iter().map(|b| half(word(*b))).collect(), 16))
}

/// Writes the grey values as a float32 array `[height, width]`, whole or not at all. Takes a
/// [`Radiograph`] or a [`Film`].
///
/// # Errors
/// [`Error::File`] around what the operating system refused.
pub fn write_npy<'a>(path: impl AsRef<Path>, film: impl Into<Film<'a>>) -> Result<(), Error> {
    write_file(path.as_ref(), &encode_npy(film))
}

/// The bytes of the file that [`write_npy`] writes.
#[must_use]
pub fn encode_npy<'a>(film: impl Into<Film<'a>>) -> Vec<u8> {
    let Film { pixels, height, width, .. } = film.into();
    let mut header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({height}, {width}), }}");
    // The data start at a multiple of 64 bytes, after 10 bytes of preamble and a newline.
    let padding = (64 - (10 + header.len() + 1) % 64) % 64;
    header.extend(std::iter::repeat_n(' ', padding));
    header.push('\n');
    let mut bytes = Vec::with_capacity(10 + header.len() + 4 * pixels.len());
    bytes.extend_from_slice(b"\x93NUMPY\x01\x00");
    bytes.extend_from_slice(&(header.len() as u16).to_le_bytes());
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend(pixels.iter().flat_map(|v| v.to_le_bytes()));
    bytes
}
