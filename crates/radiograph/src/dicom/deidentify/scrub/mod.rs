//! Codestreams without what is not needed to decode them: comments, application segments, boxes,
//! unknown segments, and what lies between segments and behind the end. Bytes are overwritten where
//! they stand, so that the lengths of fragments stay.

mod jpeg;
mod jpeg2000;
mod rle;

use crate::Error;
use crate::dicom::codestream;
use crate::dicom::syntax::{self, Compression, TransferSyntax};

/// Overwrites what is not needed to decode one frame of `pixels` pixels, which takes `size` bytes
/// uncompressed.
///
/// # Errors
/// [`Error::Codec`] where the frame is no codestream of its transfer syntax: nothing would be known
/// of its bytes.
pub(super) fn scrub(
    bytes: &mut [u8],
    syntax: TransferSyntax,
    pixels: usize,
    size: usize,
) -> Result<(), Error> {
    match (syntax.compression, codestream::compression(bytes)) {
        (Compression::None, _) if syntax.uid == syntax::DEFLATED_FRAME => deflate(bytes, size)?,
        (Compression::None, _) => zero(bytes, size, usize::MAX),
        (Compression::Rle, _) => rle::scrub(bytes, pixels),
        (_, Some(Compression::Jpeg | Compression::JpegLs)) => jpeg::scrub(bytes),
        (_, Some(Compression::Jpeg2000 | Compression::JpegXl)) => jpeg2000::scrub(bytes),
        _ => {
            let got = crate::read::first_bytes(bytes);
            let reason = format!("expected a codestream in Pixel Data (7FE0,0010); got {got}");
            return Err(Error::codec(syntax.name, reason));
        }
    }
    Ok(())
}

/// A raw deflate stream of a frame, and nothing behind it.
fn deflate(bytes: &mut [u8], size: usize) -> Result<(), Error> {
    let fault = |reason: String| Error::codec("deflate", reason);
    let mut stream = flate2::Decompress::new(false);
    let mut room = vec![0; 64 << 10];
    loop {
        let (read, made) = (stream.total_in(), stream.total_out());
        let rest = bytes.get(read as usize..).unwrap_or_default();
        let status = stream.decompress(rest, &mut room, flate2::FlushDecompress::None);
        let ended = status.map_err(|e| fault(e.to_string()))? == flate2::Status::StreamEnd;
        if stream.total_out() > size.next_multiple_of(2) as u64 {
            return Err(fault(format!("expected a frame of {size} bytes; got more")));
        }
        if ended {
            zero(bytes, stream.total_in() as usize, usize::MAX);
            return Ok(());
        }
        if (stream.total_in(), stream.total_out()) == (read, made) {
            return Ok(()); // cut short: all of it is frame
        }
    }
}

/// A big-endian number.
fn number(bytes: &[u8], at: usize, size: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(size)?)?;
    Some(bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

fn zero(bytes: &mut [u8], from: usize, to: usize) {
    let to = to.min(bytes.len());
    if let Some(part) = bytes.get_mut(from.min(to)..to) {
        part.fill(0);
    }
}
