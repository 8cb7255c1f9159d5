//! The work on one band: transform of the source, products with transformed filters, transform of
//! the sums.

use super::{
    bands::{Band, BlockRows, Segment},
    source::{Source, matrix_stride},
};
use crate::{
    correlation::Correlation,
    kernels::{POINTS, Product, RowAddend, SIDE, TileRow, tiles},
    problem::{Addend, Problem},
    workspace::with_buffer,
};

/// What all bands share.
pub(super) struct Layer<'a> {
    pub(super) correlation: &'a Correlation,
    pub(super) problem: &'a Problem<'a>,
    pub(super) packed: &'a [f32],
}

impl Layer<'_> {
    pub(super) fn run(&self, band: Band<'_>) {
        let sources = POINTS * matrix_stride(self.correlation.channels * band.tiles);
        with_buffer(sources, |sources| {
            let Problem { source, isa, .. } = *self.problem;
            let source = Source { correlation: self.correlation, values: source, isa };
            let channels = 0..self.correlation.channels;
            source.transform(&band.segments, band.tiles, channels, sources);
            for mut out in band.out {
                self.block(&band.segments, band.tiles, sources, &mut out);
            }
        });
    }

    /// All of the band's pixels of one block of outputs.
    fn block(
        &self,
        segments: &[Segment],
        n_tiles: usize,
        sources: &[f32],
        out: &mut BlockRows<'_>,
    ) {
        let width = out.block.width;
        let sums = matrix_stride(n_tiles * width);
        let filters = matrix_stride(self.correlation.channels * width);
        let weights = out.block.weights(self.correlation, self.packed);
        with_buffer(POINTS * sums, |totals| {
            with_buffer(SIDE * filters, |transformed| {
                for row in 0..SIDE {
                    self.problem.isa.winograd_filter(row, weights, width, transformed, filters);
                    let totals = &mut totals[row * SIDE * sums..];
                    self.products(row, sources, transformed, [n_tiles, width], totals);
                }
            });
            self.transform_sums(segments, totals, sums, out);
        });
    }

    /// The sums `[column of points, tile, output]` of one row of points.
    fn products(
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
