//! Pixel Data without what is no pixel: bytes behind the last one, overlays in unused bits, comments
//! and metadata of codestreams.

use super::DeidentificationReport;
use super::scrub::scrub;
use crate::dicom::cursor::PixelElement;
use crate::dicom::file::Header;
use crate::dicom::layout::Layout;
use crate::dicom::syntax::TransferSyntax;
use crate::dicom::{codestream, encode, tag};
use crate::{Error, ReadOptions, Warning};

/// Writes Pixel Data.
pub(super) fn write_pixels(
    header: &Header<'_>,
    out: &mut Vec<u8>,
    syntax: TransferSyntax,
    report: &mut DeidentificationReport,
) -> Result<(), Error> {
    let pixel_data = (0x7FE0, 0x0010);
    let ob = syntax.explicit.then_some(*b"OB");
    // A header that no film can be read by: the pixels stay, as nothing is known of them.
    let layout = Layout::read(header, &ReadOptions::default(), &mut Vec::new()).ok();
    let overlay = header.any(|e| e.group & 0xFF00 == 0x6000 && e.element == 0x0102);
    match &header.pixels {
        None => {}
        Some(PixelElement::Native { bytes, announced, vr }) => {
            if (bytes.len() as u64) < *announced {
                let (expected, got) = (*announced, bytes.len() as u64);
                return Err(Error::Truncated { name: tag::PIXEL_DATA.name.into(), expected, got });
            }
            let mut pixels = bytes.to_vec();
            if let Some(layout) = layout {
                cut(&mut pixels, &layout);
                if overlay {
                    clear_unused(&mut pixels, &layout, syntax.big_endian);
                }
            }
            encode::header(out, pixel_data, *vr, pixels.len() as u32, syntax.big_endian);
            out.extend(pixels);
        }
        Some(PixelElement::Encapsulated { items, truncated }) => {
            if *truncated {
                return Err(Error::Missing { name: "the end of Pixel Data (7FE0,0010)" });
            }
            if overlay {
                let what = "an overlay may lie in unused bits of the compressed pixels".into();
                report.warnings.push(Warning::Guessed { what });
            }
            encode::header(out, pixel_data, ob, u32::MAX, syntax.big_endian);
            for item in scrubbed(items, layout.map_or(1, |layout| layout.frames)) {
                encode::header(out, (0xFFFE, 0xE000), None, item.len() as u32, false);
                out.extend(item);
            }
            encode::header(out, (0xFFFE, 0xE0DD), None, 0, false);
        }
    }
    Ok(())
}

/// Cuts off what lies behind the last pixel, but for the byte that makes the number even.
fn cut(pixels: &mut Vec<u8>, layout: &Layout) {
    let bytes = match layout.bits_allocated {
        1 => layout.pixels().saturating_mul(layout.frames).div_ceil(8),
        _ => layout.frame_bytes().saturating_mul(layout.frames),
    };
    if bytes < pixels.len() {
        pixels.truncate(bytes);
        pixels.resize(bytes.next_multiple_of(2), 0);
    }
}

/// Clears the bits of 16-bit cells that are not of the value.
fn clear_unused(pixels: &mut [u8], layout: &Layout, big_endian: bool) {
    let (bits, high) = (u32::from(layout.bits_stored), u32::from(layout.high_bit));
    let mask = (u32::MAX >> (32 - bits)) << (high + 1 - bits);
    match layout.bits_allocated {
        8 => pixels.iter_mut().for_each(|p| *p &= mask as u8),
        16 => {
            let mask = mask as u16;
            let mask = if big_endian { mask.to_be_bytes() } else { mask.to_le_bytes() };
            for [a, b] in pixels.as_chunks_mut::<2>().0 {
                (*a, *b) = (*a & mask[0], *b & mask[1]);
            }
        }
        _ => {}
    }
}

/// The offset table and the fragments, with nothing but codestreams in these. Their lengths stay, so
/// that offsets stay right.
fn scrubbed(items: &[&[u8]], frames: usize) -> Vec<Vec<u8>> {
    let Some((table, fragments)) = items.split_first() else { return Vec::new() };
    let one_each = fragments.len() == frames;
    let mut out = vec![table.to_vec()];
    let mut rest = fragments;
    while !rest.is_empty() {
        let begins = |f: &&[u8]| one_each || codestream::begins(f);
        let len = 1 + rest[1..].iter().take_while(|f| !begins(f)).count();
        let (frame, after) = rest.split_at(len);
        let mut joined = frame.concat();
        scrub(&mut joined);
        let mut from = 0;
        for fragment in frame {
            out.push(joined[from..from + fragment.len()].to_vec());
            from += fragment.len();
        }
        rest = after;
    }
    out
}
