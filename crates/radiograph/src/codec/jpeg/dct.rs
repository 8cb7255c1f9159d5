//! Sequential DCT with Huffman coding, 8 or 12 bits (ITU-T T.81 annex F): written for the 12-bit
//! process 4, which the common decoders lack.

use super::bits::Bits;
use super::huffman::{Huffman, extend};
use super::stream::{FrameHeader, ScanHeader, Stream, fault};
use super::strides::Strides;
use crate::codec::{Fault, Frame, FrameColour, FrameSamples};

/// Natural position of the k-th coefficient in zigzag order (T.81 figure A.6).
pub(super) const ZIGZAG: [usize; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// One component: whole blocks, as many as whole MCUs need.
pub(super) struct Plane {
    samples: Vec<u16>,
    pub(super) stride: usize,
    /// Blocks in each direction that hold picture.
    pub(super) blocks: (usize, usize),
    pub(super) sampling: (usize, usize),
    pub(super) rows: usize,
    /// A scan has had it.
    decoded: bool,
}

impl Plane {
    /// Blocks in each direction with those that fill up the last MCUs.
    pub(super) fn all_blocks(&self) -> (usize, usize) {
        (self.stride / 8, self.samples.len() / self.stride.max(1) / 8)
    }
}

/// Decodes the scans of a sequential DCT frame.
pub(crate) struct Sequential<'f> {
    pub(super) frame: &'f FrameHeader,
    pub(super) planes: Vec<Plane>,
    pub(super) mcus: (usize, usize),
    largest: (usize, usize),
    /// Only the rows that arrive are counted.
    without_samples: bool,
}

/// Tables of one component of a scan.
struct Tables<'t> {
    plane: usize,
    dc: &'t Huffman,
    ac: &'t Huffman,
    quantization: &'t [u16; 64],
    /// Where only rows are counted.
    strides: Option<Strides>,
}

impl<'f> Sequential<'f> {
    pub(crate) fn new(frame: &'f FrameHeader) -> Result<Self, Fault> {
        let factors = |f: fn(&super::stream::Component) -> usize| {
            let list = frame.components.iter().map(f);
            list.clone().all(|v| matches!(v, 1 | 2 | 4)).then(|| list.max().unwrap_or(1))
        };
        let (Some(h), Some(v)) = (factors(|c| c.horizontal), factors(|c| c.vertical)) else {
            return Err(fault("expected sampling factors of 1, 2 or 4"));
        };
        let mcus = (frame.width.div_ceil(8 * h), frame.height.div_ceil(8 * v));
        let plane = |c: &super::stream::Component| {
            let (across, down) = (mcus.0 * c.horizontal, mcus.1 * c.vertical);
            let extent =
                |size: usize, factor: usize, max: usize| (size * factor).div_ceil(max).div_ceil(8);
            Plane {
                samples: vec![0; 64 * across * down],
                stride: 8 * across,
                blocks: (extent(frame.width, c.horizontal, h), extent(frame.height, c.vertical, v)),
                sampling: (c.horizontal, c.vertical),
                rows: 0,
                decoded: false,
            }
        };
        let planes = frame.components.iter().map(plane).collect();
        Ok(Self { frame, planes, mcus, largest: (h, v), without_samples: false })
    }

    /// Only counts the rows that arrive.
    pub(super) fn without_samples(mut self) -> Self {
        self.without_samples = true;
        self
    }

    /// Decodes a scan and returns where it ends.
    ///
    /// The spectral selection of the scan header is not looked at: in a sequential frame it can
    /// only be 0 to 63, and old encoders wrote other numbers.
    pub(crate) fn scan(&mut self, stream: &Stream<'_>, scan: &ScanHeader) -> Result<usize, Fault> {
        let tables = self.tables(stream, scan)?;
        if tables.iter().any(|t| std::mem::replace(&mut self.planes[t.plane].decoded, true)) {
            return Err(fault("a component in two scans, or twice in one"));
        }
        let mut bits = Bits::new(stream.bytes, scan.data);
        let mut predictions = vec![0; tables.len()];
        // A scan of one component has no MCUs of several blocks (A.2.2).
        let (across, down) = match tables.as_slice() {
            [only] => self.planes[only.plane].blocks,
            _ => self.mcus,
        };
        let interleaved = tables.len() > 1;
        let interval = stream.restart_interval;
        'rows: for y in 0..down {
            for x in 0..across {
                let index = y * across + x;
                if interval > 0 && index > 0 && index % interval == 0 {
                    if !bits.restart() {
                        break 'rows;
                    }
                    predictions.fill(0);
                }
                for (table, prediction) in tables.iter().zip(&mut predictions) {
                    let mcu = (x, y, interleaved);
                    if self.mcu(table, &mut bits, prediction, mcu).is_none() {
                        break 'rows;
                    }
                }
            }
            if bits.overrun() || stream.deadline.is_over() {
                break;
            }
            for table in &tables {
                let plane = &mut self.planes[table.plane];
                plane.rows = if interleaved { (y + 1) * plane.sampling.1 * 8 } else { (y + 1) * 8 };
            }
        }
        Ok(bits.next_marker())
    }

    fn tables<'t>(
        &self,
        stream: &'t Stream<'_>,
        scan: &ScanHeader,
    ) -> Result<Vec<Tables<'t>>, Fault> {
        let missing = |what: &str, id: usize| fault(format!("{what} table {id} is not defined"));
        scan.components
            .iter()
            .map(|&(plane, dc, ac)| {
                let q = self.frame.components[plane].quantization;
                let quantization = stream.quantization.get(q).and_then(Option::as_ref);
                let dc_table = stream.dc.get(dc).and_then(Option::as_ref);
                let ac_table = stream.ac.get(ac).and_then(Option::as_ref);
                let ac = ac_table.ok_or_else(|| missing("AC", ac))?;
                Ok(Tables {
                    plane,
                    dc: dc_table.ok_or_else(|| missing("DC", dc))?,
                    ac,
                    quantization: quantization.ok_or_else(|| missing("quantization", q))?,
                    strides: self.without_samples.then(|| Strides::new(ac)),
                })
            })
            .collect()
    }

    /// The blocks of one component in one MCU.
    fn mcu(
        &mut self,
        tables: &Tables<'_>,
        bits: &mut Bits<'_>,
        prediction: &mut i32,
        (x, y, interleaved): (usize, usize, bool),
    ) -> Option<()> {
        let precision = self.frame.precision;
        let plane = &mut self.planes[tables.plane];
        let (h, v) = if interleaved { plane.sampling } else { (1, 1) };
        for row in 0..v {
            for column in 0..h {
                if let Some(strides) = &tables.strides {
                    tables.dc.difference(bits)?;
                    strides.over(tables.ac, bits)?;
                    continue;
                }
                let block = block(tables, bits, prediction)?;
                let at = (y * v + row) * 8 * plane.stride + (x * h + column) * 8;
                store(&inverse(&block), precision, &mut plane.samples[at..], plane.stride);
            }
        }
        Some(())
    }

    /// The samples of the picture, without what fills up its last blocks.
    fn interleaved(&self) -> Vec<u16> {
        let (width, height) = (self.frame.width, self.frame.height);
        let mut samples = Vec::with_capacity(width * height * self.planes.len());
        if let [plane] = self.planes.as_slice() {
            let rows = plane.samples.chunks(plane.stride).take(height);
            rows.for_each(|row| samples.extend_from_slice(&row[..width]));
            return samples;
        }
        for row in 0..height {
            for column in 0..width {
                for plane in &self.planes {
                    let x = column * plane.sampling.0 / self.largest.0;
                    let y = row * plane.sampling.1 / self.largest.1;
                    samples.push(plane.samples[y * plane.stride + x]);
                }
            }
        }
        samples
    }

    /// Writes a block of a component: the inverse transform of its coefficients.
    pub(super) fn put(&mut self, plane: usize, (x, y): (usize, usize), block: &[f32; 64]) {
        let precision = self.frame.precision;
        let plane = &mut self.planes[plane];
        let at = 8 * (y * plane.stride + x);
        store(&inverse(block), precision, &mut plane.samples[at..], plane.stride);
    }

    /// Rows of the picture of which every component arrived.
    pub(super) fn rows(&self) -> usize {
        let arrived = |p: &Plane| (p.rows * self.largest.1 / p.sampling.1).min(self.frame.height);
        self.planes.iter().map(arrived).min().unwrap_or(0)
    }

    /// The decoded frame: subsampled components repeated.
    pub(crate) fn finish(self) -> Frame {
        let samples = self.interleaved();
        let rows = self.rows();
        let precision = self.frame.precision as u16;
        Frame {
            samples: FrameSamples::Words(samples),
            precision,
            rows,
            colour: FrameColour::Unsaid,
            lossy: true,
        }
    }
}

/// Coefficients of a block, dequantized, in natural order (T.81 F.2.2).
fn block(tables: &Tables<'_>, bits: &mut Bits<'_>, prediction: &mut i32) -> Option<[f32; 64]> {
    let mut block = [0.0; 64];
    *prediction = prediction.wrapping_add(tables.dc.difference(bits)?);
    block[0] = *prediction as f32 * f32::from(tables.quantization[0]);
    let mut k = 1;
    while k < 64 {
        bits.refill();
        let symbol = tables.ac.symbol(bits)?;
        let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 {
            if run != 15 {
                break; // end of block
            }
            k += 16;
            continue;
        }
        k += run;
        let position = *ZIGZAG.get(k)?;
        let value = extend(bits, size);
        block[position] = value as f32 * f32::from(tables.quantization[k]);
        k += 1;
    }
    Some(block)
}

/// Half the DCT basis: `BASIS[u][x] = c(u) / 2 cos((2 x + 1) u pi / 16)`.
static BASIS: std::sync::LazyLock<[[f32; 8]; 8]> = std::sync::LazyLock::new(|| {
    std::array::from_fn(|u| {
        std::array::from_fn(|x| {
            let scale = if u == 0 { 0.125_f64.sqrt() } else { 0.5 };
            let angle = (2 * x + 1) as f64 * u as f64 * std::f64::consts::PI / 16.0;
            (scale * angle.cos()) as f32
        })
    })
});

/// The inverse DCT (T.81 A.3.3), separable.
fn inverse(block: &[f32; 64]) -> [f32; 64] {
    let basis = &*BASIS;
    let mut columns = [0.0; 64]; // transformed down the columns
    for (v, row) in block.as_chunks::<8>().0.iter().enumerate() {
        if row.iter().all(|c| *c == 0.0) {
            continue;
        }
        for (y, out) in columns.as_chunks_mut::<8>().0.iter_mut().enumerate() {
            out.iter_mut().zip(row).for_each(|(out, c)| *out += basis[v][y] * c);
        }
    }
    let mut samples = [0.0; 64];
    for (row, out) in columns.as_chunks::<8>().0.iter().zip(samples.as_chunks_mut::<8>().0) {
        for (c, wave) in row.iter().zip(basis) {
            out.iter_mut().zip(wave).for_each(|(out, w)| *out += c * w);
        }
    }
    samples
}

/// Level shift, rounding and clamping (T.81 A.3.1).
fn store(samples: &[f32; 64], precision: u32, out: &mut [u16], stride: usize) {
    // Half more, to round by cutting off: `round` is a call a sample on common processors.
    let (shift, max) = ((1 << (precision - 1)) as f32 + 0.5, ((1 << precision) - 1) as f32);
    for (row, out) in samples.as_chunks::<8>().0.iter().zip(out.chunks_mut(stride)) {
        for (sample, out) in row.iter().zip(out) {
            *out = (sample + shift).clamp(0.0, max) as u16;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverse_agrees_with_the_definition() {
        let block: [f32; 64] = std::array::from_fn(|i| ((i * 37 + 11) % 53) as f32 - 26.0);
        let got = inverse(&block);
        for y in 0..8 {
            for x in 0..8 {
                let mut sum = 0.0;
                for v in 0..8 {
                    for u in 0..8 {
                        let c = |k: usize| if k == 0 { 0.5_f64.sqrt() } else { 1.0 };
                        let wave = |k: usize, n: usize| {
                            ((2 * n + 1) as f64 * k as f64 * std::f64::consts::PI / 16.0).cos()
                        };
                        let s = f64::from(block[8 * v + u]);
                        sum += 0.25 * c(u) * c(v) * s * wave(u, x) * wave(v, y);
                    }
                }
                let got = f64::from(got[8 * y + x]);
                assert!((got - sum).abs() < 1e-4, "({y}, {x}): {got} and {sum}");
            }
        }
    }

    #[test]
    fn zigzag_visits_every_coefficient_once() {
        let mut seen = ZIGZAG;
        seen.sort_unstable();
        assert!(seen.iter().enumerate().all(|(i, k)| i == *k));
    }
}
