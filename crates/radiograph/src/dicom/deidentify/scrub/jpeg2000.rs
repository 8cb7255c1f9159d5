//! JPEG 2000 (T.800 annexes A and I) and the boxes of JPEG XL (ISO/IEC 18181-2).

use super::{number, zero};

/// The markers of an end and of a tile-part.
const END: [u8; 2] = [0xFF, 0xD9];
const TILE_PART: [u8; 2] = [0xFF, 0x90];

/// Overwrites comments, unknown segments, boxes other than those of the picture, and what lies
/// behind the end.
pub(super) fn scrub(bytes: &mut [u8]) {
    match bytes {
        [0xFF, 0x4F, ..] => codestream(bytes),
        [0xFF, 0x0A, ..] => {} // a bare codestream of JPEG XL, whose end only a decoder finds
        _ => boxes(bytes),
    }
}

fn boxes(bytes: &mut [u8]) {
    let mut at = 0;
    while let (Some(len), Some(kind)) = (number(bytes, at, 4), bytes.get(at + 4..at + 8)) {
        let kind = [kind[0], kind[1], kind[2], kind[3]];
        let (header, len) = match len {
            0 => (8, bytes.len() - at),
            1 => (16, number(bytes, at + 8, 8).unwrap_or(0)),
            len => (8, len),
        };
        if len < header {
            break;
        }
        let end = at.saturating_add(len).min(bytes.len());
        let Some(content) = bytes.get_mut(at + header..end) else { break };
        match &kind {
            b"jP  " | b"JXL " | b"ftyp" | b"jxll" | b"jxlc" | b"jxlp" => {}
            b"jp2h" => boxes(content),
            b"ihdr" | b"bpcc" | b"pclr" | b"cmap" | b"cdef" => {}
            b"colr" => colour(content),
            b"jp2c" => codestream(content),
            _ => {
                content.fill(0);
                bytes[at + 4..at + 8].copy_from_slice(b"free");
            }
        }
        at = end;
    }
    zero(bytes, at, usize::MAX);
}

/// The colour profile of a file, which may hold text, becomes a colour space by number: DICOM says
/// itself what the colours are (PS3.5 8.2.4).
fn colour(content: &mut [u8]) {
    const GREY: [u8; 4] = [0, 0, 0, 17];
    let method = content.first().copied();
    if let Some(space) = content.get_mut(3..7)
        && method != Some(1)
    {
        space.copy_from_slice(&GREY);
        content[0] = 1;
    }
    zero(content, 7, usize::MAX);
}

fn codestream(bytes: &mut [u8]) {
    let mut at = 2;
    let mut part_end = None;
    while let (Some(marker), Some(len)) = (number(bytes, at, 2), number(bytes, at + 2, 2)) {
        match marker {
            0xFFD9 => break,
            0xFF90 => {
                let part = number(bytes, at + 6, 4).unwrap_or(0);
                part_end = (part >= 12).then(|| at.saturating_add(part));
            }
            0xFF93 => {
                let Some(end) = end_of_tile_part(bytes, at, part_end.take()) else { return };
                at = end;
                continue;
            }
            // Size, coding styles, quantization, progression, packet headers and lengths,
            // registration, capabilities and profiles.
            0xFF50..=0xFF53 | 0xFF55..=0xFF61 | 0xFF63 => {}
            _ => zero(bytes, at + 4 + 2 * usize::from(marker == 0xFF64), at + 2 + len),
        }
        at += 2 + len.max(2);
    }
    if number(bytes, at, 2) == Some(0xFFD9) {
        zero(bytes, at + 2, usize::MAX);
    }
}

/// Where the next tile-part or the end of the codestream is: where this one's length says, or where
/// it says nothing true, at the next such marker, which packets cannot hold.
fn end_of_tile_part(bytes: &[u8], data: usize, stated: Option<usize>) -> Option<usize> {
    let ends = |at: usize| {
        let marker = bytes.get(at..).and_then(|rest| rest.first_chunk::<2>());
        at > data && matches!(marker, Some(&END | &TILE_PART))
    };
    if let Some(end) = stated.filter(|&end| ends(end)) {
        return Some(end);
    }
    (data + 2..bytes.len()).find(|&at| ends(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Vec<u8> {
        let mut bytes = b"\xFF\x4F\xFF\x51\0\x04ab\xFF\x64\0\x09\0\x01Smith".to_vec();
        bytes.extend(b"\xFF\x90\0\x0A\0\0\0\0\0\x1D\0\x01\xFF\x64\0\x09\0\x01Smith\xFF\x93data");
        bytes.extend(b"\xFF\xD9Smith");
        bytes
    }

    fn has(bytes: &[u8], text: &[u8]) -> bool {
        bytes.windows(text.len()).any(|w| w == text)
    }

    #[test]
    fn comments_go_in_every_header_and_so_does_what_is_behind_the_end() {
        // The length of the tile-part as it is, none, and one that is wrong.
        for length in [0x1D, 0, 0xFF] {
            let mut bytes = file();
            let at = bytes.windows(2).position(|w| w == b"\xFF\x90").unwrap_or(0) + 9;
            bytes[at] = length;
            scrub(&mut bytes);
            assert!(!has(&bytes, b"Smith"), "{length}");
            assert!(has(&bytes, b"\xFF\x93data\xFF\xD9"), "{length}");
        }
        for len in 0..file().len() {
            scrub(&mut file()[..len].to_vec());
        }
    }

    #[test]
    fn boxes_that_are_no_picture_become_free_space() {
        let a_box = |kind: &[u8], content: &[u8]| {
            [&(content.len() as u32 + 8).to_be_bytes(), kind, content].concat()
        };
        let profile = a_box(b"colr", b"\x02\0\0Smith's profile");
        let mut bytes = [
            a_box(b"jP  ", b"\r\n\x87\n"),
            a_box(b"jp2h", &[a_box(b"ihdr", b"size"), profile].concat()),
            a_box(b"xml ", b"<name>Smith</name>"),
            a_box(b"asoc", b"Smith"),
            a_box(b"jp2c", &file()),
            b"Smith".to_vec(),
        ]
        .concat();
        let len = bytes.len();
        scrub(&mut bytes);
        assert!(!has(&bytes, b"Smith") && bytes.len() == len);
        assert!(has(&bytes, b"ihdrsize") && has(&bytes, b"\xFF\x93data\xFF\xD9"));
        assert!(has(&bytes, b"colr\x01\0\0\0\0\0\x11\0"));
    }
}
