//! The bytes of a strip or tile, decompressed.

use super::layout::Layout;
use crate::{Error, codec};
use std::borrow::Cow;
use std::io::Read;

/// The decompressed bytes of a piece, at most `expected`; fewer where data are missing.
pub(super) fn unpack<'a>(
    bytes: &'a [u8],
    layout: &Layout,
    expected: usize,
) -> Result<Cow<'a, [u8]>, Error> {
    let input: Cow<'a, [u8]> = match layout.reversed {
        true => bytes.iter().map(|b| b.reverse_bits()).collect(),
        false => Cow::Borrowed(bytes),
    };
    Ok(match layout.compression {
        1 => match input {
            Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[..expected.min(bytes.len())]),
            Cow::Owned(mut bytes) => {
                bytes.truncate(expected);
                Cow::Owned(bytes)
            }
        },
        5 => Cow::Owned(lzw(&input, expected)),
        8 | 32946 => Cow::Owned(inflate(&input, expected)),
        32773 => Cow::Owned(pack_bits(&input, expected)),
        other => {
            return Err(Error::Unsupported {
                name: "TIFF Compression",
                expected: "none, LZW, Deflate, PackBits or JPEG",
                got: name(other),
            });
        }
    })
}

fn name(compression: u64) -> String {
    match compression {
        2..=4 => "CCITT fax".into(),
        6 => "old-style JPEG (6)".into(),
        34887 => "LERC".into(),
        34925 => "LZMA".into(),
        50000 => "Zstandard".into(),
        50001 => "WebP".into(),
        other => other.to_string(),
    }
}

fn lzw(bytes: &[u8], expected: usize) -> Vec<u8> {
    let mut out = vec![0; expected];
    let mut decoder = weezl::decode::Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8);
    let (mut read, mut written) = (0, 0);
    while written < expected {
        let result = decoder.decode_bytes(&bytes[read..], &mut out[written..]);
        read += result.consumed_in;
        written += result.consumed_out;
        let stuck = result.consumed_in == 0 && result.consumed_out == 0;
        if stuck || !matches!(result.status, Ok(weezl::LzwStatus::Ok)) {
            break;
        }
    }
    out.truncate(written);
    out
}

/// What can be inflated of a zlib stream.
fn inflate(bytes: &[u8], expected: usize) -> Vec<u8> {
    let mut out = vec![0; expected];
    let mut written = 0;
    let mut decoder = flate2::read::ZlibDecoder::new(bytes);
    while written < expected {
        match decoder.read(&mut out[written..]) {
            Ok(0) | Err(_) => break,
            Ok(n) => written += n,
        }
    }
    out.truncate(written);
    out
}

fn pack_bits(bytes: &[u8], expected: usize) -> Vec<u8> {
    let mut out = vec![0; expected];
    let written = codec::unpack_bits(bytes, &mut out);
    out.truncate(written);
    out
}
