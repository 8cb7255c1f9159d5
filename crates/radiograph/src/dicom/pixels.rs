//! The samples of a frame: which decoder, and what arrived.

use super::frame::FrameBytes;
use super::layout::Layout;
use super::samples::Samples;
use super::syntax::{Compression, TransferSyntax};
use crate::{Error, Warning};
use std::borrow::Cow;

/// A frame's samples, and the layout they are really in.
pub(crate) struct Decoded<'a> {
    pub(crate) samples: Samples<'a>,
    pub(crate) layout: Layout,
    /// Rows that arrived whole.
    pub(crate) rows: usize,
}

/// Decodes a frame.
pub(crate) fn decode<'a>(
    frame: &'a FrameBytes<'_>,
    syntax: TransferSyntax,
    layout: &Layout,
    _warnings: &mut Vec<Warning>,
) -> Result<Decoded<'a>, Error> {
    let compression = if frame.encapsulated { syntax.compression } else { Compression::None };
    match compression {
        Compression::None => Ok(native(&frame.bytes, syntax.big_endian, layout)),
        _ => Err(Error::UnsupportedTransferSyntax {
            uid: syntax.uid.into(),
            hint: Some(syntax.name),
        }),
    }
}

fn native<'a>(bytes: &'a [u8], big_endian: bool, layout: &Layout) -> Decoded<'a> {
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
