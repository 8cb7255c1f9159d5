//! DICOM's run-length encoding (PS3.5 annex G): PackBits over byte planes, most significant first.

use super::{Fault, Frame, FrameColour, FrameSamples, Size};

const HEADER: usize = 64;

/// Decodes a frame of `bytes_per_sample` (1, 2 or 4) bytes a sample.
pub(crate) fn decode(bytes: &[u8], size: Size, bytes_per_sample: usize) -> Result<Frame, Fault> {
    let segments = segments(bytes, size.components * bytes_per_sample)?;
    let mut planes = Vec::with_capacity(segments.len());
    let mut arrived = size.pixels();
    for segment in segments {
        let mut plane = vec![0; size.pixels()];
        arrived = arrived.min(unpack(segment, &mut plane));
        planes.push(plane);
    }
    let samples = match bytes_per_sample {
        1 => FrameSamples::Bytes(interleave(planes, |b: &[u8]| b[0])),
        2 => pairs(planes),
        _ => FrameSamples::Longs(interleave_groups(&planes)),
    };
    let rows = arrived / size.width.max(1);
    Ok(Frame {
        samples,
        precision: 8 * bytes_per_sample as u16,
        rows,
        colour: FrameColour::Unsaid,
        lossy: false,
    })
}

/// The segments named by the header, each within the frame.
fn segments(bytes: &[u8], expected: usize) -> Result<Vec<&[u8]>, Fault> {
    let fault = |reason| Fault::new("RLE", reason);
    let header = bytes.get(..HEADER).ok_or_else(|| {
        fault(format!("expected a header of {HEADER} bytes; got {} bytes", bytes.len()))
    })?;
    let words: Vec<usize> =
        header.as_chunks::<4>().0.iter().map(|w| u32::from_le_bytes(*w) as usize).collect();
    if words[0] != expected || expected > 15 {
        return Err(fault(format!("expected {expected} segments; got {}", words[0])));
    }
    let offsets = &words[1..=expected];
    let end = |i: usize| offsets.get(i + 1).copied().unwrap_or(bytes.len()).min(bytes.len());
    (0..expected)
        .map(|i| {
            bytes.get(offsets[i]..end(i)).filter(|_| offsets[i] >= HEADER).ok_or_else(|| {
                fault(format!(
                    "segment {i}: expected an offset of {HEADER} to {}; got {}",
                    end(i),
                    offsets[i]
                ))
            })
        })
        .collect()
}

/// PackBits; returns how many bytes came out. What does not fit is dropped, as encoders pad.
///
/// Runs are a few bytes long, so those far from the ends are copied as whole blocks of the longest
/// run there is: what is too much is overwritten by the next run.
pub(crate) fn unpack(mut segment: &[u8], out: &mut [u8]) -> usize {
    let mut at = 0;
    while let [control, rest @ ..] = segment {
        let control = *control as i8;
        if let (Some(from), Some(to)) =
            (rest.first_chunk::<LONGEST>(), out[at..].first_chunk_mut::<LONGEST>())
        {
            let (taken, given) = run(control, from, to);
            segment = &rest[taken..];
            at += given;
        } else {
            let Some((taken, given)) = last_run(control, rest, &mut out[at..]) else { break };
            segment = &rest[taken..];
            at += given;
        }
    }
    at
}

/// Longest run: 128 bytes.
const LONGEST: usize = 128;

/// A run with room on both sides; bytes taken and given.
#[inline(always)]
fn run(control: i8, from: &[u8; LONGEST], to: &mut [u8; LONGEST]) -> (usize, usize) {
    if control >= 0 {
        let n = control as usize + 1;
        if n <= 16 {
            to[..16].copy_from_slice(&from[..16]);
        } else {
            *to = *from;
        }
        (n, n)
    } else if control == i8::MIN {
        (0, 0)
    } else {
        let n = (1 - isize::from(control)) as usize;
        if n <= 16 {
            to[..16].fill(from[0]);
        } else {
            to.fill(from[0]);
        }
        (1, n)
    }
}

/// A run near the end of the segment or of the picture; `None` where nothing is left to do.
fn last_run(control: i8, rest: &[u8], out: &mut [u8]) -> Option<(usize, usize)> {
    if out.is_empty() {
        return None;
    }
    if control >= 0 {
        let n = (control as usize + 1).min(rest.len());
        let kept = n.min(out.len());
        out[..kept].copy_from_slice(&rest[..kept]);
        Some((n, kept))
    } else if control == i8::MIN {
        Some((0, 0))
    } else {
        let kept = ((1 - isize::from(control)) as usize).min(out.len());
        out[..kept].fill(*rest.first()?);
        Some((1, kept))
    }
}

/// Planes of bytes to pixels: one plane is the picture, several are its interleaved samples.
fn interleave(mut planes: Vec<Vec<u8>>, one: impl Fn(&[u8]) -> u8) -> Vec<u8> {
    if planes.len() == 1 {
        return planes.pop().unwrap_or_default();
    }
    let pixels = planes.first().map_or(0, Vec::len);
    (0..pixels)
        .flat_map(|i| planes.iter().map(move |p| (p, i)))
        .map(|(p, i)| one(&p[i..]))
        .collect()
}

/// Pairs of planes to 16-bit samples.
fn pairs(planes: Vec<Vec<u8>>) -> FrameSamples {
    let planes = match <[Vec<u8>; 2]>::try_from(planes) {
        Ok(pair) => return FrameSamples::Planes(pair),
        Err(planes) => planes,
    };
    let pixels = planes.first().map_or(0, Vec::len);
    let pairs = planes.as_chunks::<2>().0;
    let word = |[high, low]: &[Vec<u8>; 2], i: usize| u16::from_be_bytes([high[i], low[i]]);
    let words = (0..pixels).flat_map(|i| pairs.iter().map(move |pair| word(pair, i)));
    FrameSamples::Words(words.collect())
}

fn interleave_groups(planes: &[Vec<u8>]) -> Vec<u32> {
    let pixels = planes.first().map_or(0, Vec::len);
    let groups = planes.as_chunks::<4>().0;
    let long =
        |g: &[Vec<u8>; 4], i: usize| u32::from_be_bytes([g[0][i], g[1][i], g[2][i], g[3][i]]);
    (0..pixels).flat_map(|i| groups.iter().map(move |g| long(g, i))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(segments: &[&[u8]]) -> Vec<u8> {
        let mut bytes = (segments.len() as u32).to_le_bytes().to_vec();
        let mut at = HEADER;
        for segment in segments {
            bytes.extend((at as u32).to_le_bytes());
            at += segment.len();
        }
        bytes.resize(HEADER, 0);
        segments.iter().for_each(|s| bytes.extend(*s));
        bytes
    }

    fn words(frame: Frame) -> Vec<u16> {
        match frame.samples {
            FrameSamples::Planes([high, low]) => {
                high.into_iter().zip(low).map(|(h, l)| u16::from_be_bytes([h, l])).collect()
            }
            other => panic!("expected planes, got {other:?}"),
        }
    }

    const SIZE: Size = Size { height: 2, width: 3, components: 1 };

    #[test]
    fn literal_runs_repeats_and_no_operation() {
        // High plane: six times 1. Low plane: 5 6 7, a no-operation, then three times 9.
        let bytes = frame(&[&[0xFB, 1], &[2, 5, 6, 7, 0x80, 0xFE, 9]]);
        let frame = decode(&bytes, SIZE, 2).unwrap();
        assert_eq!(frame.rows, 2);
        assert_eq!(words(frame), [261, 262, 263, 265, 265, 265]);
    }

    #[test]
    fn a_short_segment_gives_the_rows_that_arrived() {
        let bytes = frame(&[&[0xFB, 1], &[3, 5, 6, 7, 8]]);
        assert_eq!(decode(&bytes, SIZE, 2).unwrap().rows, 1);
    }

    #[test]
    fn offsets_outside_the_frame_are_errors() {
        let mut bytes = frame(&[&[0xFB, 1], &[0xFB, 2]]);
        bytes[8] = 0xFF;
        assert!(decode(&bytes, SIZE, 2).unwrap_err().reason.contains("offset"));
        bytes[0] = 3;
        assert!(decode(&bytes, SIZE, 2).unwrap_err().reason.contains("expected 2 segments; got 3"));
        assert!(decode(&bytes[..40], SIZE, 2).is_err());
    }
}
