//! The work on one band: transform of the source, products with transformed filters, transform of
//! the sums.

use super::{
    bands::{Band, BlockRows, Segment},
    filters::corner,
};
use crate::{
    correlation::Correlation,
    kernels::{Lanes, POINTS, PlaneCopy, Product, RowAddend, SIDE, SourceRows, TileRow, tiles},
    problem::{Addend, Problem},
    workspace::with_buffer,
};

/// What all bands share.
pub(super) struct Layer<'a> {
    pub(super) correlation: &'a Correlation,
    pub(super) problem: &'a Problem<'a>,
    pub(super) packed: &'a [f32],
}

/// Values from one of some matrices of `len` values to the next: an odd number of cache lines, so
/// that the same place of all of them does not fall into a few sets of the cache.
fn matrix_stride(len: usize) -> usize {
    (len.div_ceil(16) | 1) * 16
}

impl Layer<'_> {
    pub(super) fn run(&self, band: Band<'_>) {
        let sources = POINTS * matrix_stride(self.correlation.channels * band.tiles);
        with_buffer(sources, |sources| {
            self.transform_source(&band, sources);
            for mut out in band.out {
                self.block(&band.segments, band.tiles, sources, &mut out);
            }
        });
    }

    /// Writes `[point, channel, tile]`.
    fn transform_source(&self, band: &Band<'_>, to: &mut [f32]) {
        let matrix = matrix_stride(self.correlation.channels * band.tiles);
        let mut tile = 0;
        for segment in &band.segments {
            let strip = Strip::new(self, segment);
            with_buffer(strip.len, |pixels| {
                pixels.fill(0.0);
                for channel in 0..self.correlation.channels {
                    strip.read(self, segment, channel, pixels);
                    let to = &mut to[channel * band.tiles + tile..];
                    self.problem.isa.winograd_input(&strip.rows(pixels), to, matrix);
                }
            });
            tile += segment.rows * strip.width;
        }
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
                factor_stride: n_tiles,
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

/// Layout of the pixels of one channel of a segment, as [`SourceRows`] says.
struct Strip {
    /// Tiles of a row.
    width: usize,
    rows: usize,
    pitch: usize,
    phase: usize,
    len: usize,
    lanes: Vec<Lanes>,
}

impl Strip {
    fn new(layer: &Layer<'_>, segment: &Segment) -> Self {
        let (width, rows) = (tiles(layer.correlation.domain[1]), segment.rows);
        let pitch = 4 * (width + 1);
        let phase = (rows + 1) * pitch;
        let lanes = lanes(width, rows, layer.problem.isa.lanes());
        let read = 4 * lanes.len() * layer.problem.isa.lanes() + 4;
        Self { width, rows, pitch, phase, len: 3 * phase + pitch + read, lanes }
    }

    /// Copies one channel's pixels; those outside the plane stay as they are.
    fn read(&self, layer: &Layer<'_>, segment: &Segment, channel: usize, to: &mut [f32]) {
        let correlation = layer.correlation;
        let [height, width] = correlation.source;
        let shift = corner(correlation);
        let plane = (segment.image * correlation.channels + channel) * height * width;
        let source = &layer.problem.source[plane..plane + height * width];
        for (phase, to) in to.chunks_mut(self.phase).take(4).enumerate() {
            let copy = PlaneCopy {
                planes: 1,
                source: correlation.source,
                source_stride: height * width,
                start: [(4 * segment.first + phase) as isize + shift[0], shift[1]],
                step: [4, 1],
                result: [self.rows + usize::from(phase < 2), 4 * self.width + 2],
                pitch: self.pitch,
                result_stride: to.len(),
            };
            layer.problem.isa.copy_planes(&copy, source, to);
        }
    }

    fn rows<'a>(&'a self, pixels: &'a [f32]) -> SourceRows<'a> {
        SourceRows { pixels, phase: self.phase, pitch: self.pitch, lanes: &self.lanes }
    }
}

/// Vectors over `rows` rows of `width` tiles with an unused place between them.
fn lanes(width: usize, rows: usize, lanes: usize) -> Vec<Lanes> {
    let places = rows * (width + 1) - 1;
    let mut dense = 0;
    (0..places)
        .step_by(lanes)
        .map(|first| {
            let is_tile =
                |lane: &usize| first + lane < places && (first + lane) % (width + 1) != width;
            let mask = (0..lanes).filter(is_tile).fold(0, |mask, lane| mask | 1 << lane);
            let vector = Lanes { mask, dense };
            dense += mask.count_ones() as usize;
            vector
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_follow_each_other_without_the_places_between_rows() {
        let vectors = lanes(3, 3, 8);
        let shown: Vec<_> = vectors.iter().map(|l| (l.mask, l.dense)).collect();
        assert_eq!(shown, [(0b0111_0111, 0), (0b0000_0111, 6)]);
    }
}
