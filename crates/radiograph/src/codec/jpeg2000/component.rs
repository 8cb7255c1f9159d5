//! From the coded blocks of a component to its last wavelet level.

use super::super::htj2k;
use super::band::{Band, SIGN, Strip};
use super::packet::Corners;
use super::stream::{Coder, Coding};
use super::tile::Resolution;
use super::wavelet::{Level, Slab, Wavelet};
use super::{Stop, Stream, ebcot, packet, workers};
use crate::deadline::Deadline;
use std::ops::Range;

/// What the blocks of a component share.
pub(super) struct Component<'s, 'a> {
    pub(super) stream: &'s Stream<'a>,
    pub(super) coding: &'s Coding,
    pub(super) resolutions: &'s [Resolution],
    pub(super) index: usize,
    pub(super) deadline: Deadline,
    pub(super) threads: usize,
}

/// Blocks of a component with their resolution and band.
pub(super) type Blocks<'a> = Vec<([usize; 3], packet::Block<'a>)>;

/// A component's samples, or the last step to them.
pub(super) enum Top<T> {
    Level(Box<Level<T>>),
    Band(Band<T>),
}

impl<T: Wavelet> Top<T> {
    /// Shows rows `first` to `last`, one after the other.
    pub(super) fn rows(
        &self,
        first: usize,
        last: usize,
        slab: &mut Slab<T>,
        mut each: impl FnMut(&[T]),
    ) {
        match self {
            Self::Level(level) => level.rows(first, last, slab, each),
            Self::Band(band) => {
                let mut line = vec![T::default(); band.width];
                for y in first..last {
                    band.row(y).write(&mut line, |v| v);
                    each(&line);
                }
            }
        }
    }
}

impl Component<'_, '_> {
    /// Decodes the blocks and puts all resolutions but the last together.
    pub(super) fn top<T: Wavelet>(&self, blocks: Blocks<'_>) -> Result<Top<T>, Stop> {
        let corners = self.resolutions.iter().flat_map(|r| r.bands.iter().map(|band| band.1));
        let bands: Vec<Band<T>> = self.blocks(blocks, &corners.collect::<Vec<_>>())?;
        let mut bands = bands.into_iter();
        let mut low = bands.next().ok_or("no band")?;
        let last = self.resolutions.len() - 1;
        for (number, resolution) in self.resolutions.iter().enumerate().skip(1) {
            let (Some(hl), Some(lh), Some(hh)) = (bands.next(), bands.next(), bands.next()) else {
                return Err("a resolution without bands".into());
            };
            let level = Level { bands: [low, hl, lh, hh], corner: resolution.corners[0] };
            if number == last {
                return Ok(Top::Level(Box::new(level)));
            }
            low = self.samples(&level)?;
        }
        Ok(Top::Band(low))
    }

    /// The samples of a level.
    fn samples<T: Wavelet>(&self, level: &Level<T>) -> Result<Band<T>, Stop> {
        let (width, height) = (level.width(), level.height());
        let first = (0..height).step_by(ROWS);
        let ranges = first.map(|first| first..(first + ROWS).min(height));
        let mut samples = Band::new([[0; 2], [width, height]], ranges.clone());
        let tasks = samples.strips().zip(ranges).collect();
        let threads = if width * height < 1 << 16 { 1 } else { self.threads };
        workers::for_each(threads, tasks, Slab::default, |slab, (strip, rows)| {
            *strip = Strip::with_capacity(width, rows.len());
            level.rows(rows.start, rows.end, slab, |row| strip.push(row));
            Ok(())
        })?;
        Ok(samples)
    }

    /// Decodes all blocks into the bands between these corners.
    fn blocks<T: Wavelet>(
        &self,
        blocks: Blocks<'_>,
        corners: &[Corners],
    ) -> Result<Vec<Band<T>>, Stop> {
        let mut by_band: Vec<(usize, Row<'_>)> = vec![Default::default(); corners.len()];
        for ([_, resolution, band], block) in blocks {
            by_band[band].0 = resolution;
            by_band[band].1.push(block);
        }
        let by_band = by_band.into_iter().map(|(resolution, blocks)| (resolution, rows(blocks)));
        let by_band: Vec<(usize, Vec<Row<'_>>)> = by_band.collect();
        let mut bands = Vec::new();
        for (corners, (_, rows)) in corners.iter().zip(&by_band) {
            let coded: Vec<Range<usize>> = rows.iter().map(|row| extent(&row[0])).collect();
            if coded.windows(2).any(|two| two[0].end > two[1].start) {
                return Err("code blocks that overlap".into());
            }
            bands.push(Band::new(*corners, coded.into_iter()));
        }
        let mut tasks = Vec::new();
        // The last band is the largest: it comes first.
        for (number, (band, (resolution, rows))) in bands.iter_mut().zip(by_band).enumerate().rev()
        {
            if !rows.is_empty() {
                let (quantized, width) = (self.quantized(number, resolution)?, band.width);
                let strips = band.strips().zip(rows);
                tasks.extend(strips.map(|(strip, blocks)| Coded {
                    quantized,
                    blocks,
                    width,
                    strip,
                }));
            }
        }
        let decode = |decoders: &mut Decoders, coded| self.strip(coded, decoders);
        workers::for_each(self.threads, tasks, Decoders::default, decode)?;
        Ok(bands)
    }

    /// Whether all coefficients, and what lifting makes of them, have room in 16 bits: samples of up
    /// to 12 bits have coefficients of up to 14 with their sign, and two of them are added.
    pub(super) fn is_small(&self) -> bool {
        let fits = |band, resolution| self.quantized(band, resolution).is_ok_and(|q| q.bits <= 15);
        let mut resolutions = self.resolutions.iter().enumerate();
        self.stream.size.components[self.index].precision <= 12
            && resolutions.all(|(number, r)| r.bands.iter().all(|band| fits(band.0, number)))
    }

    fn quantized(&self, number: usize, resolution: usize) -> Result<Quantized, Stop> {
        let style = &self.coding.styles[self.index];
        let steps = self.coding.steps[self.index].as_ref().ok_or("no quantization (QCD)")?;
        let level = if resolution == 0 { style.levels } else { style.levels + 1 - resolution };
        let band = steps.of(number, style.levels, level)?;
        // HL and LH gain one bit, HH two (T.800 table E.1).
        let gain = if number == 0 { 0 } else { [1, 1, 2][(number - 1) % 3] };
        let range = self.stream.size.components[self.index].precision as i32 + gain;
        let step = 2_f32.powi(range - band.exponent as i32) * (1.0 + band.mantissa as f32 / 2048.0);
        Ok(Quantized { number, bits: band.bits, step })
    }

    /// Decodes the blocks of a strip.
    fn strip<T: Wavelet>(
        &self,
        coded: Coded<'_, '_, T>,
        decoders: &mut Decoders,
    ) -> Result<(), Stop> {
        let Coded { quantized, blocks, width, strip } = coded;
        let rows = extent(&blocks[0]);
        *strip = Strip::zeros(width, rows.len(), quantized.step);
        for block in &blocks {
            if self.deadline.is_over() {
                return Err("not done within the time allowed by the read options".into());
            }
            self.block(quantized, block, decoders)?;
            let place = [block.at[0], block.at[1] - rows.start];
            strip.place(place, &decoders.samples, block.size[0]);
        }
        Ok(())
    }

    /// Decodes a block into the decoders' samples.
    fn block(
        &self,
        quantized: Quantized,
        block: &packet::Block<'_>,
        decoders: &mut Decoders,
    ) -> Result<(), Stop> {
        let joined: Vec<u8>;
        let bytes = match block.bytes[..] {
            [one] => one,
            _ => {
                joined = block.bytes.concat();
                &joined
            }
        };
        let shift = self.coding.region_shifts[self.index];
        let planes = bit_planes(quantized, block, shift)?;
        let ([width, height], samples) = (block.size, &mut decoders.samples);
        match self.coding.styles[self.index].coder {
            Coder::HighThroughput { causal } if block.segments[0].1 > 0 => {
                // Every sample is written.
                samples.resize(width * height, 0);
                let (cleanup, refinement) = bytes
                    .split_at_checked(block.segments[0].1)
                    .ok_or("a cleanup pass cut short")?;
                let (passes, missing, plane) = (block.passes, block.missing, planes - 1);
                let block = htj2k::Block {
                    width,
                    height,
                    cleanup,
                    refinement,
                    passes,
                    missing,
                    plane,
                    causal,
                };
                decoders.high_throughput.decode(&block, samples)?;
            }
            coder => {
                samples.clear();
                samples.resize(width * height, 0);
                if let Coder::Ebcot(style) = coder {
                    let (segments, band) = (&block.segments[..], quantized.number);
                    let block =
                        ebcot::Block { width, height, band, planes, style, bytes, segments };
                    decoders.ebcot.decode(&block, samples)?;
                }
            }
        }
        if shift > 0 {
            decoders.samples.iter_mut().for_each(|sample| shift_down(sample, shift));
        }
        Ok(())
    }
}

/// Bit-planes of a block that are coded.
fn bit_planes(quantized: Quantized, block: &packet::Block<'_>, shift: u32) -> Result<u32, Stop> {
    let planes = (quantized.bits + shift).checked_sub(block.missing).filter(|planes| *planes > 0);
    let planes = planes.ok_or("more missing bit-planes than there are")?;
    if planes > MOST_PLANES {
        return Err(Stop::Fault(format!(
            "{planes} bit-planes of a block: more than {MOST_PLANES} are not supported"
        )));
    }
    Ok(planes)
}

/// A region of interest stands above all bit-planes of the rest (T.800 H.1).
fn shift_down(sample: &mut u32, shift: u32) {
    let magnitude = *sample & !SIGN;
    if magnitude.checked_shr(shift + 1).unwrap_or(0) > 0 {
        *sample = *sample & SIGN | magnitude >> shift;
    }
}

/// Rows of a slab.
pub(super) const ROWS: usize = 128;

/// The most bit-planes of a block.
const MOST_PLANES: u32 = 30;

/// How a band is coded.
#[derive(Debug, Clone, Copy)]
struct Quantized {
    number: usize,
    /// Magnitude bit-planes.
    bits: u32,
    step: f32,
}

/// The decoders of a thread.
#[derive(Default)]
struct Decoders {
    ebcot: Box<ebcot::Decoder>,
    high_throughput: htj2k::Decoder,
    samples: Vec<u32>,
}

/// Blocks that stand side by side in a band, and the strip of rows that they cover.
struct Coded<'p, 'a, T> {
    quantized: Quantized,
    blocks: Row<'a>,
    /// Of the band.
    width: usize,
    strip: &'p mut Strip<T>,
}

/// Blocks that stand side by side.
type Row<'a> = Vec<packet::Block<'a>>;

/// The rows of a band that a block covers.
fn extent(block: &packet::Block<'_>) -> Range<usize> {
    block.at[1]..block.at[1] + block.size[1]
}

/// The blocks of a band by the row that they begin at.
fn rows(mut blocks: Row<'_>) -> Vec<Row<'_>> {
    blocks.sort_by_key(|block| block.at[1]);
    let mut rows: Vec<Row<'_>> = Vec::new();
    for block in blocks {
        match rows.last_mut() {
            Some(row) if row[0].at[1] == block.at[1] => row.push(block),
            _ => rows.push(vec![block]),
        }
    }
    rows
}
