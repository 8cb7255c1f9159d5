//! DICOM's run-length encoding (PS3.5 annex G): a header, then segments of packed bytes.

use super::zero;

const HEADER: usize = 64;

/// Overwrites what the segments do not need for `pixels` bytes each.
pub(super) fn scrub(bytes: &mut [u8], pixels: usize) {
    let Some(header) = bytes.first_chunk::<HEADER>() else { return zero(bytes, 0, usize::MAX) };
    let words = header.as_chunks::<4>().0.iter().map(|w| u32::from_le_bytes(*w) as usize);
    let words: Vec<usize> = words.collect();
    let count = words[0].min(15);
    zero(bytes, 4 + 4 * count, HEADER);
    let mut starts = words[1..=count].to_vec();
    starts.push(bytes.len());
    zero(bytes, HEADER, starts[0]);
    for segment in starts.windows(2) {
        let end = segment[1].min(bytes.len());
        let used = packed(&mut bytes[segment[0].min(end)..end], pixels);
        zero(bytes, segment[0].saturating_add(used), end);
    }
}

/// How many bytes of a segment hold as many values; what a last run has too much is overwritten.
fn packed(segment: &mut [u8], values: usize) -> usize {
    let (mut at, mut made) = (0, 0);
    while made < values
        && let Some(&control) = segment.get(at)
    {
        match control as i8 {
            -128 => at += 1,
            repeats @ ..0 => {
                made += 1 + usize::from(repeats.unsigned_abs());
                at += 2;
            }
            literals => {
                let run = 1 + usize::from(literals.unsigned_abs());
                let wanted = run.min(values - made);
                zero(segment, at + 1 + wanted, at + 1 + run);
                made += run;
                at += 1 + run;
            }
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stays_between_and_behind_the_runs() {
        let mut bytes =
            [2_u32, 68, 80, u32::from_le_bytes(*b"Smit")].map(u32::to_le_bytes).concat();
        bytes.resize(HEADER, b'S');
        bytes.extend(b"Smit\x02abcSmith...");
        bytes.extend(b"\xFEx\x07Smith...");
        bytes.extend(b"Smith");
        let before = bytes.clone();
        scrub(&mut bytes, 3);
        assert!(!bytes.windows(4).any(|w| w == b"Smit") && bytes.len() == before.len());
        assert_eq!(&bytes[68..72], b"\x02abc");
        assert_eq!(&bytes[80..82], b"\xFEx");
        assert!(bytes[82..].iter().chain(&bytes[72..80]).chain(&bytes[12..68]).all(|b| *b == 0));
        for len in 0..before.len() {
            scrub(&mut before[..len].to_vec(), 3);
        }
    }

    #[test]
    fn a_last_run_is_cut_to_the_pixels() {
        let mut segment = b"\x07abSmith!".to_vec();
        assert_eq!(packed(&mut segment, 2), 9);
        assert_eq!(segment, b"\x07ab\0\0\0\0\0\0");
    }
}
