//! Metadata of codestreams overwritten with zeros where they stand: comments, application segments,
//! boxes, and what lies behind the end.

use crate::dicom::codestream;
use crate::dicom::syntax::Compression;

/// Overwrites what is not needed to decode.
pub(super) fn scrub(bytes: &mut [u8]) {
    match codestream::compression(bytes) {
        Some(Compression::Jpeg | Compression::JpegLs) => jpeg(bytes),
        Some(Compression::Jpeg2000 | Compression::JpegXl) => boxes_or_codestream(bytes),
        _ => {}
    }
}

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

/// T.81 annex B, T.87 annex C.
fn jpeg(bytes: &mut [u8]) {
    let mut at = 2;
    while let Some(&[first, marker]) = bytes.get(at..).and_then(|rest| rest.first_chunk::<2>()) {
        // Within entropy-coded data a marker is what has its highest bit set after ff.
        if first != 0xFF || marker < 0x80 || matches!(marker, 0xD0..=0xD8 | 0xFF) {
            at += if first == 0xFF && marker != 0xFF { 2 } else { 1 };
            continue;
        }
        if marker == 0xD9 {
            zero(bytes, at + 2, usize::MAX);
            return;
        }
        let Some(len) = number(bytes, at + 2, 2) else { return };
        let end = at + 2 + len;
        if matches!(marker, 0xE0..=0xEF | 0xFE) {
            let kept = needed(bytes.get(at + 4..).unwrap_or_default());
            zero(bytes, at + 4 + kept, end);
        }
        at = end;
    }
}

/// Bytes of an application segment that say how to decode.
fn needed(segment: &[u8]) -> usize {
    let known: [(&[u8], usize); 4] =
        [(b"JFIF\0", 14), (b"Adobe", 12), (b"mrfx", 5), (b"SPIFF\0", 30)];
    known.iter().find(|(name, _)| segment.starts_with(name)).map_or(0, |(_, len)| *len)
}

/// T.800 annex I and ISO/IEC 18181-2.
fn boxes_or_codestream(bytes: &mut [u8]) {
    if bytes.starts_with(&[0xFF, 0x4F]) {
        return jpeg2000(bytes);
    }
    let mut at = 0;
    while let (Some(len), Some(kind)) = (number(bytes, at, 4), bytes.get(at + 4..at + 8)) {
        let kind = [kind[0], kind[1], kind[2], kind[3]];
        let (header, len) = match len {
            0 => (8, bytes.len() - at),
            1 => (16, number(bytes, at + 8, 8).unwrap_or(0)),
            len => (8, len),
        };
        if len < header {
            return;
        }
        let end = at.saturating_add(len).min(bytes.len());
        match &kind {
            b"xml " | b"uuid" | b"uinf" | b"jp2i" | b"Exif" | b"jumb" | b"brob" => {
                zero(bytes, at + header, end);
            }
            b"jp2c" => {
                if let Some(codestream) = bytes.get_mut(at + header..end) {
                    jpeg2000(codestream);
                }
            }
            _ => {}
        }
        at = end;
    }
}

/// T.800 annex A.
fn jpeg2000(bytes: &mut [u8]) {
    let mut at = 2;
    let mut part_end = None;
    while let (Some(marker), Some(len)) = (number(bytes, at, 2), number(bytes, at + 2, 2)) {
        match marker {
            0xFFD9 => break,
            0xFF90 => {
                let part = number(bytes, at + 6, 4).unwrap_or(0);
                part_end = (part >= 12).then(|| at.saturating_add(part));
            }
            // To the next tile-part, or to the end where the length is that of the rest.
            0xFF93 => {
                let end = part_end.take().filter(|end| *end > at);
                let next =
                    || bytes[at..].windows(2).position(|w| w == [0xFF, 0xD9]).map(|n| at + n);
                match end.or_else(next) {
                    Some(end) => at = end,
                    None => return,
                }
                continue;
            }
            0xFF64 => zero(bytes, at + 6, at + 2 + len),
            _ => {}
        }
        at += 2 + len;
    }
    if number(bytes, at, 2) == Some(0xFFD9) {
        zero(bytes, at + 2, usize::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_what_is_behind_the_end_go() {
        let mut bytes =
            b"\xFF\xD8\xFF\xFE\0\x07Smith\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec();
        bytes.extend(b"\xFF\xE1\0\x08Exif\0\0\xFF\xDA\0\x02\x12\xFF\0\x34\xFF\xD9Smith");
        let before = bytes.clone();
        scrub(&mut bytes);
        assert!(
            !bytes.windows(5).any(|w| w == b"Smith") && !bytes.windows(4).any(|w| w == b"Exif")
        );
        assert_eq!(bytes.len(), before.len());
        assert!(bytes.windows(4).any(|w| w == b"JFIF"));
        let scan = b"\xFF\xDA\0\x02\x12\xFF\0\x34\xFF\xD9";
        assert!(bytes.windows(scan.len()).any(|w| w == scan));
        // Of a codestream cut anywhere, or of any bytes, nothing is read that is not there.
        for len in 0..before.len() {
            scrub(&mut before[..len].to_vec());
        }
    }

    #[test]
    fn comments_of_jpeg_2000_go_in_every_header() {
        let mut bytes = b"\xFF\x4F\xFF\x51\0\x04ab\xFF\x64\0\x09\0\x01Smith".to_vec();
        bytes.extend(b"\xFF\x90\0\x0A\0\0\0\0\0\x1D\0\x01\xFF\x64\0\x09\0\x01Smith\xFF\x93data");
        bytes.extend(b"\xFF\xD9Smith");
        scrub(&mut bytes);
        assert!(!bytes.windows(5).any(|w| w == b"Smith"));
        assert!(bytes.windows(6).any(|w| w == b"\xFF\x93data"));
    }
}
