//! The products at the 36 points in bytes. Every tile has a scale at each point, found when it is
//! transformed, and so has every output: no range is learnt beforehand, and a tile does not depend
//! on what it is computed with.

use super::{
    filters::{Block, blocks, pack, packed_len},
    source::matrix_stride,
};
use crate::{
    correlation::Correlation,
    kernels::{Int8Product, Isa, Lines, POINTS, SIDE, TAPS, TERMS, signed, start},
    workspace::{with_buffer, with_words},
};

/// Transformed filters in bytes, `[block, point]` and then, for that block,
/// - words: `[group of four channels, output]`
/// - starts and scales: `[output]`
///
/// Transformed they are as large as the weights in floats: 36 bytes for nine floats.
#[derive(Debug, Clone)]
pub(crate) struct Int8Filters {
    words: Vec<u32>,
    starts: Vec<u32>,
    scales: Vec<f32>,
    groups: usize,
}

impl Int8Filters {
    /// Transforms the weight of a layer that these transforms are for.
    pub(crate) fn new(correlation: &Correlation, weight: &[f32], isa: Isa) -> Self {
        let mut packed = vec![0.0; packed_len(correlation, isa)];
        pack(correlation, weight, isa, &mut packed);
        let groups = correlation.channels.div_ceil(TERMS);
        let values = POINTS * packed.len() / (correlation.channels * TAPS);
        let mut filters = Self {
            words: vec![0; values * groups],
            starts: vec![0; values],
            scales: vec![0.0; values],
            groups,
        };
        for block in blocks(correlation.outputs, isa) {
            filters.fill(&block, block.weights(correlation, &packed), isa);
        }
        filters
    }

    fn fill(&mut self, block: &Block, weights: &[f32], isa: Isa) {
        let (width, terms) = (block.width, weights.len() / (block.width * TAPS));
        let matrix = matrix_stride(terms * width);
        with_buffer(SIDE * matrix, |transformed| {
            for row in 0..SIDE {
                isa.winograd_filter(row, weights, width, transformed, matrix);
                for (column, values) in transformed.chunks_exact(matrix).enumerate() {
                    let at = self.at(block, SIDE * row + column);
                    let words = &mut self.words[at * self.groups..][..width * self.groups];
                    let scales = &mut self.scales[at..][..width];
                    let lines = Lines { values, terms, stride: width, lanes: width, largest: None };
                    isa.quantize(&lines, width, words, scales);
                    words.iter_mut().for_each(|word| *word = signed(*word));
                    for (o, to) in self.starts[at..][..width].iter_mut().enumerate() {
                        *to = start(words.iter().skip(o).step_by(width).copied()) as u32;
                    }
                }
            }
        });
    }

    /// Where the outputs of a point begin among all starts and scales.
    fn at(&self, block: &Block, point: usize) -> usize {
        POINTS * block.first + point * block.width
    }
}

/// A band's tiles in bytes.
pub(super) struct Int8Sources<'a> {
    /// By point, [`matrix_stride`] apart: `[group of four channels, tile]`, whole vectors of tiles.
    words: &'a mut [u32],
    /// `[point, tile]`, whole vectors of tiles.
    scales: &'a mut [f32],
    channels: usize,
    tiles: usize,
    /// Tiles that fill vectors.
    pitch: usize,
    isa: Isa,
}

impl Int8Sources<'_> {
    /// Runs `work` on room for this many tiles.
    pub(super) fn with<R>(
        [channels, tiles]: [usize; 2],
        isa: Isa,
        work: impl FnOnce(Int8Sources<'_>) -> R,
    ) -> R {
        let pitch = tiles.next_multiple_of(isa.lanes());
        let words = POINTS * matrix_stride(channels.div_ceil(TERMS) * pitch);
        with_words(words, |words| {
            with_buffer(POINTS * pitch, |scales| {
                work(Int8Sources { words, scales, channels, tiles, pitch, isa })
            })
        })
    }

    /// From `[point, channel, tile]`, the matrices [`matrix_stride`] apart.
    pub(super) fn fill(&mut self, sources: &[f32]) {
        let (terms, tiles) = (self.channels, self.tiles);
        let to = self.words.chunks_exact_mut(matrix_stride(terms.div_ceil(TERMS) * self.pitch));
        let points = sources.chunks_exact(matrix_stride(terms * tiles));
        for ((values, to), scales) in points.zip(to).zip(self.scales.chunks_exact_mut(self.pitch)) {
            let lines = Lines { values, terms, stride: tiles, lanes: tiles, largest: None };
            self.isa.quantize(&lines, self.pitch, to, scales);
        }
    }

    /// The sums `[point, tile, output]` of one block of outputs.
    pub(super) fn products(&self, filters: &Int8Filters, block: &Block, totals: &mut [f32]) {
        let (width, groups) = (block.width, self.channels.div_ceil(TERMS));
        let sources = self.words.chunks_exact(matrix_stride(groups * self.pitch));
        let sources = sources.zip(self.scales.chunks_exact(self.pitch));
        let totals = totals.chunks_exact_mut(matrix_stride(self.tiles * width));
        for (point, ((factors, row_scales), totals)) in sources.zip(totals).enumerate() {
            let at = filters.at(block, point);
            let product = Int8Product {
                groups,
                factors,
                factor_stride: self.pitch,
                row_scales,
                columns: &filters.words[at * groups..],
                column_stride: width,
                starts: &filters.starts[at..],
                column_scales: &filters.scales[at..],
                rows: self.tiles,
                vectors: width / self.isa.lanes(),
            };
            self.isa.int8_product(&product, totals, width);
        }
    }
}
