//! Lossless JPEG: predictors 1 to 7, Huffman coding, 2 to 16 bits (ITU-T T.81 annex H).

use super::bits::Bits;
use super::huffman::Huffman;
use super::stream::{FrameHeader, ScanHeader, Stream, fault};
use crate::codec::{Fault, Frame, FrameColour, FrameSamples};

/// One component's samples, before the point transform is undone.
struct Plane {
    samples: Vec<u16>,
    rows: usize,
}

/// Decodes the scans of a lossless frame.
pub(crate) struct Lossless<'f> {
    frame: &'f FrameHeader,
    planes: Vec<Plane>,
    /// Components that a scan has had.
    decoded: Vec<bool>,
}

/// What the rows of a scan have in common.
struct Scan<'t> {
    tables: Vec<&'t Huffman>,
    predictor: u8,
    /// Prediction of the first sample.
    origin: u16,
    width: usize,
    /// Rows between restarts; 0: none.
    restart_rows: usize,
}

impl<'f> Lossless<'f> {
    pub(crate) fn new(frame: &'f FrameHeader) -> Result<Self, Fault> {
        if !(2..=16).contains(&frame.precision) {
            return Err(fault(format!("expected 2 to 16 bits; got {}", frame.precision)));
        }
        if frame.components.iter().any(|c| (c.horizontal, c.vertical) != (1, 1))
            && frame.components.len() > 1
        {
            return Err(fault("subsampled components in a lossless frame are not supported"));
        }
        let plane = |_: &_| Plane { samples: vec![0; frame.height * frame.width], rows: 0 };
        let decoded = vec![false; frame.components.len()];
        Ok(Self { frame, planes: frame.components.iter().map(plane).collect(), decoded })
    }

    /// Decodes a scan and returns where it ends.
    pub(crate) fn scan(&mut self, stream: &Stream<'_>, scan: &ScanHeader) -> Result<usize, Fault> {
        let (width, height) = (self.frame.width, self.frame.height);
        let settings = settings(self.frame, stream, scan)?;
        let mut bits = Bits::new(stream.bytes, scan.data);
        let mut planes: Vec<Plane> = scan
            .components
            .iter()
            .map(|&(i, ..)| Plane { samples: std::mem::take(&mut self.planes[i].samples), rows: 0 })
            .collect();
        if planes.iter().any(|p| p.samples.len() != width * height) {
            return Err(fault("a component twice in one scan"));
        }
        if scan.components.iter().any(|&(i, ..)| std::mem::replace(&mut self.decoded[i], true)) {
            return Err(fault("a second scan of a component"));
        }
        let mut first_row = true;
        for row in 0..height {
            if row > 0 && settings.restart_rows > 0 && row % settings.restart_rows == 0 {
                if !bits.restart() {
                    break;
                }
                first_row = true;
            }
            let done = decode_row(&settings, &mut bits, &mut planes, row, first_row);
            if done.is_none() || bits.overrun() || stream.deadline.is_over() {
                break;
            }
            planes.iter_mut().for_each(|p| p.rows = row + 1);
            first_row = false;
        }
        for (plane, &(i, ..)) in planes.into_iter().zip(&scan.components) {
            self.planes[i] = plane;
            if scan.low > 0 {
                self.planes[i].samples.iter_mut().for_each(|s| *s <<= scan.low);
            }
        }
        Ok(bits.next_marker())
    }

    /// The decoded frame.
    pub(crate) fn finish(mut self) -> Frame {
        let rows = self.planes.iter().map(|p| p.rows).min().unwrap_or(0);
        let precision = self.frame.precision as u16;
        let samples = if self.planes.len() == 1 {
            std::mem::take(&mut self.planes[0].samples)
        } else {
            let pixels = self.frame.height * self.frame.width;
            let planes = &self.planes;
            (0..pixels).flat_map(|i| planes.iter().map(move |p| p.samples[i])).collect()
        };
        Frame {
            samples: FrameSamples::Words(samples),
            precision,
            rows,
            colour: FrameColour::Unsaid,
            lossy: false,
        }
    }
}

fn settings<'t>(
    frame: &FrameHeader,
    stream: &'t Stream<'_>,
    scan: &ScanHeader,
) -> Result<Scan<'t>, Fault> {
    if !(1..=7).contains(&scan.start) {
        return Err(fault(format!("expected predictor 1 to 7; got {}", scan.start)));
    }
    if scan.low >= frame.precision {
        return Err(fault(format!(
            "expected a point transform below {}; got {}",
            frame.precision, scan.low
        )));
    }
    let table = |&(_, dc, _): &(usize, usize, usize)| {
        let table = stream.dc.get(dc).and_then(Option::as_ref);
        table.ok_or_else(|| fault(format!("Huffman table {dc} is not defined")))
    };
    let width = frame.width;
    if !stream.restart_interval.is_multiple_of(width) {
        return Err(fault(format!(
            "expected a restart interval of whole rows of {width}; got {}",
            stream.restart_interval
        )));
    }
    Ok(Scan {
        tables: scan.components.iter().map(table).collect::<Result<_, _>>()?,
        predictor: scan.start,
        origin: 1 << (frame.precision - scan.low - 1),
        width,
        restart_rows: stream.restart_interval / width,
    })
}

/// Decodes one row of all components; `None` where the bits are no code.
fn decode_row(
    scan: &Scan<'_>,
    bits: &mut Bits<'_>,
    planes: &mut [Plane],
    row: usize,
    first_row: bool,
) -> Option<()> {
    let (width, at) = (scan.width, row * scan.width);
    if let ([table], [plane]) = (scan.tables.as_slice(), &mut *planes) {
        let (above, here) = plane.samples.split_at_mut(at);
        let above = &above[at.saturating_sub(width)..];
        let above = (!first_row).then_some(above);
        return single(scan, table, bits, above, &mut here[..width]);
    }
    for column in 0..width {
        for (table, plane) in scan.tables.iter().zip(planes.iter_mut()) {
            let difference = table.difference(bits)?;
            let sample = |row: usize, column: usize| plane.samples[row * width + column];
            let predicted = match (first_row, column) {
                (true, 0) => i32::from(scan.origin),
                (true, _) => i32::from(sample(row, column - 1)),
                (false, 0) => i32::from(sample(row - 1, 0)),
                (false, _) => predict(
                    scan.predictor,
                    i32::from(sample(row, column - 1)),
                    i32::from(sample(row - 1, column)),
                    i32::from(sample(row - 1, column - 1)),
                ),
            };
            plane.samples[at + column] = (predicted + difference) as u16;
        }
    }
    Some(())
}

/// A row of the only component of a scan; the first has none above.
fn single(
    scan: &Scan<'_>,
    table: &Huffman,
    bits: &mut Bits<'_>,
    above: Option<&[u16]>,
    here: &mut [u16],
) -> Option<()> {
    let (first, rest) = here.split_first_mut()?;
    let start = above.map_or(Some(scan.origin), |above| above.first().copied())?;
    *first = start.wrapping_add(table.difference(bits)? as u16);
    let left = i32::from(*first);
    let Some(above) = above.filter(|_| scan.predictor != 1) else {
        return horizontal(table, bits, left, rest);
    };
    match scan.predictor {
        2 => predicted::<2>(table, bits, above, left, rest),
        3 => predicted::<3>(table, bits, above, left, rest),
        4 => predicted::<4>(table, bits, above, left, rest),
        5 => predicted::<5>(table, bits, above, left, rest),
        6 => predicted::<6>(table, bits, above, left, rest),
        _ => predicted::<7>(table, bits, above, left, rest),
    }
}

fn horizontal(table: &Huffman, bits: &mut Bits<'_>, mut left: i32, rest: &mut [u16]) -> Option<()> {
    for sample in rest {
        *sample = (left + table.difference(bits)?) as u16;
        left = i32::from(*sample);
    }
    Some(())
}

fn predicted<const P: u8>(
    table: &Huffman,
    bits: &mut Bits<'_>,
    above: &[u16],
    mut left: i32,
    rest: &mut [u16],
) -> Option<()> {
    for (sample, pair) in rest.iter_mut().zip(above.windows(2)) {
        let predicted = predict(P, left, i32::from(pair[1]), i32::from(pair[0]));
        *sample = (predicted + table.difference(bits)?) as u16;
        left = i32::from(*sample);
    }
    Some(())
}

/// Table H.1: `a` left, `b` above, `c` above left.
#[inline]
fn predict(predictor: u8, a: i32, b: i32, c: i32) -> i32 {
    match predictor {
        1 => a,
        2 => b,
        3 => c,
        4 => a + b - c,
        5 => a + ((b - c) >> 1),
        6 => b + ((a - c) >> 1),
        _ => (a + b) >> 1,
    }
}
