//! Strips and tiles that are JPEG streams, with tables that the page states once (TIFF technical
//! note 2).

use super::directory::Directory;
use super::layout::Layout;
use crate::Error;
use crate::codec;
use crate::deadline::Deadline;

/// The samples of a piece.
pub(super) struct Decoded {
    pub(super) values: Vec<f64>,
    pub(super) width: usize,
    pub(super) rows: usize,
    pub(super) bits: usize,
}

/// Decodes a piece; a missing one has no rows.
pub(super) fn decode(
    bytes: &[u8],
    directory: &Directory<'_>,
    layout: &Layout,
    deadline: Deadline,
) -> Result<Decoded, Error> {
    if bytes.is_empty() {
        return Ok(Decoded { values: Vec::new(), width: 1, rows: 0, bits: layout.bits });
    }
    let whole = with_tables(bytes, directory.bytes(347));
    let size = codec::jpeg_size(&whole, deadline)?;
    let components = layout.samples_together();
    // Encoders may fill up the last strip.
    let most =
        (layout.pieces.height.next_multiple_of(16), layout.pieces.width.next_multiple_of(16));
    if size.components != components || size.height > most.0 || size.width > most.1 {
        let show = |h, w, n| format!("{h} x {w} of {n} components");
        let expected = show(layout.pieces.height, layout.pieces.width, components);
        let got = show(size.height, size.width, size.components);
        return Err(Error::invalid("JPEG of a TIFF strip or tile", expected, got));
    }
    let frame = codec::decode_jpeg(&whole, size, deadline);
    deadline.check()?;
    let frame = frame?;
    let bits = usize::from(frame.precision);
    Ok(Decoded { values: frame.samples.values(), width: size.width, rows: frame.rows, bits })
}

/// A stream with the tables of its page, which stand in a stream of their own.
fn with_tables(bytes: &[u8], tables: Option<&[u8]>) -> Vec<u8> {
    let Some([0xFF, 0xD8, inner @ ..]) = tables else { return bytes.to_vec() };
    let inner = inner.strip_suffix(&[0xFF, 0xD9]).unwrap_or(inner);
    [&[0xFF, 0xD8], inner, bytes.strip_prefix(&[0xFF, 0xD8]).unwrap_or(bytes)].concat()
}
