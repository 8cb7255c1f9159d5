//! The fragments of encapsulated Pixel Data: those of the frames, with nothing but their
//! codestreams, and an offset table that says where they are.

use super::pixels::Sizes;
use super::scrub::scrub;
use crate::Error;
use crate::dicom::codestream;
use crate::dicom::file::Header;
use crate::dicom::frame::{by_offset, offsets};
use crate::dicom::syntax::{self, TransferSyntax};
use std::ops::Range;

/// The offset table and the fragments. Lengths of fragments stay, so that offsets in other places
/// stay right; fragments of no frame go.
pub(super) fn fragments(
    header: &Header<'_>,
    items: &[&[u8]],
    sizes: &Sizes,
    syntax: TransferSyntax,
) -> Result<Vec<Vec<u8>>, Error> {
    let missing = Error::Missing { name: "a fragment in Pixel Data (7FE0,0010)" };
    let (table, fragments) = items.split_first().ok_or(missing)?;
    let frames = frames(&offsets(header, table), fragments, sizes.frames);
    let last = frames.last().map_or(0, |frame| frame.end);
    let mut out: Vec<Vec<u8>> = fragments[..last].iter().map(|f| vec![0; f.len()]).collect();
    for frame in &frames {
        let mut joined = fragments[frame.clone()].concat();
        scrub(&mut joined, syntax, sizes.pixels, sizes.frame_bytes)?;
        if syntax.uid == syntax::ENCAPSULATED_UNCOMPRESSED {
            sizes.clear_unused(&mut joined, false);
        }
        let mut rest = joined.as_slice();
        for fragment in &mut out[frame.clone()] {
            let (bytes, after) = rest.split_at(fragment.len());
            fragment.copy_from_slice(bytes);
            rest = after;
        }
    }
    // Of several fragments of a last frame those behind its end have become empty.
    let first_of_last = frames.last().map_or(0, |frame| frame.start);
    while out.len() > first_of_last + 1 && out.last().is_some_and(|f| f.iter().all(|b| *b == 0)) {
        out.pop();
    }
    let table = if table.is_empty() { Vec::new() } else { offset_table(&frames, &out) };
    out.insert(0, table);
    Ok(out)
}

/// The fragments of each frame, found as the reader finds them.
fn frames(offsets: &[u64], fragments: &[&[u8]], frames: usize) -> Vec<Range<usize>> {
    if frames == 1 {
        return std::iter::once(0..fragments.len()).collect();
    }
    if fragments.len() == frames {
        return (0..frames).map(|i| i..i + 1).collect();
    }
    let by_table = (0..frames.min(fragments.len())).map_while(|i| by_offset(offsets, fragments, i));
    let by_table: Vec<Range<usize>> = by_table.collect();
    if by_table.len() == frames {
        return by_table;
    }
    let begins = |i: &usize| codestream::begins(fragments[*i]);
    let mut starts: Vec<usize> = (0..fragments.len()).filter(begins).collect();
    if starts.is_empty() {
        starts = (0..fragments.len()).collect();
    }
    starts.push(fragments.len());
    starts.windows(2).map(|ends| ends[0]..ends[1]).take(frames).collect()
}

/// Where the first fragment of each frame is, from the end of the table; none where 32 bits do not
/// hold it.
fn offset_table(frames: &[Range<usize>], fragments: &[Vec<u8>]) -> Vec<u8> {
    let before = |frame: &Range<usize>| {
        fragments[..frame.start.min(fragments.len())].iter().map(|f| f.len() + 8).sum::<usize>()
    };
    let offsets: Option<Vec<u32>> = frames.iter().map(|f| u32::try_from(before(f)).ok()).collect();
    offsets.unwrap_or_default().into_iter().flat_map(u32::to_le_bytes).collect()
}
