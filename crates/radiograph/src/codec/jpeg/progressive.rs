//! Progressive DCT with Huffman coding, 8 or 12 bits (ITU-T T.81 annex G): written for the 12-bit
//! process, and to tell how much of a cut file arrived.

use super::bits::Bits;
use super::dct::{Sequential, ZIGZAG};
use super::huffman::{Huffman, extend};
use super::stream::{FrameHeader, ScanHeader, Stream, fault};
use crate::codec::{Fault, Frame};

/// Coefficients of a block, in zigzag order.
type Block = [i16; 64];

/// The point transform of a coefficient that no scan has had.
const UNSEEN: u8 = u8::MAX;

/// One component between its scans.
struct Coefficients {
    blocks: Vec<Block>,
    /// The point transform of the last scan of each coefficient; 0: all bits are there.
    low: [u8; 64],
    /// Rows of samples that every scan so far has covered.
    rows: usize,
}

/// Decodes the scans of a progressive DCT frame.
pub(crate) struct Progressive<'f> {
    picture: Sequential<'f>,
    components: Vec<Coefficients>,
}

/// What the blocks of a scan have in common.
#[derive(Clone, Copy)]
struct Band {
    start: usize,
    end: usize,
    high: u32,
    low: u32,
}

impl<'f> Progressive<'f> {
    pub(crate) fn new(frame: &'f FrameHeader) -> Result<Self, Fault> {
        let picture = Sequential::new(frame)?;
        let empty = |plane: &super::dct::Plane| {
            let (across, down) = plane.all_blocks();
            Coefficients {
                blocks: vec![[0; 64]; across * down],
                low: [UNSEEN; 64],
                rows: usize::MAX,
            }
        };
        let components = picture.planes.iter().map(empty).collect();
        Ok(Self { picture, components })
    }

    /// Decodes a scan and returns where it ends.
    pub(crate) fn scan(&mut self, stream: &Stream<'_>, scan: &ScanHeader) -> Result<usize, Fault> {
        let band = band(scan)?;
        let tables = tables(stream, scan, band)?;
        let mut bits = Bits::new(stream.bytes, scan.data);
        let mut state = State { predictions: vec![0; tables.len()], end_of_band: 0 };
        let interleaved = scan.components.len() > 1;
        let (across, down) = match scan.components.as_slice() {
            [(only, ..)] => self.picture.planes[*only].blocks,
            _ => self.picture.mcus,
        };
        let mut complete = 0;
        'rows: for y in 0..down {
            for x in 0..across {
                let index = y * across + x;
                let interval = stream.restart_interval;
                if interval > 0 && index > 0 && index % interval == 0 {
                    if !bits.restart() {
                        break 'rows;
                    }
                    state.predictions.fill(0);
                    state.end_of_band = 0;
                }
                let at = (x, y, interleaved);
                if self.mcu(scan, &tables, band, (&mut bits, &mut state), at).is_none() {
                    break 'rows;
                }
            }
            if bits.overrun() || stream.deadline.is_over() {
                break;
            }
            complete = y + 1;
        }
        for &(i, ..) in &scan.components {
            let height = if interleaved { 8 * self.picture.planes[i].sampling.1 } else { 8 };
            let component = &mut self.components[i];
            component.low[band.start..=band.end].fill(band.low as u8);
            component.rows = component.rows.min(complete * height);
        }
        Ok(bits.next_marker())
    }

    fn mcu(
        &mut self,
        scan: &ScanHeader,
        tables: &[Option<&Huffman>],
        band: Band,
        (bits, state): (&mut Bits<'_>, &mut State),
        (x, y, interleaved): (usize, usize, bool),
    ) -> Option<()> {
        for (n, (&(i, ..), table)) in scan.components.iter().zip(tables).enumerate() {
            let plane = &self.picture.planes[i];
            let stride = plane.all_blocks().0;
            let (h, v) = if interleaved { plane.sampling } else { (1, 1) };
            for row in 0..v {
                for column in 0..h {
                    let at = (y * v + row) * stride + x * h + column;
                    let block = self.components[i].blocks.get_mut(at)?;
                    match (band.start, band.high) {
                        (0, 0) => {
                            dc_first((*table)?, bits, &mut state.predictions[n], band, block)?
                        }
                        (0, _) => {
                            bits.refill();
                            block[0] |= (one(bits) as i16) << band.low;
                        }
                        (_, 0) => ac_first((*table)?, bits, &mut state.end_of_band, band, block)?,
                        _ => ac_refined((*table)?, bits, &mut state.end_of_band, band, block)?,
                    }
                }
            }
        }
        Some(())
    }

    /// The decoded frame. `ended`: whether the picture's end came; without it a component whose
    /// last bits no scan has had is not complete.
    pub(crate) fn finish(mut self, stream: &Stream<'_>) -> Result<Frame, Fault> {
        for (i, component) in self.components.iter().enumerate() {
            let id = self.picture.frame.components[i].quantization;
            let table = stream.quantization.get(id).and_then(Option::as_ref);
            let table =
                table.ok_or_else(|| fault(format!("quantization table {id} is missing")))?;
            let across = self.picture.planes[i].all_blocks().0;
            for (n, coefficients) in component.blocks.iter().enumerate() {
                let mut block = [0.0; 64];
                for (k, value) in coefficients.iter().enumerate() {
                    block[ZIGZAG[k]] = f32::from(*value) * f32::from(table[k]);
                }
                self.picture.put(i, (n % across, n / across), &block);
            }
            let seen = component.low[0] != UNSEEN;
            let all_bits = stream.ended || component.low.iter().all(|low| *low == 0);
            let most = self.picture.planes[i].all_blocks().1 * 8;
            let rows = if seen && all_bits { component.rows } else { 0 };
            self.picture.planes[i].rows = rows.min(most);
        }
        Ok(self.picture.finish())
    }
}

/// What goes on from block to block.
struct State {
    predictions: Vec<i32>,
    /// Blocks still to come whose band ends at once.
    end_of_band: u32,
}

fn band(scan: &ScanHeader) -> Result<Band, Fault> {
    let (start, end) = (usize::from(scan.start), usize::from(scan.end));
    let alone = scan.components.len() == 1;
    let possible = if start == 0 { end == 0 } else { alone && start <= end && end < 64 };
    if !possible || scan.low > 13 || scan.components.len() > 4 {
        return Err(fault(format!(
            "expected a band of DC alone, or of AC of one component; got {start} to {end}, point \
             transform {}, {} components",
            scan.low,
            scan.components.len()
        )));
    }
    Ok(Band { start, end, high: scan.high, low: scan.low })
}

/// The table of each component: none where DC is refined, which takes no codes.
fn tables<'t>(
    stream: &'t Stream<'_>,
    scan: &ScanHeader,
    band: Band,
) -> Result<Vec<Option<&'t Huffman>>, Fault> {
    let table = |&(_, dc, ac): &(usize, usize, usize)| {
        if band.start == 0 && band.high > 0 {
            return Ok(None);
        }
        let (list, id) = if band.start == 0 { (&stream.dc, dc) } else { (&stream.ac, ac) };
        let table = list.get(id).and_then(Option::as_ref);
        table.map(Some).ok_or_else(|| fault(format!("Huffman table {id} is not defined")))
    };
    scan.components.iter().map(table).collect()
}

/// One bit; it must be available.
#[inline]
fn one(bits: &mut Bits<'_>) -> bool {
    let bit = bits.peek(1) == 1;
    bits.consume(1);
    bit
}

/// T.81 G.1.2.1.
fn dc_first(
    table: &Huffman,
    bits: &mut Bits<'_>,
    prediction: &mut i32,
    band: Band,
    block: &mut Block,
) -> Option<()> {
    *prediction = prediction.wrapping_add(table.difference(bits)?);
    block[0] = (*prediction << band.low) as i16;
    Some(())
}

/// The length of a run of blocks whose band has ended: `2^r` and `r` further bits (T.81 G.1.2.2).
fn run(bits: &mut Bits<'_>, r: u32) -> u32 {
    if r == 0 {
        return 1;
    }
    let more = bits.peek(r);
    bits.consume(r);
    (1 << r) + more
}

/// T.81 G.1.2.2.
fn ac_first(
    table: &Huffman,
    bits: &mut Bits<'_>,
    end_of_band: &mut u32,
    band: Band,
    block: &mut Block,
) -> Option<()> {
    if *end_of_band > 0 {
        *end_of_band -= 1;
        return Some(());
    }
    let mut k = band.start;
    while k <= band.end {
        bits.refill();
        let symbol = table.symbol(bits)?;
        let (r, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        match (r, size) {
            (15, 0) => k += 16,
            (r, 0) => {
                *end_of_band = run(bits, r) - 1;
                break;
            }
            _ => {
                k += r as usize;
                let value = extend(bits, size);
                *block.get_mut(k).filter(|_| k <= band.end)? = (value << band.low) as i16;
                k += 1;
            }
        }
    }
    Some(())
}

/// T.81 G.1.2.3: coefficients that are not zero get one bit more each, on the way to new ones.
fn ac_refined(
    table: &Huffman,
    bits: &mut Bits<'_>,
    end_of_band: &mut u32,
    band: Band,
    block: &mut Block,
) -> Option<()> {
    let unit = 1_i16 << band.low;
    let mut k = band.start;
    while *end_of_band == 0 && k <= band.end {
        bits.refill();
        let symbol = table.symbol(bits)?;
        let (mut zeros, size) = (u32::from(symbol >> 4), symbol & 15);
        let mut new = 0;
        if size != 0 {
            new = if one(bits) { unit } else { -unit };
        } else if zeros < 15 {
            *end_of_band = run(bits, zeros);
            break;
        }
        while k <= band.end {
            if block[k] != 0 {
                refine(bits, unit, &mut block[k]);
            } else if zeros == 0 {
                break;
            } else {
                zeros -= 1;
            }
            k += 1;
        }
        if new != 0 {
            *block.get_mut(k).filter(|_| k <= band.end)? = new;
        }
        k += 1;
    }
    if *end_of_band > 0 {
        let rest = block[..=band.end].iter_mut().skip(k);
        rest.filter(|c| **c != 0).for_each(|c| refine(bits, unit, c));
        *end_of_band -= 1;
    }
    Some(())
}

#[inline]
fn refine(bits: &mut Bits<'_>, unit: i16, coefficient: &mut i16) {
    bits.refill();
    if one(bits) && *coefficient & unit == 0 {
        let step = if *coefficient > 0 { unit } else { -unit };
        *coefficient = coefficient.wrapping_add(step);
    }
}
