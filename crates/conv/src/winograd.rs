//! Winograd's F(4 x 4, 3 x 3): 36 products where the definition has 144, for filters of 3 x 3 with
//! stride 1 and channels enough to pay for the transforms.
//!
//! `y = A' [sum over c of (G w[o, c] G') (B' x[c] B)] A` on tiles of 6 x 6 pixels, 4 apart, with
//! products of values at the same place: 36 products of a matrix `[outputs, channels]` by one
//! `[channels, tiles]`. Source: Lavin & Gray, "Fast algorithms for convolutional neural networks",
//! CVPR 2016.

use crate::{
    correlation::{Correlation, Tap},
    kernels::{LastStep, POINTS, PlaneCopy, RowAddend, Tile, TileRow, tiles},
    packing::{Block, balanced},
    parallel::for_each,
    problem::{Addend, Problem},
    workspace::with_buffer,
};

/// `G` of the points 0, ±1, ±2, infinity.
const FILTER: [[f64; 3]; 6] = [
    [0.25, 0.0, 0.0],
    [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
    [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
    [0.0, 0.0, 1.0],
];

/// Values of a band's transformed tiles and sums together: they should stay in the second cache.
const BAND_VALUES: usize = 1 << 18;

/// Tiles of a band at least, so that a product's weights serve a few vectors.
const BAND_TILES: usize = 48;

/// Values of the transformed filter at most: beyond, reading them costs more than the products
/// that are saved (measured with 512 channels on maps of 12 x 12).
const FILTER_VALUES: usize = 1 << 22;

/// Fewest tiles of a map: below, vectors are half empty and threads have nothing to share.
const FEW_TILES: usize = 16;

/// Fewest channels, and outputs, that pay for the transforms.
const FEW: usize = 16;

/// Whether these transforms are quicker than the direct sum.
pub(crate) fn wins(correlation: &Correlation) -> bool {
    correlation.step == [1, 1]
        && is_square(correlation)
        && correlation.channels.min(correlation.outputs) >= FEW
        && POINTS * correlation.channels * correlation.outputs <= FILTER_VALUES
        && correlation.domain.iter().all(|size| *size >= 4)
        && correlation.domain.map(tiles).iter().product::<usize>() >= FEW_TILES
}

/// Whether the taps are those of a 3 x 3 filter, in whatever order.
fn is_square(correlation: &Correlation) -> bool {
    let [y, x] = corner(correlation);
    let square = (0..3).flat_map(|i| (0..3).map(move |j| [y + i, x + j]));
    in_order(correlation).into_iter().map(|tap| tap.shift).eq(square)
}

/// The taps by row, then column.
fn in_order(correlation: &Correlation) -> Vec<Tap> {
    let mut taps = correlation.taps.clone();
    taps.sort_unstable_by_key(|tap| tap.shift);
    taps
}

/// The smallest shift of all taps.
fn corner(correlation: &Correlation) -> [isize; 2] {
    [correlation.shifts(0)[0], correlation.shifts(1)[0]]
}

/// The filter's 36 matrices, each in blocks of at most `most` outputs, the order of the tile kernel.
pub(crate) fn pack(correlation: &Correlation, weight: &[f32], most: usize) -> Vec<f32> {
    let (outputs, channels) = (correlation.outputs, correlation.channels);
    let mut packed = vec![0.0; POINTS * outputs * channels];
    let [output_stride, channel_stride] = correlation.weight_strides;
    let taps = in_order(correlation);
    for c in 0..channels {
        let mut first = 0;
        for size in balanced(outputs, most) {
            for m in 0..size {
                let filter = &weight[(first + m) * output_stride + c * channel_stride..];
                let taken = std::array::from_fn(|t| filter[taps[t].weight]);
                for (k, value) in transformed(taken).into_iter().enumerate() {
                    let block = (k * outputs + first) * channels;
                    packed[block + c * size + m] = value as f32;
                }
            }
            first += size;
        }
    }
    packed
}

/// `G w G'`.
fn transformed(filter: [f32; 9]) -> [f64; POINTS] {
    let half = |i: usize, v: usize| -> f64 {
        (0..3).map(|u| FILTER[i][u] * f64::from(filter[3 * u + v])).sum()
    };
    std::array::from_fn(|k| (0..3).map(|v| half(k / 6, v) * FILTER[k % 6][v]).sum())
}

/// Values from one of the 36 matrices of `rows` rows to the next: an odd number of cache lines, so
/// that the same place of all 36 does not fall into a few sets of the cache.
fn matrix_stride(rows: usize, stride: usize) -> usize {
    ((rows * stride).div_ceil(16) | 1) * 16
}

/// Neighbouring rows of tiles of one image.
#[derive(Debug, Clone, Copy)]
struct Segment {
    image: usize,
    /// Its first row of tiles.
    first: usize,
    rows: usize,
}

/// One unit of parallel work: rows of tiles, perhaps of several images.
struct Band<'a> {
    segments: Vec<Segment>,
    /// By segment, output and row of tiles: the rows of pixels.
    out: Vec<&'a mut [f32]>,
}

/// Writes the output, `[images, outputs, domain]`; `packed` is what [`pack`] gave.
pub(crate) fn correlate(
    correlation: &Correlation,
    problem: &Problem<'_>,
    packed: &[f32],
    output: &mut [f32],
) {
    let [height, width] = correlation.domain.map(tiles);
    let per_tile = POINTS * (correlation.channels + correlation.outputs);
    let wanted = (BAND_VALUES / per_tile).max(BAND_TILES).div_ceil(width);
    let rows = (problem.images * height).div_ceil(2 * rayon::current_num_threads());
    let rows = if rayon::current_num_threads() > 1 { wanted.min(rows.max(1)) } else { wanted };
    let layer = Layer { correlation, problem, packed, width };
    for_each(bands(&layer, rows, output), correlation.products(problem.images), |band| {
        layer.run(band);
    });
}

fn bands<'a>(layer: &Layer<'_>, rows: usize, output: &'a mut [f32]) -> Vec<Band<'a>> {
    let correlation = layer.correlation;
    let height = tiles(correlation.domain[0]);
    let total = layer.problem.images * height;
    let mut bands: Vec<Band<'a>> = (0..total)
        .step_by(rows)
        .map(|begin| Band {
            segments: segments(begin, (begin + rows).min(total), height),
            out: Vec::new(),
        })
        .collect();
    for (plane, values) in output.chunks_mut(correlation.pixels()).enumerate() {
        let image = plane / correlation.outputs;
        for (row, pixels) in values.chunks_mut(4 * correlation.domain[1]).enumerate() {
            bands[(image * height + row) / rows].out.push(pixels);
        }
    }
    bands
}

/// The rows of tiles `begin..end`, counted over all images.
fn segments(begin: usize, end: usize, height: usize) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut at = begin;
    while at < end {
        let (image, first) = (at / height, at % height);
        let rows = (height - first).min(end - at);
        segments.push(Segment { image, first, rows });
        at += rows;
    }
    segments
}

/// What all bands share.
struct Layer<'a> {
    correlation: &'a Correlation,
    problem: &'a Problem<'a>,
    packed: &'a [f32],
    /// Tiles of a row.
    width: usize,
}

impl Layer<'_> {
    fn run(&self, mut band: Band<'_>) {
        let lanes = self.problem.isa.lanes();
        let (channels, outputs) = (self.correlation.channels, self.correlation.outputs);
        let n_tiles = self.width * band.segments.iter().map(|s| s.rows).sum::<usize>();
        let stride = n_tiles.next_multiple_of(lanes);
        // The last row of the last matrix is read a vector beyond its own tiles.
        let [sources, sums] =
            [channels, outputs].map(|rows| POINTS * matrix_stride(rows, stride) + lanes);
        with_buffer(sources, |source| {
            self.transform_source(&band.segments, stride, source);
            with_buffer(sums, |sums| {
                self.multiply(source, stride, sums);
                self.transform_sums(&mut band, stride, sums);
            });
        });
    }

    /// `[point, channel, tile]`.
    fn transform_source(&self, segments: &[Segment], stride: usize, to: &mut [f32]) {
        let (isa, correlation) = (self.problem.isa, self.correlation);
        let [height, width] = correlation.source;
        let reach = isa.strip_reach(self.width);
        let pitch = 4 * self.width + 2;
        let most = segments.iter().map(|s| s.rows).max().unwrap_or(0);
        let shift = corner(correlation);
        // Lanes after the last tile of a channel are computed and dropped, but must not be slow
        // numbers: they are zero.
        let channels = correlation.channels;
        let used = self.width * segments.iter().map(|s| s.rows).sum::<usize>();
        let matrix = matrix_stride(channels, stride);
        for to in to.chunks_exact_mut(matrix) {
            to.chunks_exact_mut(stride).take(channels).for_each(|row| row[used..].fill(0.0));
        }
        with_buffer((4 * most + 2) * pitch + reach, |strip| {
            let mut tile = 0;
            for segment in segments {
                for c in 0..channels {
                    let plane = (segment.image * channels + c) * height * width;
                    let copy = PlaneCopy {
                        planes: 1,
                        source: correlation.source,
                        source_stride: height * width,
                        start: [4 * segment.first as isize + shift[0], shift[1]],
                        step: [1, 1],
                        result: [4 * segment.rows + 2, pitch],
                        pitch,
                        result_stride: strip.len(),
                    };
                    strip.fill(0.0);
                    let source = &self.problem.source[plane..plane + height * width];
                    isa.copy_planes(&copy, source, strip);
                    for row in 0..segment.rows {
                        let to = &mut to[c * stride + tile + row * self.width..];
                        let rows = &strip[4 * row * pitch..];
                        isa.winograd_input(rows, pitch, self.width, to, matrix);
                    }
                }
                tile += segment.rows * self.width;
            }
        });
    }

    /// `sums[point, output, tile]`.
    fn multiply(&self, source: &[f32], stride: usize, sums: &mut [f32]) {
        let isa = self.problem.isa;
        let (channels, outputs) = (self.correlation.channels, self.correlation.outputs);
        let sizes = balanced(outputs, isa.max_outputs());
        let vectors = isa.vectors(sizes.iter().copied().max().unwrap_or(1));
        let bias = vec![0.0; isa.max_outputs()];
        let lanes = crate::gathered::dense_lanes(stride, isa.lanes());
        let matrices = sums.chunks_exact_mut(matrix_stride(outputs, stride));
        let weights = self.packed.chunks_exact(outputs * channels);
        let sources = source.chunks_exact(matrix_stride(channels, stride));
        for ((source, weights), sums) in sources.zip(weights).zip(matrices) {
            let mut rows: Vec<&mut [f32]> = sums.chunks_exact_mut(stride).take(outputs).collect();
            let mut first = 0;
            for &size in &sizes {
                let weights = &weights[first * channels..(first + size) * channels];
                let block = Block { first, outputs: size, weights };
                for (v, lanes) in lanes.chunks(vectors).enumerate() {
                    let job = Tile {
                        source: &source[v * vectors * isa.lanes()..],
                        channels,
                        channel_stride: stride,
                        offsets: &[0],
                        weights: block.weights,
                        bias: &bias[..size],
                        lanes,
                        last: LastStep::default(),
                    };
                    isa.tile(&job, &mut rows[first..first + size]);
                }
                first += size;
            }
        }
    }

    fn transform_sums(&self, band: &mut Band<'_>, stride: usize, sums: &[f32]) {
        let (correlation, outputs) = (self.correlation, self.correlation.outputs);
        let mut tile = 0;
        let mut out = band.out.iter_mut();
        for segment in &band.segments {
            for o in 0..outputs {
                for (row, out) in out.by_ref().take(segment.rows).enumerate() {
                    let job = TileRow {
                        matrix: matrix_stride(outputs, stride),
                        columns: correlation.domain[1],
                        bias: self.problem.bias.map_or(0.0, |bias| bias[o]),
                        addend: self.addend(segment, o, row, out.len()),
                        relu: self.problem.relu,
                    };
                    let from = &sums[o * stride + tile + row * self.width..];
                    self.problem.isa.winograd_output(from, &job, out);
                }
            }
            tile += segment.rows * self.width;
        }
    }

    fn addend(&self, segment: &Segment, o: usize, row: usize, len: usize) -> RowAddend<'_> {
        match self.problem.addend {
            Addend::Nothing => RowAddend::Nothing,
            Addend::Output => RowAddend::Output,
            Addend::Given(values) => {
                let plane = segment.image * self.correlation.outputs + o;
                let first = 4 * (segment.first + row) * self.correlation.domain[1];
                RowAddend::Given(&values[plane * self.correlation.pixels() + first..][..len])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_tiles_are_cut_where_an_image_ends() {
        let cut: Vec<_> = segments(2, 9, 4).iter().map(|s| [s.image, s.first, s.rows]).collect();
        assert_eq!(cut, [[0, 2, 2], [1, 0, 4], [2, 0, 1]]);
    }

    #[test]
    fn the_transform_of_one_filter_is_that_of_the_definition() {
        let mut filter = [0.0; 9];
        filter[4] = 6.0; // the middle: G w G' = 6 times the outer product of G's middle column
        let got = transformed(filter);
        for (k, got) in got.into_iter().enumerate() {
            assert!((got - 6.0 * FILTER[k / 6][1] * FILTER[k % 6][1]).abs() < 1e-15);
        }
    }
}
