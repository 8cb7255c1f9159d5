//! The deflated transfer syntax: the data set after the meta group is one raw deflate stream.

use crate::Error;
use std::io::Read;

/// Inflates the first `size` bytes, or as many as there are: one frame of Deflated Image Frame
/// Compression (PS3.5 A.4.13).
pub(crate) fn inflate_start(bytes: &[u8], size: usize) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    let mut rest = flate2::read::DeflateDecoder::new(bytes).take(size as u64);
    match rest.read_to_end(&mut out) {
        // What came before the end of the bytes is there.
        Err(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            Err(Error::codec("deflate", error.to_string()))
        }
        _ => Ok(out),
    }
}

/// Inflates at most `limit` bytes.
pub(crate) fn inflate(bytes: &[u8], limit: u64) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    flate2::read::DeflateDecoder::new(bytes)
        .take(limit.saturating_add(1))
        .read_to_end(&mut out)
        .map_err(|e| Error::codec("deflate", e.to_string()))?;
    if out.len() as u64 > limit {
        return Err(Error::LimitExceeded {
            name: "bytes of the inflated data set",
            allowed: limit,
            got: out.len() as u64,
        });
    }
    Ok(out)
}
