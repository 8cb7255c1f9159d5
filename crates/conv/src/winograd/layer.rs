//! The work on one band: transform of the source, products with transformed filters, transform of
//! the sums.

use super::{
    bands::{Band, BlockRows, Segment},
    filters::Block,
    int8::{Int8Filters, Int8Sources},
    source::{Source, matrix_stride},
};
use crate::{
    correlation::Correlation,
    kernels::{POINTS, Product, RowAddend, SIDE, TileRow, tiles},
    problem::{Addend, Problem},
    workspace::with_buffer,
};

/// The weight in the order of its numbers.
#[derive(Clone, Copy)]
pub(crate) enum Filters<'a> {
    /// What [`pack`](super::pack) made: transformed as they are used.
    Floats(&'a [f32]),
    Int8(&'a Int8Filters),
}

impl Filters<'_> {
    /// Values of a band's transformed tiles. In floats they should stay in the second cache. Bytes
    /// are made of them a matrix at a time, and are few: larger bands have fewer ends.
    pub(super) fn band_values(self) -> usize {
        match self {
            Self::Floats(_) => 160 * 1024,
            Self::Int8(_) => 320 * 1024,
        }
    }
}

/// What all bands share.
pub(super) struct Layer<'a> {
    pub(super) correlation: &'a Correlation,
    pub(super) problem: &'a Problem<'a>,
    pub(super) filters: Filters<'a>,
}

impl Layer<'_> {
    pub(super) fn run(&self, band: Band<'_>) {
        let Band { segments, tiles, out } = band;
        let size = [self.correlation.channels, tiles];
        match self.filters {
            Filters::Floats(packed) => self.transform_source(&segments, tiles, |sources| {
                self.blocks(&segments, tiles, out, |block, totals| {
                    self.products(
                        block.weights(self.correlation, packed),
                        block,
                        size,
                        sources,
                        totals,
                    );
                });
            }),
            Filters::Int8(filters) => {
                let isa = self.problem.isa;
                Int8Sources::with(size, isa, |mut to| {
                    self.transform_source(&segments, tiles, |sources| to.fill(sources));
                    self.blocks(&segments, tiles, out, |block, totals| {
                        to.products(filters, block, totals);
                    });
                });
            }
        }
    }

    /// Runs `work` on the band's tiles, `[point, channel, tile]`, the matrices [`matrix_stride`]
    /// apart.
    fn transform_source(&self, segments: &[Segment], tiles: usize, work: impl FnOnce(&[f32])) {
        let sources = POINTS * matrix_stride(self.correlation.channels * tiles);
        with_buffer(sources, |sources| {
            let Problem { source, isa, .. } = *self.problem;
            let source = Source { correlation: self.correlation, values: source, isa };
            source.transform(segments, tiles, 0..self.correlation.channels, sources);
            work(sources);
        });
    }

    /// All of the band's pixels of every block of outputs, from the sums `[point, tile, output]`
    /// that `products` writes, the matrices [`matrix_stride`] apart.
    fn blocks(
        &self,
        segments: &[Segment],
        tiles: usize,
        out: Vec<BlockRows<'_>>,
        products: impl Fn(&Block, &mut [f32]),
    ) {
        for mut out in out {
            let sums = matrix_stride(tiles * out.block.width);
            with_buffer(POINTS * sums, |totals| {
                products(&out.block, totals);
                self.transform_sums(segments, totals, sums, &mut out);
            });
        }
    }

    /// The sums of one block of outputs, whose filters are transformed row by row of the points.
    fn products(
        &self,
        weights: &[f32],
        block: &Block,
        [channels, tiles]: [usize; 2],
        sources: &[f32],
        totals: &mut [f32],
    ) {
        let width = block.width;
        let filters = matrix_stride(channels * width);
        let sums = matrix_stride(tiles * width);
        with_buffer(SIDE * filters, |transformed| {
            for row in 0..SIDE {
                self.problem.isa.winograd_filter(row, weights, width, transformed, filters);
                let totals = &mut totals[row * SIDE * sums..];
                self.products_of_row(row, sources, transformed, [tiles, width], totals);
            }
        });
    }

    /// The sums `[column of points, tile, output]` of one row of points.
    fn products_of_row(
        &self,
        row: usize,
        sources: &[f32],
        filters: &[f32],
        [n_tiles, width]: [usize; 2],
        totals: &mut [f32],
    ) {
        let (isa, terms) = (self.problem.isa, self.correlation.channels);
        let sources = sources.chunks_exact(matrix_stride(terms * n_tiles)).skip(row * SIDE);
        let filters = filters.chunks_exact(matrix_stride(terms * width));
        let totals = totals.chunks_exact_mut(matrix_stride(n_tiles * width));
        for ((factors, columns), totals) in sources.zip(filters).zip(totals) {
            let product = Product {
                terms,
                factors,
                factor_strides: [1, n_tiles],
                columns,
                column_stride: width,
                rows: n_tiles,
                vectors: width / isa.lanes(),
            };
            isa.product(&product, totals, width);
        }
    }

    fn transform_sums(
        &self,
        segments: &[Segment],
        totals: &[f32],
        sums: usize,
        out: &mut BlockRows<'_>,
    ) {
        let (isa, block) = (self.problem.isa, out.block);
        let columns = self.correlation.domain[1];
        let mut bias = vec![0.0; block.width];
        if let Some(given) = self.problem.bias {
            bias[..block.outputs].copy_from_slice(&given[block.first..][..block.outputs]);
        }
        let mut tile = 0;
        let mut pixels = out.pixels.chunks_mut(block.outputs);
        for segment in segments {
            for (row, pixels) in pixels.by_ref().take(segment.rows).enumerate() {
                for (v, pixels) in pixels.chunks_mut(isa.lanes()).enumerate() {
                    let first = v * isa.lanes();
                    let len = pixels[0].len();
                    let given = self.addend(segment, row, block.first + first, pixels.len(), len);
                    let job = TileRow {
                        sums: &totals[tile * block.width + first..],
                        matrix: sums,
                        stride: block.width,
                        columns,
                        bias: &bias[first..],
                        addend: match self.problem.addend {
                            Addend::Nothing => RowAddend::Nothing,
                            Addend::Output => RowAddend::Output,
                            Addend::Given(_) => RowAddend::Given(&given),
                        },
                        relu: self.problem.relu,
                    };
                    isa.winograd_output(&job, pixels);
                }
                tile += tiles(columns);
            }
        }
    }

    /// The given addend's pixels of one row of tiles, for `count` outputs from `first` on.
    fn addend(
        &self,
        segment: &Segment,
        row: usize,
        first: usize,
        count: usize,
        len: usize,
    ) -> Vec<&[f32]> {
        let Addend::Given(values) = self.problem.addend else { return Vec::new() };
        let plane = segment.image * self.correlation.outputs + first;
        let start = 4 * (segment.first + row) * self.correlation.domain[1];
        let pixels = self.correlation.pixels();
        (plane..plane + count).map(|plane| &values[plane * pixels + start..][..len]).collect()
    }
}
