//! What decoding a film will hold at once, reckoned before anything is decoded.

use super::layout::Layout;
use super::syntax::Compression;
use crate::{Error, ReadOptions};

/// Tables of decoders and of the grey scale.
const TABLES: u64 = 4 << 20;
/// Decoders work on whole blocks: a row of pixels may take as much as this many.
const BLOCK: u64 = 32;
/// Bytes a sample of JPEG XL. A lossless film was measured to take 3; the decoder may hold as much
/// as three channels and their transforms for one.
const JPEG_XL: u64 = 24;
/// Bytes a pixel: its grey value, and masks.
const PER_PIXEL: u64 = 7;

/// Refuses a film for which the memory allowed is not enough. `bytes`: the length of its data set,
/// of which decoders may hold two copies (fragments joined, segments left out).
pub(crate) fn check(
    layout: &Layout,
    compression: Compression,
    bytes: usize,
    options: &ReadOptions,
) -> Result<(), Error> {
    let whole_blocks = |size: usize| size as u64 + BLOCK;
    let pixels = whole_blocks(layout.rows) * whole_blocks(layout.columns);
    let decoded = pixels * (per_sample(compression) * layout.samples as u64 + PER_PIXEL);
    let needed = TABLES + 2 * bytes as u64 + decoded;
    if needed > options.limits.memory {
        return Err(Error::LimitExceeded {
            name: "bytes of memory to decode the frame",
            allowed: options.limits.memory,
            got: needed,
        });
    }
    Ok(())
}

/// Bytes a sample while it is decoded.
fn per_sample(compression: Compression) -> u64 {
    match compression {
        // Words of 32 bits, or colours as `f32`.
        Compression::None => 8,
        Compression::JpegXl => JPEG_XL,
        // Planes, the samples they are put together to, and colours as `f32`.
        _ => 12,
    }
}
