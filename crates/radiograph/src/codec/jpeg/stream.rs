//! Marker segments of a JPEG stream (ITU-T T.81 annex B).

use super::huffman::Huffman;
use crate::codec::Fault;
use crate::deadline::Deadline;

/// A component of the frame header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Component {
    pub(crate) id: u8,
    pub(crate) horizontal: usize,
    pub(crate) vertical: usize,
    pub(crate) quantization: usize,
}

/// The frame header: SOFn.
#[derive(Debug, Clone)]
pub(crate) struct FrameHeader {
    /// n of SOFn.
    pub(crate) process: u8,
    pub(crate) precision: u32,
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) components: Vec<Component>,
}

/// The scan header: SOS. Components by index into the frame's, with DC and AC table numbers.
#[derive(Debug, Clone)]
pub(crate) struct ScanHeader {
    pub(crate) components: Vec<(usize, usize, usize)>,
    /// Ss: predictor of a lossless scan, first coefficient of a progressive one.
    pub(crate) start: u8,
    /// Se: last coefficient of a progressive scan.
    pub(crate) end: u8,
    /// Ah: the point transform of the scan before, which this one refines; 0: none.
    pub(crate) high: u32,
    /// Al: point transform.
    pub(crate) low: u32,
    /// Where the entropy-coded data start.
    pub(crate) data: usize,
}

/// A JPEG stream between two segments, with the tables read so far.
#[derive(Debug)]
pub(crate) struct Stream<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) deadline: Deadline,
    pos: usize,
    pub(crate) dc: [Option<Huffman>; 4],
    pub(crate) ac: [Option<Huffman>; 4],
    pub(crate) quantization: [Option<[u16; 64]>; 4],
    pub(crate) restart_interval: usize,
    /// The transform of an Adobe APP14 segment: 0 none, 1 YCbCr.
    pub(crate) adobe_transform: Option<u8>,
    /// Whether there is a JFIF segment, which makes three components YCbCr.
    pub(crate) jfif: bool,
    /// How the picture is turned, by an Exif segment: 1 to 8 as in TIFF.
    pub(crate) orientation: Option<u16>,
    /// Whether the marker that ends a picture came.
    pub(crate) ended: bool,
}

/// What stopped the reading of segments.
pub(crate) enum Event {
    Frame(FrameHeader),
    Scan(Vec<u8>, usize),
    End,
}

pub(crate) fn fault(reason: impl Into<String>) -> Fault {
    Fault::new("JPEG", reason)
}

impl<'a> Stream<'a> {
    /// A stream that starts with SOI.
    pub(crate) fn new(bytes: &'a [u8], deadline: Deadline) -> Result<Self, Fault> {
        if !bytes.starts_with(&[0xFF, 0xD8]) {
            return Err(fault("expected an SOI marker (ff d8) first"));
        }
        Ok(Self {
            bytes,
            deadline,
            pos: 2,
            dc: Default::default(),
            ac: Default::default(),
            quantization: [None; 4],
            restart_interval: 0,
            adobe_transform: None,
            jfif: false,
            orientation: None,
            ended: false,
        })
    }

    /// A stream that stands where this one does, without its tables.
    pub(crate) fn clone_ahead(&self) -> Result<Self, Fault> {
        let mut ahead = Self::new(self.bytes, self.deadline)?;
        ahead.seek(self.pos);
        Ok(ahead)
    }

    /// Goes on at a byte, after a scan.
    pub(crate) fn seek(&mut self, pos: usize) {
        self.pos = pos;
    }

    /// Reads tables up to the next frame header, scan header or the end.
    pub(crate) fn next(&mut self) -> Result<Event, Fault> {
        loop {
            if self.deadline.is_over() {
                return Err(fault("not decoded in the time allowed"));
            }
            let Some(marker) = self.marker() else { return Ok(Event::End) };
            match marker {
                0xD9 => {
                    self.ended = true;
                    return Ok(Event::End);
                }
                0xD0..=0xD8 | 0x01 => continue,
                _ => {}
            }
            let segment = self.segment()?;
            match marker {
                0xC4 => self.huffman_tables(segment)?,
                0xDB => self.quantization_tables(segment)?,
                0xDD => self.restart_interval = usize::from(word(segment, 0)?),
                0xEE if segment.starts_with(b"Adobe") => {
                    // A short one has lost its end: the transform is the last byte all the same.
                    self.adobe_transform = segment.get(11).or(segment.last()).copied();
                }
                0xE0 if segment.starts_with(b"JFIF") => self.jfif = true,
                0xE1 if segment.starts_with(b"Exif\0\0") => {
                    self.orientation = self.orientation.or(orientation(&segment[6..]));
                }
                0xC0..=0xCF if marker != 0xC8 && marker != 0xCC => {
                    return frame_header(marker - 0xC0, segment).map(Event::Frame);
                }
                0xDA => return Ok(Event::Scan(segment.to_vec(), self.pos)),
                _ => {}
            }
        }
    }

    /// The next marker; fill bytes and stray bytes before it are stepped over.
    fn marker(&mut self) -> Option<u8> {
        let rest = self.bytes.get(self.pos..)?;
        let at = rest.windows(2).position(|w| w[0] == 0xFF && !matches!(w[1], 0x00 | 0xFF))?;
        self.pos += at + 2;
        Some(rest[at + 1])
    }

    fn segment(&mut self) -> Result<&'a [u8], Fault> {
        let rest = self.bytes.get(self.pos..).unwrap_or_default();
        let len = usize::from(word(rest, 0)?);
        let segment = rest.get(2..len).ok_or_else(|| {
            fault(format!("expected a segment of {len} bytes; got {}", rest.len()))
        })?;
        self.pos += len;
        Ok(segment)
    }

    fn huffman_tables(&mut self, mut segment: &[u8]) -> Result<(), Fault> {
        while let [class_and_id, rest @ ..] = segment {
            let (class, id) = (class_and_id >> 4, usize::from(class_and_id & 15));
            let counts =
                rest.first_chunk::<16>().ok_or_else(|| fault("Huffman table cut short"))?;
            let symbols = &rest[16..];
            let total: usize = counts.iter().map(|&c| usize::from(c)).sum();
            let table = Huffman::new(counts, symbols)
                .ok_or_else(|| fault("Huffman table with more codes than fit"))?;
            let tables = if class == 0 { &mut self.dc } else { &mut self.ac };
            *tables.get_mut(id).ok_or_else(|| fault(format!("Huffman table number {id}")))? =
                Some(table);
            segment = &symbols[total..];
        }
        Ok(())
    }

    fn quantization_tables(&mut self, mut segment: &[u8]) -> Result<(), Fault> {
        while let [precision_and_id, rest @ ..] = segment {
            let (wide, id) = (precision_and_id >> 4 != 0, usize::from(precision_and_id & 15));
            let len = if wide { 128 } else { 64 };
            let values = rest.get(..len).ok_or_else(|| fault("quantization table cut short"))?;
            let mut table = [0; 64];
            for (k, entry) in table.iter_mut().enumerate() {
                *entry = if wide { word(values, 2 * k)? } else { u16::from(values[k]) };
            }
            *self
                .quantization
                .get_mut(id)
                .ok_or_else(|| fault(format!("quantization table number {id}")))? = Some(table);
            segment = &rest[len..];
        }
        Ok(())
    }
}

/// The tag Orientation of the first directory of a TIFF, as Exif segments hold one.
pub(crate) fn orientation(tiff: &[u8]) -> Option<u16> {
    let little = match tiff.first_chunk::<2>()? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let number = |at: usize, size: usize| {
        let bytes = tiff.get(at..at.checked_add(size)?)?;
        let push = |number: usize, byte: &u8| number << 8 | usize::from(*byte);
        Some(if little { bytes.iter().rev().fold(0, push) } else { bytes.iter().fold(0, push) })
    };
    let start = number(4, 4)?;
    let entries = number(start, 2)?;
    let at = |i: usize| start.checked_add(2 + 12 * i);
    let entry = (0..entries).map_while(at).find(|&at| number(at, 2) == Some(0x0112))?;
    u16::try_from(number(entry.checked_add(8)?, 2)?).ok().filter(|o| (1..=8).contains(o))
}

/// A copy of a stream without APP0 to APP15.
pub(crate) fn without_application_segments(bytes: &[u8]) -> Vec<u8> {
    let (mut plain, mut rest) = (Vec::with_capacity(bytes.len()), bytes);
    while let [0xFF, marker, after @ ..] = rest {
        let skip = match (marker, word(after, 0)) {
            (0xD8, _) => 2,
            (0xDA, _) | (_, Err(_)) => break,
            (_, Ok(len)) => (2 + usize::from(len)).min(rest.len()),
        };
        if !(0xE0..=0xEF).contains(marker) {
            plain.extend_from_slice(&rest[..skip]);
        }
        rest = &rest[skip..];
    }
    plain.extend_from_slice(rest);
    plain
}

fn word(bytes: &[u8], at: usize) -> Result<u16, Fault> {
    match bytes.get(at..at + 2) {
        Some(b) => Ok(u16::from_be_bytes([b[0], b[1]])),
        None => Err(fault("segment cut short")),
    }
}

fn frame_header(process: u8, segment: &[u8]) -> Result<FrameHeader, Fault> {
    let &[precision, _, _, _, _, n, ref rest @ ..] = segment else {
        return Err(fault("frame header cut short"));
    };
    let components: Vec<Component> = rest
        .as_chunks::<3>()
        .0
        .iter()
        .take(usize::from(n))
        .map(|&[id, sampling, quantization]| Component {
            id,
            horizontal: usize::from(sampling >> 4),
            vertical: usize::from(sampling & 15),
            quantization: usize::from(quantization),
        })
        .collect();
    if components.len() != usize::from(n) || n == 0 {
        return Err(fault(format!("expected {n} components; got {}", components.len())));
    }
    Ok(FrameHeader {
        process,
        precision: u32::from(precision),
        height: usize::from(word(segment, 1)?),
        width: usize::from(word(segment, 3)?),
        components,
    })
}

/// Reads a scan header against its frame.
pub(crate) fn scan_header(
    segment: &[u8],
    data: usize,
    frame: &FrameHeader,
) -> Result<ScanHeader, Fault> {
    let cut = || fault("scan header cut short");
    let (&n, rest) = segment.split_first().ok_or_else(cut)?;
    let n = usize::from(n);
    let (list, parameters) = rest.split_at_checked(2 * n).ok_or_else(cut)?;
    let &[start, end, approximation, ..] = parameters else { return Err(cut()) };
    let components =
        list.as_chunks::<2>()
            .0
            .iter()
            .map(|&[id, tables]| {
                let index = frame.components.iter().position(|c| c.id == id).ok_or_else(|| {
                    fault(format!("scan of component {id}, which the frame has not"))
                })?;
                Ok((index, usize::from(tables >> 4), usize::from(tables & 15)))
            })
            .collect::<Result<Vec<_>, Fault>>()?;
    if components.is_empty() {
        return Err(fault("scan of no component"));
    }
    let (high, low) = (u32::from(approximation >> 4), u32::from(approximation & 15));
    Ok(ScanHeader { components, start, end, high, low, data })
}
