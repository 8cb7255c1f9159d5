//! The samples of a frame: which decoder, and what arrived.

use super::codestream;
use super::frame::FrameBytes;
use super::layout::{Layout, Photometric};
use super::samples::Samples;
use super::syntax::{self, Compression, TransferSyntax};
use super::tag;
use crate::codec::{self, Frame, FrameColour, FrameSamples, Size};
use crate::deadline::Deadline;
use crate::{Error, Warning};
use std::borrow::Cow;

/// A frame's samples, and the layout they are really in.
pub(crate) struct Decoded<'a> {
    pub(crate) samples: Samples<'a>,
    pub(crate) layout: Layout,
    /// Rows that arrived whole.
    pub(crate) rows: usize,
}

/// How a frame may be decoded.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    /// Whether the bytes may contradict the header.
    pub(crate) lenient: bool,
    pub(crate) deadline: Deadline,
}

/// Decodes a frame.
pub(crate) fn decode<'a>(
    frame: &'a FrameBytes<'_>,
    syntax: TransferSyntax,
    layout: &Layout,
    Terms { lenient, deadline }: Terms,
    warnings: &mut Vec<Warning>,
) -> Result<Decoded<'a>, Error> {
    let decoded = match compression(frame, syntax, layout, lenient)? {
        Compression::None => native(frame, syntax.big_endian, layout),
        stated => {
            let terms = Terms { lenient, deadline };
            let (decoded, compression) = decompress_either(&frame.bytes, stated, layout, terms)?;
            if compression != syntax.compression {
                let (is, says) = (compression.name(), syntax.name);
                let what = format!("{}: {is}, where the syntax is {says}", tag::PIXEL_DATA.name);
                warnings.push(Warning::Guessed { what });
            }
            adopt(decoded, compression, layout, warnings)
        }
    };
    if decoded.rows < layout.rows && !lenient {
        return Err(Error::Truncated {
            name: format!("{} ({}), in rows instead of", tag::PIXEL_DATA.name, syntax.name),
            expected: layout.rows as u64,
            got: decoded.rows as u64,
        });
    }
    Ok(decoded)
}

/// How the bytes of a frame are compressed: as the syntax says, or leniently as they say themselves
/// where they cannot be what it says.
fn compression(
    frame: &FrameBytes<'_>,
    syntax: TransferSyntax,
    layout: &Layout,
    lenient: bool,
) -> Result<Compression, Error> {
    let native_frames = [syntax::ENCAPSULATED_UNCOMPRESSED, syntax::DEFLATED_FRAME];
    let expected = match (frame.encapsulated, syntax.compression) {
        (false, Compression::None) if codestream::begins(&frame.bytes) => {
            // Bytes of a codestream are no pixels; those of a whole frame may begin like one.
            let short = frame.bytes.len() < layout.frame_bytes();
            let found = codestream::compression(&frame.bytes).filter(|_| short);
            return Ok(found.unwrap_or(Compression::None));
        }
        (false, Compression::None) => return Ok(Compression::None),
        (true, Compression::None) if native_frames.contains(&syntax.uid) => {
            return Ok(Compression::None);
        }
        (true, Compression::None) => "a value of defined length",
        (false, _) => "encapsulated fragments",
        (true, compression) => return Ok(compression),
    };
    let got =
        if frame.encapsulated { "encapsulated fragments" } else { "a value of defined length" };
    let wrong =
        || Error::invalid(tag::PIXEL_DATA.name, format!("{expected}, as for {}", syntax.name), got);
    if !lenient {
        return Err(wrong());
    }
    match codestream::compression(&frame.bytes) {
        Some(compression) => Ok(compression),
        None if !frame.encapsulated && frame.bytes.len() >= layout.frame_bytes() => {
            Ok(Compression::None)
        }
        None if !frame.encapsulated => Err(wrong()),
        None => Err(Error::invalid(
            tag::PIXEL_DATA.name,
            "fragments of JPEG, JPEG-LS, JPEG XL, JPEG 2000 or RLE",
            "something else",
        )),
    }
}

/// Decodes as is stated; leniently, where that does not give the whole frame, as the first bytes
/// say, if no other compression begins with them.
fn decompress_either(
    bytes: &[u8],
    stated: Compression,
    layout: &Layout,
    Terms { lenient, deadline }: Terms,
) -> Result<(Frame, Compression), Error> {
    let frame = decompress(bytes, stated, layout, deadline);
    let is_whole = frame.as_ref().is_ok_and(|frame| frame.rows == layout.rows);
    let found = codestream::sure(bytes).filter(|found| lenient && !is_whole && *found != stated);
    let other = found.map(|found| (decompress(bytes, found, layout, deadline), found));
    match other {
        Some((Ok(other), found)) => Ok((other, found)),
        _ => frame.map(|frame| (frame, stated)),
    }
}

fn decompress(
    bytes: &[u8],
    compression: Compression,
    layout: &Layout,
    deadline: Deadline,
) -> Result<Frame, Error> {
    let size = Size { height: layout.rows, width: layout.columns, components: layout.samples };
    let frame = match compression {
        Compression::Rle => codec::decode_rle(bytes, size, rle_bytes(layout)?),
        Compression::Jpeg | Compression::None => codec::decode_jpeg(bytes, size, deadline),
        Compression::Jpeg2000 => codec::decode_jpeg2000(bytes, size, deadline),
        Compression::JpegLs => codec::decode_jpeg_ls(bytes, size, deadline),
        #[cfg(feature = "jpeg-xl")]
        Compression::JpegXl => codec::decode_jpeg_xl(bytes, size, deadline),
        #[cfg(not(feature = "jpeg-xl"))]
        Compression::JpegXl => {
            return Err(Error::Unsupported {
                name: "JPEG XL",
                expected: "a program built with the feature `jpeg-xl` of vertebra-radiograph",
                got: "one built without".into(),
            });
        }
    };
    // A decoder that was late has stopped somewhere: that is no fault of the data.
    deadline.check()?;
    Ok(frame?)
}

fn rle_bytes(layout: &Layout) -> Result<usize, Error> {
    match layout.bits_allocated {
        bits @ (8 | 16 | 32) => Ok(usize::from(bits / 8)),
        other => Err(Error::Unsupported {
            name: tag::BITS_ALLOCATED.name,
            expected: "8, 16 or 32 with RLE",
            got: other.to_string(),
        }),
    }
}

/// A decoded frame as samples, with the layout as decoding left it.
fn adopt(
    mut frame: Frame,
    compression: Compression,
    header: &Layout,
    warnings: &mut Vec<Warning>,
) -> Decoded<'static> {
    let mut layout = Layout { planar: false, ..*header };
    match layout.photometric {
        Photometric::Monochrome1 | Photometric::Monochrome2 | Photometric::Palette => {}
        _ if frame.colour == FrameColour::Rgb => layout.photometric = Photometric::Rgb,
        _ if frame.colour == FrameColour::Ycc => layout.photometric = Photometric::Ybr,
        // Decoders give every pixel its own samples.
        Photometric::YbrFull422 | Photometric::YbrPartial422 if compression != Compression::Rle => {
            layout.photometric = Photometric::Ybr;
        }
        _ => {}
    }
    if compression != Compression::Rle {
        if frame.precision != layout.bits_stored {
            warnings.push(Warning::BitsDisagree {
                what: tag::BITS_STORED.name.into(),
                header: layout.bits_stored,
                codestream: frame.precision,
            });
        }
        // A codestream holds values, not cells: they start at bit 0.
        if frame.precision <= layout.bits_stored {
            layout.high_bit = layout.bits_stored - 1;
        }
    }
    let mut samples = std::mem::replace(&mut frame.samples, FrameSamples::Bytes(Vec::new()));
    // Overshoot of a lossy codec is no bit to mask off: that would turn white into black.
    if frame.lossy && frame.precision > layout.bits_stored && !is_masked(&samples, &frame, header) {
        // The error of JPEG-LS is bounded: what is beyond is kept, as its reference decoder does.
        let kept = compression == Compression::JpegLs && !layout.signed;
        if kept && frame.precision <= layout.bits_allocated {
            layout.bits_stored = frame.precision;
        }
        layout.high_bit = layout.bits_stored - 1;
        clamp(&mut samples, frame.precision, &layout);
    }
    let samples = match samples {
        FrameSamples::Bytes(samples) => Samples::Bytes(samples.into()),
        FrameSamples::Words(samples) => Samples::Short(samples),
        FrameSamples::Planes(planes) => Samples::Planes(planes),
        FrameSamples::Longs(samples) => Samples::Long(samples),
    };
    Decoded { samples, layout, rows: frame.rows }
}

/// Whether signed values lie in a wider codestream as Bits Stored alone, without their sign in the
/// bits above: then none is negative there, and small negative ones are near the largest code.
fn is_masked(samples: &FrameSamples, frame: &Frame, header: &Layout) -> bool {
    let FrameSamples::Words(words) = samples else { return false };
    let largest = words.iter().copied().max().unwrap_or(0);
    let codes = 1_u32 << header.bits_stored.min(16);
    let all = u32::from(largest) < codes.min(1 << (frame.precision.clamp(1, 16) - 1));
    header.signed && all && 4 * u32::from(largest) >= 3 * codes
}

/// Clamps samples of a codestream of `precision` bits to what Bits Stored can hold.
fn clamp(samples: &mut FrameSamples, precision: u16, layout: &Layout) {
    let unused = 32 - u32::from(precision.clamp(1, 32));
    let bits = u32::from(layout.bits_stored);
    let (low, high) = match layout.signed {
        true => (-(1_i64 << (bits - 1)), (1_i64 << (bits - 1)) - 1),
        false => (0, (1_i64 << bits) - 1),
    };
    let clamped = |sample: u32| {
        let value = match layout.signed {
            true => i64::from((sample << unused) as i32 >> unused),
            false => i64::from(sample),
        };
        value.clamp(low, high)
    };
    match samples {
        FrameSamples::Bytes(v) => v.iter_mut().for_each(|s| *s = clamped(u32::from(*s)) as u8),
        FrameSamples::Words(v) => v.iter_mut().for_each(|s| *s = clamped(u32::from(*s)) as u16),
        // Of lossless codecs alone.
        FrameSamples::Planes(_) | FrameSamples::Longs(_) => {}
    }
}

fn native<'a>(frame: &'a FrameBytes<'_>, big_endian: bool, layout: &Layout) -> Decoded<'a> {
    let bytes: &[u8] = &frame.bytes;
    let size = layout.frame_bytes();
    let rows = match layout.bits_allocated {
        _ if bytes.len() >= size => layout.rows,
        1 => 8 * bytes.len() / layout.columns,
        _ => bytes.len() / size.div_ceil(layout.rows).max(1),
    };
    let bytes = if bytes.len() < size {
        let mut padded = bytes.to_vec();
        padded.resize(size, 0);
        Cow::Owned(padded)
    } else {
        Cow::Borrowed(&bytes[..size])
    };
    let samples = match (layout.bits_allocated, bytes) {
        (1, bytes) => Samples::Bytes(Cow::Owned(unpack(&bytes, layout.pixels()))),
        // Bytes in big-endian words: the first of a pair is the second (PS3.5 8.1.1, OW).
        (8, _) if big_endian && frame.in_words => Samples::Bytes(swapped(&frame.bytes, size)),
        (8, bytes) => Samples::Bytes(bytes),
        (16, Cow::Borrowed(bytes)) if big_endian => Samples::Big(bytes),
        (16, Cow::Borrowed(bytes)) => Samples::Little(bytes),
        (16, Cow::Owned(bytes)) => {
            let word = if big_endian { u16::from_be_bytes } else { u16::from_le_bytes };
            Samples::Short(bytes.as_chunks().0.iter().map(|b| word(*b)).collect())
        }
        (_, bytes) => {
            let word = if big_endian { u32::from_be_bytes } else { u32::from_le_bytes };
            Samples::Long(bytes.as_chunks().0.iter().map(|b| word(*b)).collect())
        }
    };
    Decoded { samples, layout: *layout, rows: rows.min(layout.rows) }
}

fn swapped(bytes: &[u8], size: usize) -> Cow<'static, [u8]> {
    let pairs = bytes.as_chunks::<2>().0.iter();
    let mut bytes: Vec<u8> = pairs.flat_map(|&[a, b]| [b, a]).collect();
    bytes.resize(size, 0);
    Cow::Owned(bytes)
}

/// Pixels of one bit, the first in the least significant bit of a byte (PS3.5 8.1.1).
fn unpack(bytes: &[u8], pixels: usize) -> Vec<u8> {
    bytes.iter().flat_map(|b| (0..8).map(move |i| (b >> i) & 1)).take(pixels).collect()
}

/// Which pixels are in rows that arrived; `None` where all are.
pub(crate) fn arrived(decoded: &Decoded<'_>, warnings: &mut Vec<Warning>) -> Option<Vec<bool>> {
    let Layout { rows, columns, .. } = decoded.layout;
    if decoded.rows >= rows {
        return None;
    }
    warnings.push(Warning::Truncated { rows_present: decoded.rows, rows });
    let mut valid = vec![false; rows * columns];
    valid[..decoded.rows * columns].fill(true);
    Some(valid)
}
