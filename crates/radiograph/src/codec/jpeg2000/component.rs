//! From the coded blocks of a component to its last wavelet level.

use super::super::htj2k;
use super::packet::Corners;
use super::stream::{Coder, Coding};
use super::tile::Resolution;
use super::wavelet::{Level, Plane, Slab, Wavelet};
use super::{Stop, Stream, ebcot, packet, workers};
use crate::deadline::Deadline;
use std::ops::Range;
use vertebra_wide::{Loops, widest};

/// What the blocks of a component share.
pub(super) struct Component<'s, 'a> {
    pub(super) stream: &'s Stream<'a>,
    pub(super) coding: &'s Coding,
    pub(super) resolutions: &'s [Resolution],
    pub(super) index: usize,
    pub(super) deadline: Deadline,
    pub(super) threads: usize,
}

/// A coefficient from the band's step and the sample of a block: twice the magnitude with the
/// middle of what is open, and the sign in the highest bit.
pub(super) trait Coefficient: Wavelet {
    fn dequantize(sample: u32, step: f32) -> Self;
    /// A sample as a whole number, rounded to even where it is in the middle.
    fn whole(self) -> i32;
}

const SIGN: u32 = 1 << 31;

impl Coefficient for i32 {
    #[inline(always)]
    fn dequantize(sample: u32, _: f32) -> Self {
        let (magnitude, sign) = ((sample & !SIGN) as i32 >> 1, sample as i32 >> 31);
        (magnitude ^ sign) - sign
    }

    #[inline(always)]
    fn whole(self) -> i32 {
        self
    }
}

/// Of [few bits](Component::is_small): half the memory, and twice as many in a vector.
impl Coefficient for i16 {
    #[inline(always)]
    fn dequantize(sample: u32, step: f32) -> Self {
        i32::dequantize(sample, step) as i16
    }

    #[inline(always)]
    fn whole(self) -> i32 {
        self.into()
    }
}

impl Coefficient for f32 {
    #[inline(always)]
    fn dequantize(sample: u32, step: f32) -> Self {
        let magnitude = (sample & !SIGN) as i32 as f32 * (step / 2.0);
        f32::from_bits(magnitude.to_bits() | sample & SIGN)
    }

    #[inline(always)]
    fn whole(self) -> i32 {
        // The last bit of numbers of this size is worth 1. Without a named target processor
        // `f32::round` is a call for every sample.
        const LARGE: f32 = 12_582_912.0;
        const MOST: f32 = 4_000_000.0;
        (self.clamp(-MOST, MOST) + LARGE).to_bits() as i32 - LARGE.to_bits() as i32
    }
}

/// Blocks of a component with their resolution and band.
pub(super) type Blocks<'a> = Vec<([usize; 3], packet::Block<'a>)>;

/// A component's samples, or the last step to them.
pub(super) enum Top<T> {
    Level(Box<Level<T>>),
    Plane(Plane<T>),
}

impl<T: Coefficient> Top<T> {
    /// Shows rows `first` to `last`, one after the other.
    pub(super) fn rows(
        &self,
        first: usize,
        last: usize,
        slab: &mut Slab<T>,
        each: impl FnMut(&[T]),
    ) {
        match self {
            Self::Level(level) => level.rows(first, last, slab, each),
            Self::Plane(plane) => (first..last).map(|y| plane.row(y)).for_each(each),
        }
    }
}

impl Component<'_, '_> {
    /// Decodes the blocks and puts all resolutions but the last together.
    pub(super) fn top<T: Coefficient>(&self, blocks: Blocks<'_>) -> Result<Top<T>, Stop> {
        let corners = self.resolutions.iter().flat_map(|r| r.bands.iter().map(|band| band.1));
        let bands: Vec<Plane<T>> = self.blocks(blocks, &corners.collect::<Vec<_>>())?;
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
            low = self.plane(&level)?;
        }
        Ok(Top::Plane(low))
    }

    /// The samples of a level.
    fn plane<T: Coefficient>(&self, level: &Level<T>) -> Result<Plane<T>, Stop> {
        let (width, height) = (level.width(), level.height());
        let mut plane = Plane::full(width, height);
        let tasks = plane.coded().chunks_mut((ROWS * width).max(1)).enumerate().collect();
        let threads = if width * height < 1 << 16 { 1 } else { self.threads };
        workers::for_each(threads, tasks, Slab::default, |slab, (number, rows)| {
            let first = number * ROWS;
            let last = first + rows.len() / width;
            let mut rows = rows.chunks_exact_mut(width);
            level.rows(first, last, slab, |row| {
                if let Some(to) = rows.next() {
                    to.copy_from_slice(row);
                }
            });
            Ok(())
        })?;
        Ok(plane)
    }

    /// Decodes all blocks into the bands between these corners.
    fn blocks<T: Coefficient>(
        &self,
        blocks: Blocks<'_>,
        corners: &[Corners],
    ) -> Result<Vec<Plane<T>>, Stop> {
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
            bands.push(Plane::new(*corners, coded.into_iter()));
        }
        let mut strips = Vec::new();
        // The last band is the largest: it comes first.
        for (number, (plane, (resolution, rows))) in bands.iter_mut().zip(by_band).enumerate().rev()
        {
            if !rows.is_empty() {
                split(plane, rows, self.quantized(number, resolution)?, &mut strips);
            }
        }
        let decode = |decoders: &mut Decoders, strip| self.strip(strip, decoders);
        workers::for_each(self.threads, strips, Decoders::default, decode)?;
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

    /// Decodes the blocks of a strip into its rows.
    fn strip<T: Coefficient>(
        &self,
        strip: Strip<'_, '_, T>,
        decoders: &mut Decoders,
    ) -> Result<(), Stop> {
        let Strip { quantized, blocks, top, rows, width } = strip;
        for block in &blocks {
            if self.deadline.is_over() {
                return Err("not done within the time allowed by the read options".into());
            }
            self.block(quantized, block, decoders)?;
            let start = (block.at[1] - top) * width + block.at[0];
            let lines = rows[start..].chunks_mut(width);
            let samples = decoders.samples.chunks_exact(block.size[0]);
            widest(Dequantized { lines: lines.zip(samples), step: quantized.step });
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

/// Samples of blocks that become coefficients.
struct Dequantized<L> {
    lines: L,
    step: f32,
}

impl<'t, 's, T: Coefficient + 't, L: Iterator<Item = (&'t mut [T], &'s [u32])>> Loops
    for Dequantized<L>
{
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (line, samples) in self.lines {
            let line = line.iter_mut().zip(samples);
            line.for_each(|(to, sample)| *to = T::dequantize(*sample, self.step));
        }
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

/// Blocks that stand side by side in a band, and the band's rows that they cover.
struct Strip<'p, 'a, T> {
    quantized: Quantized,
    blocks: Vec<packet::Block<'a>>,
    top: usize,
    rows: &'p mut [T],
    width: usize,
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

/// Splits what is coded of a band into strips.
fn split<'p, 'a, T: Copy + Default>(
    plane: &'p mut Plane<T>,
    rows: Vec<Row<'a>>,
    quantized: Quantized,
    strips: &mut Vec<Strip<'p, 'a, T>>,
) {
    let width = plane.width;
    let mut rest = plane.coded();
    for blocks in rows {
        let extent = extent(&blocks[0]);
        let (rows, below) = rest.split_at_mut(extent.len() * width);
        strips.push(Strip { quantized, blocks, top: extent.start, rows, width });
        rest = below;
    }
}
