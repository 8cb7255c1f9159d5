//! JPEG and JPEG-LS (T.81 annex B, T.87 annex C).

use super::{number, zero};

/// Overwrites application segments, comments, segments that no decoder needs, what lies between
/// segments, and what lies behind the end of the image.
pub(super) fn scrub(bytes: &mut [u8]) {
    let (mut at, mut in_scan) = (2, false);
    while let Some(&[first, marker]) = bytes.get(at..).and_then(|rest| rest.first_chunk::<2>()) {
        match (first, marker) {
            (0xFF, 0xFF) => at += 1,
            // Within a scan a marker is what has its highest bit set after ff.
            (0xFF, 0..0x80 | 0xD0..=0xD8) | (0..0xFF, _) => {
                let len = if first == 0xFF { 2 } else { 1 };
                if !in_scan {
                    zero(bytes, at, at + len);
                }
                at += len;
            }
            (0xFF, 0xD9) => return zero(bytes, at + 2, usize::MAX),
            (0xFF, _) => {
                let Some(len) = number(bytes, at + 2, 2) else { return };
                let end = at + 2 + len.max(2);
                // A damaged scan may hold what looks like a marker: the end of the image stays.
                let end = if in_scan && end > bytes.len() { last_end(bytes, at) } else { end };
                let kept = needed(marker, bytes.get(at + 4..).unwrap_or_default());
                zero(bytes, (at + 4).saturating_add(kept), end);
                (at, in_scan) = (end, marker == 0xDA);
            }
        }
    }
}

/// Where the last end of an image stands from a place on, or else where the bytes end.
fn last_end(bytes: &[u8], from: usize) -> usize {
    let rest = &bytes[from..];
    rest.windows(2).rposition(|w| w == [0xFF, 0xD9]).map_or(bytes.len(), |end| from + end)
}

/// Bytes of a segment that say how to decode.
fn needed(marker: u8, segment: &[u8]) -> usize {
    let known: [(&[u8], usize); 4] =
        [(b"JFIF\0", 14), (b"Adobe", 12), (b"mrfx", 5), (b"SPIFF\0", 30)];
    match marker {
        // Frames, tables, scans, restart intervals; frame and parameters of JPEG-LS.
        0xC0..=0xCF | 0xDA..=0xDF | 0xF7 | 0xF8 => usize::MAX,
        0xE0..=0xEF => {
            known.iter().find(|(name, _)| segment.starts_with(name)).map_or(0, |(_, len)| *len)
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_what_is_behind_the_end_go() {
        let mut bytes =
            b"\xFF\xD8\xFF\xFE\0\x07Smith\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec();
        bytes.extend(b"\xFF\xE1\0\x08Exif\0\0Smith\xFF\xF3\0\x07Smith\xFF\xDB\0\x07\0abcd");
        bytes.extend(b"\xFF\xDA\0\x02\x12\xFF\0\x34\xFF\xD9Smith");
        let before = bytes.clone();
        scrub(&mut bytes);
        assert!(
            !bytes.windows(5).any(|w| w == b"Smith") && !bytes.windows(4).any(|w| w == b"Exif")
        );
        assert_eq!(bytes.len(), before.len());
        let scan = b"\xFF\xDA\0\x02\x12\xFF\0\x34\xFF\xD9";
        for kept in [&b"JFIF"[..], b"\xFF\xDB\0\x07\0abcd", scan] {
            assert!(bytes.windows(kept.len()).any(|w| w == kept), "{kept:02x?}");
        }
        // What looks like a segment in a damaged scan takes no end with it.
        let mut damaged = b"\xFF\xD8\xFF\xDA\0\x02\x12\xFF\xE7\x21\x84Smith\xFF\xD9Smith".to_vec();
        scrub(&mut damaged);
        assert!(damaged.windows(2).any(|w| w == [0xFF, 0xD9]));
        assert!(!damaged.windows(5).any(|w| w == b"Smith"));
        // Of a codestream cut anywhere, or of any bytes, nothing is read that is not there.
        for len in 0..before.len() {
            scrub(&mut before[..len].to_vec());
        }
    }
}
