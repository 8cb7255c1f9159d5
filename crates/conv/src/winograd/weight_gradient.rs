//! The weight gradient by the same transforms, read backwards.
//!
//! `dw[o, c] = G' [sum over the tiles of (A g[o] A') . (B' x[c] B)] G`, where `x` are the 6 x 6
//! pixels of a tile, `g` the 4 x 4 of the output's gradient (zero outside it) and `.` multiplies
//! values at the same place: at each of 36 points a product of a matrix `[channels, tiles]` by one
//! `[tiles, outputs]`, a quarter of the definition's products. It is the gradient of the forward
//! pass's own formula with respect to `w`; source there.
//!
//! The rows of tiles of all images are split into groups by the problem's size alone, each with a
//! partial gradient `[outputs, channels, 9]`, added in order. Within a group bands of tiles follow
//! each other: a band's source is transformed once, then for a few outputs at a time the gradient,
//! the products, and the last step, which adds to the partial gradient. To add at the 36 points
//! instead, and leave them once, takes sums of all outputs or the source's transform again and
//! again, and is up to twice as slow.

use std::ops::Range;

use super::{
    bands::{Segment, segments},
    filters::{Block, blocks, is_square},
    source::{Source, matrix_stride},
};
use crate::{
    awake::{for_each, is_worth},
    correlation::Correlation,
    kernels::{GradientRow, Isa, POINTS, PointSums, Product, TAPS, tiles},
    packing::balanced,
    weight_gradient::{Job, MAX_GROUPS, PARTIAL_VALUES},
    workspace::with_buffer,
};

/// Values of a band's transformed source and of the gradient of a block of outputs. They are read
/// once for each block, so they may be in a farther cache than those of the forward pass, and each
/// band pays for the last transform.
const BAND_VALUES: usize = 512 * 1024;

/// About as many outputs as a block has.
const BLOCK_OUTPUTS: usize = 32;

/// Fewest tiles of a band and of a group, unless there are no more.
const BAND_TILES: usize = 72;
const GROUP_TILES: usize = 128;

/// Fewest channels, and outputs, that pay for the transforms.
const FEW: usize = 16;

/// Fewest channels of a unit of work: each transforms the gradient for itself.
const PART_CHANNELS: usize = 16;

/// Whether these transforms are quicker than the inner products.
///
/// Work per tile, the fewer of channels and outputs times the pixels of the output that a tile has
/// on average, must pay for its transforms, the more so the narrower the map, of which few tiles
/// fill a vector.
pub(crate) fn wins_weight_gradient(job: &Job<'_>) -> bool {
    let c = job.correlation;
    let few = c.channels.min(c.outputs);
    let narrow = c.domain.into_iter().min().unwrap_or(0);
    let plane: usize = c.domain.map(tiles).iter().product();
    let pays = |&(side, work): &(usize, usize)| narrow >= side && few * c.pixels() >= work * plane;
    c.step == [1, 1]
        && is_square(c)
        && few >= FEW
        && job.images > 0
        && least_work(job.isa).iter().any(pays)
}

/// Least work per tile on maps of this side or more, as measured. NEON was not: it has as many
/// lanes as AVX2.
fn least_work(isa: Isa) -> &'static [(usize, usize)] {
    match isa {
        Isa::Avx512 => &[(9, 230), (7, 390), (6, 576)],
        Isa::Avx2 | Isa::Neon => &[(6, 144)],
        Isa::Portable => &[(7, 600)],
    }
}

/// Writes `[outputs, channels, 9]`, in the order of a forward layer's weight.
pub(crate) fn weight_gradient(job: &Job<'_>, output: &mut [f32]) {
    let c = job.correlation;
    let [height, width] = c.domain.map(tiles);
    let rows = job.images * height;
    let (len, split) = (output.len().max(1), Split::new(c, [rows, width]));
    let begin = |group: usize| rows * group / split.groups;
    let work = |partials: &mut [f32]| {
        let groups = partials.chunks_mut(len).enumerate();
        let tasks = groups.flat_map(|(i, partial)| {
            Task::parts(job, begin(i)..begin(i + 1), partial, split.parts)
        });
        for_each(tasks.collect(), c.products(job.images), |task| task.run(job));
    };
    if split.groups == 1 {
        return work(output);
    }
    with_buffer(split.groups * len, |partials| {
        work(partials);
        let (sum, others) = partials.split_at_mut(len);
        for other in others.chunks(len) {
            sum.iter_mut().zip(other).for_each(|(sum, value)| *sum += value);
        }
        output.copy_from_slice(sum);
    });
}

/// How the work is cut.
struct Split {
    /// Groups of rows of tiles, each with a sum of its own: by the size alone.
    groups: usize,
    /// Parts of a group's outputs and channels, each of which transforms what it needs for itself:
    /// the fewest that give all threads as much to do, or nearly. No sum depends on it.
    parts: usize,
}

impl Split {
    fn new(correlation: &Correlation, [rows, width]: [usize; 2]) -> Self {
        let tiles = rows * width;
        let len = correlation.outputs * correlation.terms();
        let most = (PARTIAL_VALUES / len.max(1)).clamp(1, MAX_GROUPS).min(rows.max(1));
        let groups = (tiles / GROUP_TILES).clamp(1, most);
        let products = 16 * tiles * len;
        let threads = if is_worth(products) { rayon::current_num_threads() } else { 1 };
        let is_even = |parts: &usize| {
            let tasks = groups * parts;
            tasks.is_multiple_of(threads) || tasks >= 4 * threads
        };
        Self { groups, parts: (1..threads).find(is_even).unwrap_or(threads) }
    }
}

/// One unit of parallel work: a group of rows of tiles for some blocks of outputs and some channels.
struct Task<'a> {
    rows: Range<usize>,
    channels: Range<usize>,
    out: Vec<BlockFilters<'a>>,
}

/// Where the filters `[channel, tap]` of each output of a block go.
struct BlockFilters<'a> {
    block: Block,
    filters: Vec<&'a mut [f32]>,
}

impl<'a> Task<'a> {
    /// The group in about `parts` parts of its channels and, where these are too few, of its
    /// outputs: to transform the gradient for each part costs less than the source.
    fn parts(job: &Job<'_>, rows: Range<usize>, partial: &'a mut [f32], parts: usize) -> Vec<Self> {
        let c = job.correlation;
        let blocks: Vec<Block> = blocks(c.outputs, job.isa).collect();
        let cuts = parts.min(c.channels / PART_CHANNELS).max(1);
        let channels = balanced(c.channels, c.channels.div_ceil(cuts));
        let each = blocks.len().div_ceil(parts.div_ceil(channels.len()));
        let mut tasks: Vec<Self> = Vec::new();
        let mut rest = partial.chunks_mut(c.terms());
        for (i, block) in blocks.into_iter().enumerate() {
            if i % each == 0 {
                let mut end = 0;
                tasks.extend(channels.iter().map(|count| {
                    end += count;
                    Self { rows: rows.clone(), channels: end - count..end, out: Vec::new() }
                }));
            }
            let first = tasks.len() - channels.len();
            let mut filters: Vec<Vec<&mut [f32]>> = Vec::new();
            filters.resize_with(channels.len(), Vec::new);
            for mut output in rest.by_ref().take(block.outputs) {
                for (filters, count) in filters.iter_mut().zip(&channels) {
                    let (part, other) = output.split_at_mut(count * TAPS);
                    filters.push(part);
                    output = other;
                }
            }
            for (task, filters) in tasks[first..].iter_mut().zip(filters) {
                task.out.push(BlockFilters { block, filters });
            }
        }
        tasks
    }

    fn run(mut self, job: &Job<'_>) {
        let bands = Band::all(job, self.rows);
        let tiles = bands.iter().map(|band| band.tiles).max().unwrap_or(0);
        let channels = self.channels;
        with_buffer(POINTS * matrix_stride(channels.len() * tiles), |source| {
            for (i, band) in bands.iter().enumerate() {
                band.transform_source(job, channels.clone(), source);
                for out in &mut self.out {
                    band.add_block(job, channels.len(), source, out, i > 0);
                }
            }
        });
    }
}

/// Rows of tiles, perhaps of several images, that are transformed together.
struct Band {
    segments: Vec<Segment>,
    tiles: usize,
}

impl Band {
    fn all(job: &Job<'_>, rows: Range<usize>) -> Vec<Self> {
        let c = job.correlation;
        let [height, width] = c.domain.map(tiles);
        let wanted = (BAND_VALUES / (POINTS * (c.channels + BLOCK_OUTPUTS))).max(BAND_TILES);
        let bands = rows.len().div_ceil(wanted.div_ceil(width)).max(1);
        let each = rows.len().div_ceil(bands).max(1);
        rows.clone()
            .step_by(each)
            .map(|begin| {
                let end = (begin + each).min(rows.end);
                Self { segments: segments(begin, end, height), tiles: (end - begin) * width }
            })
            .collect()
    }

    fn transform_source(&self, job: &Job<'_>, channels: Range<usize>, to: &mut [f32]) {
        let source = Source { correlation: job.correlation, values: job.source, isa: job.isa };
        source.transform(&self.segments, self.tiles, channels, to);
    }

    /// Writes the filters of a block of outputs, or adds to them.
    fn add_block(
        &self,
        job: &Job<'_>,
        channels: usize,
        source: &[f32],
        out: &mut BlockFilters<'_>,
        adds: bool,
    ) {
        let (width, lanes) = (out.block.width, job.isa.lanes());
        let matrix = matrix_stride(channels * width);
        with_buffer(POINTS * matrix, |sums| {
            self.products(job, &out.block, channels, source, sums);
            for (v, filters) in out.filters.chunks_mut(lanes).enumerate() {
                let sums = &sums[v * lanes..];
                let sums = PointSums { sums, matrix, stride: width, adds };
                job.isa.winograd_weight(&sums, filters);
            }
        });
    }

    /// The sums `[point, channel, output]` of a block of outputs.
    fn products(
        &self,
        job: &Job<'_>,
        block: &Block,
        channels: usize,
        source: &[f32],
        sums: &mut [f32],
    ) {
        let width = block.width;
        let columns = matrix_stride(self.tiles * width);
        with_buffer(POINTS * columns, |gradient| {
            self.transform_gradient(job, block, gradient);
            let source = source.chunks_exact(matrix_stride(channels * self.tiles));
            let sums = sums.chunks_exact_mut(matrix_stride(channels * width));
            for ((factors, columns), sums) in source.zip(gradient.chunks_exact(columns)).zip(sums) {
                let product = Product {
                    terms: self.tiles,
                    factors,
                    factor_strides: [self.tiles, 1],
                    columns,
                    column_stride: width,
                    rows: channels,
                    vectors: width / job.isa.lanes(),
                };
                job.isa.product(&product, sums, width);
            }
        });
    }

    /// Writes `[point, tile, output]` of a block's outputs.
    fn transform_gradient(&self, job: &Job<'_>, block: &Block, to: &mut [f32]) {
        let (c, lanes) = (job.correlation, job.isa.lanes());
        let columns = c.domain[1];
        let matrix = matrix_stride(self.tiles * block.width);
        let mut tile = 0;
        for segment in &self.segments {
            let first = (segment.image * c.outputs + block.first) * c.pixels();
            let image = &job.gradient[first..][..block.outputs * c.pixels()];
            for row in segment.first..segment.first + segment.rows {
                let start = 4 * row * columns;
                let end = (start + 4 * columns).min(c.pixels());
                let pixels: Vec<&[f32]> =
                    image.chunks_exact(c.pixels()).map(|plane| &plane[start..end]).collect();
                for (v, pixels) in pixels.chunks(lanes).enumerate() {
                    let row = GradientRow { pixels, columns };
                    let to = &mut to[tile * block.width + v * lanes..];
                    job.isa.winograd_gradient(&row, to, matrix, block.width);
                }
                tile += tiles(columns);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five times the largest error seen here, 2e-6 of the sum of the terms' magnitudes. Rounding
    /// acts on a tile's values together, so that pixels of very unequal size may err by more, as in
    /// the forward pass, for whose sake the promise to the outside is 1e-4.
    const LIMIT: f64 = 1e-5;

    fn values(len: usize, seed: u64) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        };
        (0..len).map(|_| next()).collect()
    }

    fn layer(
        [images, channels, outputs]: [usize; 3],
        source: [usize; 2],
        padding: [usize; 2],
    ) -> Correlation {
        let [height, width] = [0, 1].map(|axis| source[axis] + 2 * padding[axis] - 2);
        Correlation::forward(
            [outputs, channels, 3, 3],
            [1, 1],
            padding,
            [images, channels, source[0], source[1]],
            [images, outputs, height, width],
        )
    }

    /// The definition's sum and the sum of its terms' magnitudes.
    fn expected(job: &Job<'_>, output: usize, channel: usize, tap: usize) -> [f64; 2] {
        let c = job.correlation;
        let shift = c.taps[tap].shift;
        let mut sum = [0.0, 0.0];
        for (image, at) in (0..job.images).flat_map(|n| (0..c.pixels()).map(move |at| (n, at))) {
            let row = (at / c.domain[1]).wrapping_add_signed(shift[0]);
            let column = (at % c.domain[1]).wrapping_add_signed(shift[1]);
            if row < c.source[0] && column < c.source[1] {
                let plane = (image * c.channels + channel) * c.source[0];
                let x = f64::from(job.source[(plane + row) * c.source[1] + column]);
                let plane = (image * c.outputs + output) * c.pixels();
                let product = x * f64::from(job.gradient[plane + at]);
                sum = [sum[0] + product, sum[1] + product.abs()];
            }
        }
        sum
    }

    fn check(sizes: [usize; 3], source: [usize; 2], padding: [usize; 2]) {
        let [images, channels, outputs] = sizes;
        let c = layer(sizes, source, padding);
        let x = values(images * channels * source[0] * source[1], 7);
        let g = values(images * outputs * c.pixels(), 11);
        let of = |isa: Isa| Job { correlation: &c, images, source: &x, gradient: &g, isa };
        let filters = (0..outputs * channels * TAPS)
            .map(|i| expected(&of(Isa::Portable), i / c.terms(), i / TAPS % channels, i % TAPS));
        let filters: Vec<[f64; 2]> = filters.collect();
        for isa in [Isa::Avx512, Isa::Avx2, Isa::Neon, Isa::Portable] {
            if !isa.is_available() {
                continue;
            }
            let mut got = vec![f32::NAN; filters.len()];
            weight_gradient(&of(isa), &mut got);
            for (i, (got, [sum, scale])) in got.iter().zip(&filters).enumerate() {
                let error = (f64::from(*got) - sum).abs();
                let what = format!("{isa:?} {sizes:?} {source:?} {padding:?} [{i}]");
                assert!(error <= LIMIT * scale, "{what}: got {got}, expected {sum}");
            }
        }
    }

    /// Whatever the rule says of a shape.
    #[test]
    fn every_shape_agrees_with_the_definition() {
        for (sizes, [height, width]) in [
            ([1, 1, 1], [3, 3]),
            ([1, 2, 3], [3, 4]),
            ([3, 5, 2], [6, 6]),
            ([2, 3, 17], [7, 11]),
            ([5, 7, 33], [5, 10]),
            ([1, 13, 40], [14, 14]),
            ([2, 40, 13], [13, 20]),
            ([1, 25, 70], [9, 63]),
            // Several groups, of unequal and of single rows of tiles, and of several bands.
            ([9, 6, 2], [67, 65]),
            ([1, 2, 3], [35, 462]),
            ([1, 1, 2], [9, 1042]),
            ([1, 130, 16], [65, 66]),
        ] {
            for padding in [[0, 0], [1, 1], [2, 2], [0, 2]] {
                check(sizes, [height, width], padding);
            }
        }
    }

    #[test]
    fn groups_and_bands_are_those_of_the_size() {
        let c = layer([1, 130, 16], [65, 66], [1, 1]);
        let [x, g] = [130, 16].map(|planes| vec![0.0; planes * 65 * 66]);
        let isa = Isa::Portable;
        let job = Job { correlation: &c, images: 1, source: &x, gradient: &g, isa };
        assert_eq!(Split::new(&c, [17, 17]).groups, 2);
        let bands: Vec<usize> = Band::all(&job, 0..8).iter().map(|band| band.tiles).collect();
        assert_eq!(bands, [68, 68]);
    }

    /// Every filter belongs to one task, whatever the number of parts.
    #[test]
    fn parts_share_channels_and_then_outputs() {
        let c = layer([1, 40, 70], [14, 14], [1, 1]);
        let isa = Isa::Portable;
        let job = Job { correlation: &c, images: 1, source: &[], gradient: &[], isa };
        for (parts, tasks, most) in [(1, 1, 40), (2, 2, 20), (3, 4, 20), (8, 6, 20), (64, 6, 20)] {
            let mut output = vec![0.0; 70 * c.terms()];
            let shared = Task::parts(&job, 0..4, &mut output, parts);
            assert_eq!(shared.len(), tasks, "{parts} parts");
            for task in shared {
                assert!(task.channels.len() <= most, "{parts} parts");
                for filters in task.out.into_iter().flat_map(|out| out.filters) {
                    assert_eq!(filters.len(), task.channels.len() * TAPS);
                    filters.iter_mut().for_each(|value| *value += 1.0);
                }
            }
            assert!(output.iter().all(|value| *value == 1.0), "{parts} parts");
        }
    }

    #[test]
    fn the_rule_is_that_of_the_figures() {
        let wins = |isa: Isa, channels: usize, side: usize| {
            let c = layer([1, channels, channels], [side, side], [1, 1]);
            let job = Job { correlation: &c, images: 1, source: &[], gradient: &[], isa };
            wins_weight_gradient(&job)
        };
        for (channels, side, isas) in [
            (8, 96, [false, false, false]),
            (16, 12, [true, true, false]),
            (16, 13, [false, true, false]),
            (32, 6, [false, true, false]),
            (32, 7, [true, true, false]),
            (64, 7, [true, true, true]),
            (256, 3, [false, false, false]),
            (256, 12, [true, true, true]),
        ] {
            let got = [Isa::Avx512, Isa::Avx2, Isa::Portable].map(|isa| wins(isa, channels, side));
            assert_eq!(got, isas, "{channels} channels, side {side}");
        }
    }
}
