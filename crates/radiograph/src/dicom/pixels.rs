//! The samples of a frame: which decoder, and what arrived.

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
    let compression = match (frame.encapsulated, syntax.compression) {
        (false, Compression::None) => Compression::None,
        (true, Compression::None) if syntax.uid == syntax::ENCAPSULATED_UNCOMPRESSED => {
            Compression::None
        }
        // The bytes themselves say what they are; what the header says is not believed then.
        (true, Compression::None) if lenient => sniff(&frame.bytes)?,
        (true, Compression::None) => {
            return Err(Error::invalid(
                tag::PIXEL_DATA.name,
                format!("a value of defined length, as for {}", syntax.name),
                "encapsulated fragments",
            ));
        }
        (false, _) if lenient => Compression::None,
        (false, _) => {
            return Err(Error::invalid(
                tag::PIXEL_DATA.name,
                format!("encapsulated fragments, as for {}", syntax.name),
                "a value of defined length",
            ));
        }
        (true, compression) => compression,
    };
    if compression == Compression::None {
        return Ok(native(frame, syntax.big_endian, layout));
    }
    let decoded = decompress(&frame.bytes, compression, layout, deadline)?;
    if decoded.rows < layout.rows && !lenient {
        return Err(Error::Truncated {
            name: format!("{} ({}), in rows instead of", tag::PIXEL_DATA.name, syntax.name),
            expected: layout.rows as u64,
            got: decoded.rows as u64,
        });
    }
    Ok(adopt(decoded, compression, layout, warnings))
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
        Compression::JpegXl => codec::decode_jpeg_xl(bytes, size, deadline),
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

/// What compressed bytes are, by their first ones.
fn sniff(bytes: &[u8]) -> Result<Compression, Error> {
    match bytes {
        [0xFF, 0x4F, 0xFF, 0x51, ..] | [0, 0, 0, 12, b'j', b'P', ..] => Ok(Compression::Jpeg2000),
        [0xFF, 0x0A, ..] | [0, 0, 0, 12, b'J', b'X', ..] => Ok(Compression::JpegXl),
        [0xFF, 0xD8, rest @ ..] if rest.windows(2).any(|w| w == [0xFF, 0xF7]) => {
            Ok(Compression::JpegLs)
        }
        [0xFF, 0xD8, ..] => Ok(Compression::Jpeg),
        [1..=15, 0, 0, 0, 64, 0, 0, 0, ..] => Ok(Compression::Rle),
        _ => Err(Error::invalid(
            tag::PIXEL_DATA.name,
            "fragments of JPEG, JPEG-LS, JPEG XL, JPEG 2000 or RLE",
            "something else",
        )),
    }
}

/// A decoded frame as samples, with the layout as decoding left it.
fn adopt(
    frame: Frame,
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
    let samples = match frame.samples {
        // Overshoot of a lossy codec is no bit to mask off: that would turn white into black.
        FrameSamples::Words(mut samples)
            if frame.lossy && !layout.signed && frame.precision > layout.bits_stored =>
        {
            layout.high_bit = layout.bits_stored - 1;
            let white = ((1_u32 << layout.bits_stored) - 1) as u16;
            samples.iter_mut().for_each(|s| *s = (*s).min(white));
            Samples::Short(samples)
        }
        FrameSamples::Bytes(samples) => Samples::Bytes(samples.into()),
        FrameSamples::Words(samples) => Samples::Short(samples),
        FrameSamples::Planes(planes) => Samples::Planes(planes),
        FrameSamples::Longs(samples) => Samples::Long(samples),
    };
    Decoded { samples, layout, rows: frame.rows }
}

fn native<'a>(frame: &'a FrameBytes<'_>, big_endian: bool, layout: &Layout) -> Decoded<'a> {
    let bytes: &[u8] = &frame.bytes;
    let size = layout.frame_bytes();
    let rows = bytes.len() / size.div_ceil(layout.rows).max(1);
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
