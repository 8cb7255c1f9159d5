//! What compressed bytes are, by their first ones, where the header cannot be believed.

use super::syntax::Compression;

/// The compression of a codestream or of a file of it.
pub(crate) fn compression(bytes: &[u8]) -> Option<Compression> {
    match bytes {
        [0xFF, 0x0A, ..] => Some(Compression::JpegXl),
        [1..=15, 0, 0, 0, 64, 0, 0, 0, ..] => Some(Compression::Rle),
        _ => sure(bytes),
    }
}

/// Whether the bytes begin as a codestream or a file of one does, and as no pixels are likely to.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    sure(bytes).is_some()
}

/// That of bytes that begin as a codestream or a file of one does, and as no pixels are likely to.
pub(crate) fn sure(bytes: &[u8]) -> Option<Compression> {
    match bytes {
        [0xFF, 0x4F, 0xFF, 0x51, ..] | [0, 0, 0, 12, b'j', b'P', ..] => Some(Compression::Jpeg2000),
        [0, 0, 0, 12, b'J', b'X', ..] => Some(Compression::JpegXl),
        [0xFF, 0xD8, 0xFF, rest @ ..] => Some(jpeg(rest)),
        _ => None,
    }
}

/// JPEG-LS has a frame header of its own (T.87 C.1.1); segments before it are stepped over.
fn jpeg(mut rest: &[u8]) -> Compression {
    while let [marker, a, b, ..] = *rest {
        let len = usize::from(u16::from_be_bytes([a, b]));
        match (marker, rest.get(len + 2..)) {
            (0xF7, _) => return Compression::JpegLs,
            (0xC0..=0xC3 | 0xDA, _) | (_, None) => break,
            (_, Some(after)) => rest = after,
        }
    }
    Compression::Jpeg
}
