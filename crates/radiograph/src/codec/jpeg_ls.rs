//! JPEG-LS, lossless and near-lossless, 2 to 16 bits (ITU-T T.87): the LOCO-I coder of Weinberger,
//! Seroussi and Sapiro, *IEEE Trans. Image Process.* 9(8):1309-1324, 2000.
//!
//! Names follow T.87: `Ra` left, `Rb` above, `Rc` above left, `Rd` above right; `A`, `B`, `C`, `N`
//! the counters of a context; `k` the Golomb parameter.

mod bits;
mod coding;
mod header;
mod parameters;

use super::{Fault, Frame, FrameColour, FrameSamples, Size};
use crate::deadline::Deadline;
use bits::Bits;
use coding::Coder;
use header::{Header, Interleave, Scan};
use parameters::Coding;

fn fault(reason: impl Into<String>) -> Fault {
    Fault::new("JPEG-LS", reason)
}

/// Decodes a JPEG-LS stream.
pub(crate) fn decode(bytes: &[u8], size: Size, deadline: Deadline) -> Result<Frame, Fault> {
    let mut header = Header::new(bytes)?;
    header.frame()?;
    size.check("JPEG-LS", header.size())?;
    let mut planes = vec![vec![0_u16; size.pixels()]; size.components];
    let mut rows = size.height;
    let mut lossy = false;
    let mut decoded = 0;
    while decoded < size.components {
        let Some(scan) = header.scan()? else {
            return Err(fault(format!(
                "expected scans of {} components; got {decoded}",
                size.components
            )));
        };
        let targets = planes
            .get_mut(decoded..decoded + scan.components)
            .ok_or_else(|| fault("more components in the scans than in the frame"))?;
        let (arrived, end) = decode_scan(bytes, &scan, size, targets, deadline)?;
        rows = rows.min(arrived);
        lossy |= scan.near > 0;
        decoded += scan.components;
        header.seek(end);
    }
    let samples = if planes.len() == 1 {
        planes.pop().unwrap_or_default()
    } else {
        (0..size.pixels()).flat_map(|i| planes.iter().map(move |p| p[i])).collect()
    };
    let precision = header.precision();
    Ok(Frame {
        samples: FrameSamples::Words(samples),
        precision,
        rows,
        colour: FrameColour::Unsaid,
        lossy,
    })
}

/// Decodes a scan into its planes; returns the rows that arrived and where the scan ends.
fn decode_scan(
    bytes: &[u8],
    scan: &Scan,
    size: Size,
    planes: &mut [Vec<u16>],
    deadline: Deadline,
) -> Result<(usize, usize), Fault> {
    let coding = Coding::new(scan)?;
    let mut coder = Coder::new(&coding, size.width, scan.components);
    let mut bits = Bits::new(bytes, scan.data);
    for row in 0..size.height {
        if scan.restart_interval > 0 && row > 0 && row % scan.restart_interval == 0 {
            if !bits.restart() {
                return Ok((row, bits.next_marker()));
            }
            coder = Coder::new(&coding, size.width, scan.components);
        }
        let complete = match scan.interleave {
            Interleave::Sample => coder.sample_interleaved_line(&mut bits),
            _ => (0..scan.components).try_for_each(|c| coder.line(&mut bits, c)),
        };
        if complete.is_none() || bits.overrun() || deadline.is_over() {
            return Ok((row, bits.next_marker()));
        }
        for (c, plane) in planes.iter_mut().enumerate() {
            coder.store(c, &mut plane[row * size.width..][..size.width]);
        }
        coder.advance();
    }
    Ok((size.height, bits.next_marker()))
}
