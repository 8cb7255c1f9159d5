//! The bytes of one frame, native or encapsulated (PS3.5 annex A.4).

use super::codestream;
use super::cursor::PixelElement;
use super::file::Header;
use super::layout::Layout;
use super::tag;
use crate::{Error, ReadOptions, Warning};
use std::borrow::Cow;

/// The bytes of one frame, compressed or not, and how many are missing.
pub(crate) struct FrameBytes<'a> {
    pub(crate) bytes: Cow<'a, [u8]>,
    pub(crate) encapsulated: bool,
    /// Stored as 16-bit words (VR `OW`), with the padding byte that may follow.
    pub(crate) in_words: bool,
    /// The file ended inside this frame.
    pub(crate) truncated: bool,
}

/// Finds a frame in Pixel Data.
pub(crate) fn find<'a>(
    header: &Header<'a>,
    layout: &Layout,
    options: &ReadOptions,
    warnings: &mut Vec<Warning>,
) -> Result<(usize, FrameBytes<'a>), Error> {
    let index = choose(layout, options, warnings)?;
    match header.pixels.as_ref().ok_or(Error::Missing { name: tag::PIXEL_DATA.name })? {
        PixelElement::Native { bytes, announced, vr } => {
            if options.lenient && bytes.len() < layout.frame_bytes() && codestream::begins(bytes) {
                let bytes = Cow::Borrowed(*bytes);
                let frame =
                    FrameBytes { bytes, encapsulated: false, in_words: false, truncated: false };
                return Ok((index, frame));
            }
            let frame = native(bytes, *announced, index, layout, options)?;
            Ok((index, FrameBytes { in_words: *vr == Some(*b"OW"), ..frame }))
        }
        PixelElement::Encapsulated { items, truncated } => {
            let mut frame = encapsulated(header, items, index, layout, warnings)?;
            let last = index + 1 == layout.frames;
            frame.truncated = *truncated && last;
            if frame.truncated && !options.lenient {
                return Err(Error::Truncated {
                    name: format!("{} (no end of sequence)", tag::PIXEL_DATA.name),
                    expected: frame.bytes.len() as u64 + 8,
                    got: frame.bytes.len() as u64,
                });
            }
            Ok((index, frame))
        }
    }
}

pub(crate) fn choose(
    layout: &Layout,
    options: &ReadOptions,
    warnings: &mut Vec<Warning>,
) -> Result<usize, Error> {
    match options.frame {
        None => {
            if layout.frames > 1 {
                warnings.push(Warning::SeveralFrames { frames: layout.frames, used: 0 });
            }
            Ok(0)
        }
        Some(frame) if frame < layout.frames => Ok(frame),
        Some(frame) => Err(Error::invalid(
            "frame",
            format!("0 to {} ({})", layout.frames - 1, tag::NUMBER_OF_FRAMES.name),
            frame,
        )),
    }
}

fn native<'a>(
    bytes: &'a [u8],
    announced: u64,
    index: usize,
    layout: &Layout,
    options: &ReadOptions,
) -> Result<FrameBytes<'a>, Error> {
    let size = layout.frame_bytes();
    let whole = match layout.bits_allocated {
        1 => (layout.pixels() as u64 * layout.frames as u64).div_ceil(8),
        _ => size as u64 * layout.frames as u64,
    };
    // A value longer than its frames (padding, or careless software) is fine; a shorter one is not.
    let frame = if layout.bits_allocated == 1 {
        bits_from(bytes, layout.pixels().saturating_mul(index), size)
    } else {
        let start = size.saturating_mul(index).min(bytes.len());
        // With the padding byte of an odd size, in case bytes lie in words.
        let end = start.saturating_add(size.next_multiple_of(2));
        Cow::Borrowed(&bytes[start..bytes.len().min(end)])
    };
    let truncated = frame.len() < size;
    if truncated && !options.lenient {
        return Err(Error::Truncated {
            name: format!("{}, of which {announced} bytes are announced", tag::PIXEL_DATA.name),
            expected: whole,
            got: bytes.len() as u64,
        });
    }
    Ok(FrameBytes { bytes: frame, encapsulated: false, in_words: false, truncated })
}

/// `size` bytes, or as many as there are, from a bit on: frames of one bit a pixel follow each
/// other without padding (PS3.5 8.1.1).
fn bits_from(bytes: &[u8], start: usize, size: usize) -> Cow<'_, [u8]> {
    let rest = bytes.get(start / 8..).unwrap_or_default();
    let shift = start % 8;
    if shift == 0 {
        return Cow::Borrowed(&rest[..size.min(rest.len())]);
    }
    let next = rest.iter().skip(1).chain(&[0]);
    let bytes = rest.iter().zip(next).map(|(low, high)| low >> shift | high << (8 - shift));
    Cow::Owned(bytes.take(size).collect())
}

/// The fragments of a frame: one frame takes all; as many fragments as frames, one each; otherwise
/// an offset table says where each frame starts, or where there is none the fragments themselves,
/// of which those that begin a codestream begin a frame.
fn encapsulated<'a>(
    header: &Header<'a>,
    items: &[&'a [u8]],
    index: usize,
    layout: &Layout,
    warnings: &mut Vec<Warning>,
) -> Result<FrameBytes<'a>, Error> {
    let (table, fragments) = items
        .split_first()
        .ok_or(Error::Missing { name: "a fragment in Pixel Data (7FE0,0010)" })?;
    if fragments.is_empty() {
        return Err(Error::Missing { name: "a fragment in Pixel Data (7FE0,0010)" });
    }
    let extended = lengths(header, layout, warnings);
    let offsets = offsets(header, table);
    let by_table = by_offset(&offsets, fragments, index).filter(|_| offsets.len() == layout.frames);
    let range = if layout.frames == 1 {
        0..fragments.len()
    } else if let Some(range) = by_table {
        range
    } else if fragments.len() == layout.frames {
        index..index + 1
    } else {
        by_codestream(fragments, index, layout.frames, warnings).ok_or_else(|| {
            Error::invalid(
                tag::PIXEL_DATA.name,
                format!("{} fragments or an offset table for as many frames", layout.frames),
                format!("{} fragments", fragments.len()),
            )
        })?
    };
    let bytes = match &fragments[range] {
        [one] => Cow::Borrowed(*one),
        several => Cow::Owned(several.concat()),
    };
    let bytes = match extended.get(index) {
        Some(&len) => bounded(bytes, len)?,
        None => bytes,
    };
    Ok(FrameBytes { bytes, encapsulated: true, in_words: false, truncated: false })
}

/// The fragments of a frame by their first bytes; where none begins as a codestream does and there
/// are fewer than frames, one each.
fn by_codestream(
    fragments: &[&[u8]],
    index: usize,
    frames: usize,
    warnings: &mut Vec<Warning>,
) -> Option<std::ops::Range<usize>> {
    let begins = |i: &usize| codestream::begins(fragments[*i]);
    let mut starts: Vec<usize> = (0..fragments.len()).filter(begins).collect();
    if starts.first() != Some(&0) {
        if !starts.is_empty() || fragments.len() > frames {
            return None;
        }
        starts = (0..fragments.len()).collect();
    }
    let first = *starts.get(index)?;
    let last = starts.get(index + 1).copied().unwrap_or(fragments.len());
    if starts.len() != frames {
        warnings.push(Warning::Guessed {
            what: format!(
                "{}: expected {frames}, as many as the compressed frames; got {}",
                tag::NUMBER_OF_FRAMES.name,
                starts.len()
            ),
        });
    }
    Some(first..last)
}

/// Offsets of the frames' first fragments from the first byte after the offset table.
pub(crate) fn offsets(header: &Header<'_>, basic: &[u8]) -> Vec<u64> {
    if let Some(extended) = header.element(tag::EXTENDED_OFFSET_TABLE) {
        return extended.long_words();
    }
    basic.as_chunks::<4>().0.iter().map(|b| u64::from(u32::from_le_bytes(*b))).collect()
}

/// The bytes of each frame without what fills up its fragment, where the file says them (PS3.3
/// C.7.6.3.1.8).
fn lengths(header: &Header<'_>, layout: &Layout, warnings: &mut Vec<Warning>) -> Vec<u64> {
    let Some(element) = header.element(tag::EXTENDED_OFFSET_TABLE_LENGTHS) else {
        return Vec::new();
    };
    let lengths = element.long_words();
    if lengths.len() == layout.frames {
        return lengths;
    }
    let name = tag::EXTENDED_OFFSET_TABLE_LENGTHS.name;
    let what = format!("{name}: expected {} numbers; got {}", layout.frames, lengths.len());
    warnings.push(Warning::Ignored { what });
    Vec::new()
}

/// The first `len` bytes of a frame.
fn bounded(bytes: Cow<'_, [u8]>, len: u64) -> Result<Cow<'_, [u8]>, Error> {
    let got = bytes.len() as u64;
    match usize::try_from(len).ok().filter(|len| (1..=bytes.len()).contains(len)) {
        Some(len) => Ok(match bytes {
            Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[..len]),
            Cow::Owned(mut bytes) => {
                bytes.truncate(len);
                Cow::Owned(bytes)
            }
        }),
        None => {
            let name = tag::EXTENDED_OFFSET_TABLE_LENGTHS.name;
            Err(Error::invalid(name, format!("1 to {got}, the bytes of the frame"), len))
        }
    }
}

/// By a table of offsets in the order of the frames; any other is no help.
pub(crate) fn by_offset(
    offsets: &[u64],
    fragments: &[&[u8]],
    index: usize,
) -> Option<std::ops::Range<usize>> {
    if !offsets.is_sorted_by(|a, b| a < b) {
        return None;
    }
    let start = *offsets.get(index)?;
    let end = offsets.get(index + 1).copied().unwrap_or(u64::MAX);
    let mut at = 0;
    let starts: Vec<u64> = fragments
        .iter()
        .map(|f| {
            let start = at;
            at += 8 + f.len() as u64;
            start
        })
        .collect();
    let first = starts.iter().position(|&s| s == start)?;
    let last = starts.iter().position(|&s| s >= end).unwrap_or(starts.len());
    (first < last).then_some(first..last)
}
