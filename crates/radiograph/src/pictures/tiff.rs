//! TIFF, 8 to 32 bits, grey or colour.

use super::{Picture, check_pixels, luma, provenance};
use crate::{Error, Radiograph, ReadOptions, SourceFormat, Warning};
use std::io::Cursor;
use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;

/// Whether the file starts as a TIFF or BigTIFF does.
pub(crate) fn is_tiff(bytes: &[u8]) -> bool {
    matches!(bytes, [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..])
}

/// Reads the first picture of a TIFF; integers from the smallest to the largest their bits can
/// hold, floats from the smallest value to the largest; turned as its tag Orientation asks.
pub(crate) fn read_tiff(bytes: &[u8], options: &ReadOptions) -> Result<Radiograph, Error> {
    let fault = |e: tiff::TiffError| Error::codec("TIFF", e.to_string());
    check_directory(bytes)?;
    let mut limits = Limits::default();
    limits.decoding_buffer_size = usize::try_from(options.limits.bytes).unwrap_or(usize::MAX);
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(fault)?.with_limits(limits);
    let (width, height) = decoder.dimensions().map_err(fault)?;
    let (width, height) = (width as usize, height as usize);
    let colour = decoder.colortype().map_err(fault)?;
    let (channels, bits) = match colour {
        ColorType::Gray(bits) => (1, bits),
        ColorType::GrayA(bits) => (2, bits),
        ColorType::RGB(bits) => (3, bits),
        ColorType::RGBA(bits) => (4, bits),
        other => {
            return Err(Error::Unsupported {
                name: "TIFF colour",
                expected: "grey or RGB, with or without alpha",
                got: format!("{other:?}"),
            });
        }
    };
    check_pixels(height, width, channels, options)?;
    let orientation = decoder.find_tag_unsigned(Tag::Orientation).map_err(fault)?;
    let mut samples = DecodingResult::U8(Vec::new());
    let layout = decoder.read_image_to_buffer(&mut samples).map_err(fault)?;
    let (values, kind) = values(samples, bits)?;
    let values = if layout.planes > 1 { interleaved(&values, channels) } else { values };
    let values = luma(values.into_iter(), channels);
    let name = format!("{colour:?}").to_lowercase();
    let mut provenance = provenance(SourceFormat::Tiff, &name, channels, u16::from(bits));
    if channels > 2 {
        provenance.warnings.push(Warning::ColourToGrey { photometric: name });
    }
    let levels = 2_f64.powi(i32::from(bits));
    let range = match kind {
        Kind::Unsigned => Some([0.0, levels - 1.0]),
        Kind::Signed => Some([-levels / 2.0, levels / 2.0 - 1.0]),
        Kind::Float => None,
    };
    Picture { height, width, values, range, orientation, rows: height, provenance }
        .into_radiograph(options)
}

/// Planes one after the other to the samples of a pixel one after the other.
fn interleaved(planes: &[f64], channels: usize) -> Vec<f64> {
    let size = planes.len() / channels.max(1);
    (0..size).flat_map(|i| planes.iter().skip(i).step_by(size.max(1)).copied()).collect()
}

/// Checks that the values that the first directory announces could lie in the file.
///
/// The library makes room for all of them before it looks, up to 256 MiB whatever its limits: they can
/// only be set once it has read that directory.
fn check_directory(bytes: &[u8]) -> Result<(), Error> {
    let little = bytes.starts_with(b"II");
    let number = |at: usize, size: usize| -> Option<u64> {
        let bytes = bytes.get(at..at.checked_add(size)?)?;
        let push = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(if little { bytes.iter().rev().fold(0, push) } else { bytes.iter().fold(0, push) })
    };
    let big = number(2, 2) == Some(43);
    let (word, head, entry) = if big { (8, 8, 20) } else { (4, 2, 12) };
    let directory = || {
        let start = usize::try_from(number(if big { 8 } else { 4 }, word)?).ok()?;
        Some((start, number(start, head)?))
    };
    let Some((start, entries)) = directory() else {
        return Err(Error::codec("TIFF", "expected a directory; the file ends before it"));
    };
    let room = bytes.len() as u64;
    for i in 0..usize::try_from(entries.min(room)).unwrap_or(0) {
        let at = start + head + entry * i;
        let (Some(kind), Some(count)) = (number(at + 2, 2), number(at + 4, word)) else { break };
        let size = match kind {
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16..=18 => 8,
            _ => 1,
        };
        if count.saturating_mul(size) > room {
            let what = format!("TIFF directory entry {i}");
            let expected = count.saturating_mul(size);
            return Err(Error::Truncated { name: what, expected, got: room });
        }
    }
    Ok(())
}

/// What samples are.
enum Kind {
    Unsigned,
    Signed,
    Float,
}

/// Samples as numbers, and what they are.
fn values(result: DecodingResult, bits: u8) -> Result<(Vec<f64>, Kind), Error> {
    macro_rules! numbers {
        ($values:expr, $kind:ident) => {
            Ok(($values.into_iter().map(f64::from).collect(), Kind::$kind))
        };
    }
    match result {
        DecodingResult::U8(v) if bits == 8 => numbers!(v, Unsigned),
        DecodingResult::U16(v) => numbers!(v, Unsigned),
        DecodingResult::U32(v) => numbers!(v, Unsigned),
        DecodingResult::I8(v) if bits == 8 => numbers!(v, Signed),
        DecodingResult::I16(v) => numbers!(v, Signed),
        DecodingResult::I32(v) => numbers!(v, Signed),
        DecodingResult::F16(v) => numbers!(v, Float),
        DecodingResult::F32(v) => numbers!(v, Float),
        DecodingResult::F64(v) => Ok((v, Kind::Float)),
        _ => Err(Error::Unsupported {
            name: "TIFF samples",
            expected: "8, 16 or 32 bits, or floating point",
            got: format!("{bits} bits of another kind"),
        }),
    }
}
