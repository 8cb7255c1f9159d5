//! The gathering method, for maps so small that the direct one would fill its vectors badly:
//! pixels of all images stand densely side by side, and every term of the sum gets a row of its
//! own (im2col), a panel of a few vectors at a time.

use std::ops::Range;

use crate::{
    awake::for_each,
    correlation::{Correlation, Tap},
    kernels::{Lanes, LastStep, MOST, Places, Spread, Tile},
    packing::Block,
    planes::Planes,
    problem::{Addend, Problem},
    workspace::with_buffer,
};

/// Whether the dense panels beat the direct method's partly filled vectors.
pub(crate) fn wins(correlation: &Correlation, problem: &Problem<'_>) -> bool {
    let lanes = problem.isa.lanes();
    let direct = Planes::new(correlation, correlation.domain[0], lanes).efficiency();
    let pixels = problem.images * correlation.pixels();
    let dense = pixels as f64 / (pixels.div_ceil(lanes) * lanes).max(1) as f64;
    let gather = problem.isa.gather_cost(is_small(correlation));
    1.0 / dense + gather / (correlation.outputs as f64) < 1.0 / direct
}

/// True if source planes, output planes and filters all fit a vector.
pub(crate) fn is_small(correlation: &Correlation) -> bool {
    let source = correlation.source[0] * correlation.source[1];
    source.max(correlation.pixels()).max(correlation.taps.len()) <= MOST
}

/// Writes the output, `[images, outputs, domain]`.
pub(crate) fn correlate(
    correlation: &Correlation,
    problem: &Problem<'_>,
    blocks: &[Block<'_>],
    output: &mut [f32],
) {
    let isa = problem.isa;
    let most = blocks.iter().map(|b| b.outputs).max().unwrap_or(1);
    let width = isa.vectors(most) * isa.lanes();
    let pixels = problem.images * correlation.pixels();
    let zeros = vec![0.0; correlation.outputs];
    let bias = problem.bias.unwrap_or(&zeros);
    // Small planes go into a panel as a whole.
    let step = match is_small(correlation) {
        true => (width / correlation.pixels()).max(1) * correlation.pixels(),
        false => width,
    };
    with_buffer(correlation.outputs * pixels, |dense| {
        let panels = panels(dense, pixels, step, blocks);
        for_each(panels, correlation.products(problem.images), |mut panel| {
            with_buffer(correlation.terms() * width, |buffer| {
                if is_small(correlation) {
                    let images = panel.first..pixels.min(panel.first + step);
                    spread(correlation, problem, images, width, buffer);
                } else {
                    gather(correlation, problem.source, panel.first, pixels, width, buffer);
                }
                multiply(correlation, problem, bias, width, buffer, &mut panel);
            });
        });
        finish(correlation, problem, dense, output);
    });
}

/// One unit of parallel work: some output blocks of `width` pixels.
struct Panel<'a> {
    first: usize,
    blocks: &'a [Block<'a>],
    out: Vec<&'a mut [f32]>,
}

fn panels<'a>(
    dense: &'a mut [f32],
    pixels: usize,
    width: usize,
    blocks: &'a [Block<'a>],
) -> Vec<Panel<'a>> {
    let count = pixels.div_ceil(width);
    let runs = (2 * rayon::current_num_threads()).div_ceil(count.max(1)).min(blocks.len()).max(1);
    let run_blocks = blocks.len().div_ceil(runs);
    let mut panels: Vec<Panel<'a>> = Vec::new();
    let mut rows = dense.chunks_mut(pixels.max(1));
    for blocks in blocks.chunks(run_blocks) {
        let start = panels.len();
        panels.extend((0..count).map(|p| Panel { first: p * width, blocks, out: Vec::new() }));
        let outputs: usize = blocks.iter().map(|b| b.outputs).sum();
        for row in rows.by_ref().take(outputs) {
            for (p, part) in row.chunks_mut(width).enumerate() {
                panels[start + p].out.push(part);
            }
        }
    }
    panels
}

/// [`gather`] for the dense pixels of whole images, from planes that fit a vector.
fn spread(
    correlation: &Correlation,
    problem: &Problem<'_>,
    pixels: Range<usize>,
    width: usize,
    to: &mut [f32],
) {
    let (count, taps) = (correlation.pixels(), correlation.taps.len());
    let plane = correlation.source[0] * correlation.source[1];
    let image = correlation.channels * plane;
    let runs: Vec<Places> = (correlation.taps.iter())
        .map(|tap| places(count, |p| Place::new(correlation, p).index(correlation, tap)))
        .collect();
    let spread = Spread {
        planes: [pixels.len() / count, correlation.channels],
        source_strides: [image, plane],
        pixels: plane,
        runs: &runs,
        count,
        strides: [count, taps * width, width],
    };
    to.fill(0.0);
    problem.isa.spread(&spread, &problem.source[pixels.start / count * image..], to);
}

/// The first `count` places by index, zero beyond.
pub(crate) fn places(count: usize, place: impl Fn(usize) -> usize) -> Places {
    std::array::from_fn(|i| if i < count { place(i) } else { usize::MAX })
}

/// `to[c][t][pixel]` for the `width` dense pixels from `first` on; zero beyond the last.
fn gather(
    correlation: &Correlation,
    source: &[f32],
    first: usize,
    pixels: usize,
    width: usize,
    to: &mut [f32],
) {
    let places: Vec<Place> =
        (first..pixels.min(first + width)).map(|p| Place::new(correlation, p)).collect();
    let plane = correlation.source[0] * correlation.source[1];
    let taps = correlation.taps.len();
    for (t, tap) in correlation.taps.iter().enumerate() {
        let indices: Vec<usize> = places.iter().map(|p| p.index(correlation, tap)).collect();
        for c in 0..correlation.channels {
            let row = &mut to[(c * taps + t) * width..][..width];
            let source = &source[c * plane..];
            for (to, index) in row.iter_mut().zip(&indices) {
                *to = source.get(*index).copied().unwrap_or(0.0);
            }
            row[indices.len()..].fill(0.0);
        }
    }
}

/// Where a dense pixel's taps start from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    image: usize,
    row: isize,
    column: isize,
}

impl Place {
    pub(crate) fn new(correlation: &Correlation, pixel: usize) -> Self {
        let (image, within) = (pixel / correlation.pixels(), pixel % correlation.pixels());
        let (row, column) = (within / correlation.domain[1], within % correlation.domain[1]);
        let [sy, sx] = correlation.step;
        Self { image, row: (row * sy) as isize, column: (column * sx) as isize }
    }

    /// Position of a tap's value in channel 0 of the source; past every end in the padding.
    pub(crate) fn index(&self, correlation: &Correlation, tap: &Tap) -> usize {
        let [height, width] = correlation.source;
        let (y, x) = (self.row + tap.shift[0], self.column + tap.shift[1]);
        if (0..height as isize).contains(&y) && (0..width as isize).contains(&x) {
            (self.image * correlation.channels * height + y as usize) * width + x as usize
        } else {
            usize::MAX
        }
    }
}

fn multiply(
    correlation: &Correlation,
    problem: &Problem<'_>,
    bias: &[f32],
    width: usize,
    buffer: &[f32],
    panel: &mut Panel<'_>,
) {
    let valid = panel.out.first().map_or(0, |row| row.len());
    let lanes = dense_lanes(valid, problem.isa.lanes());
    let mut rows = panel.out.as_mut_slice();
    for block in panel.blocks {
        let (out, rest) = rows.split_at_mut(block.outputs);
        let job = Tile {
            source: buffer,
            channels: correlation.terms(),
            channel_stride: width,
            offsets: &[0],
            weights: block.weights,
            bias: &bias[block.first..block.first + block.outputs],
            lanes: &lanes,
            last: LastStep::default(),
        };
        problem.isa.tile(&job, out);
        rows = rest;
    }
}

/// Vectors over `valid` values without gaps.
pub(crate) fn dense_lanes(valid: usize, lanes: usize) -> Vec<Lanes> {
    let mask = |count: usize| u32::MAX >> (32 - count.min(lanes) as u32);
    (0..valid.div_ceil(lanes))
        .map(|v| Lanes { mask: mask(valid - v * lanes), dense: v * lanes })
        .collect()
}

/// `[outputs, images, pixels]` to `[images, outputs, pixels]`, with the last step.
fn finish(correlation: &Correlation, problem: &Problem<'_>, dense: &[f32], output: &mut [f32]) {
    let (images, outputs, pixels) = (problem.images, correlation.outputs, correlation.pixels());
    for (i, plane) in output.chunks_mut(pixels).enumerate() {
        let (image, o) = (i / outputs, i % outputs);
        let sums = &dense[(o * images + image) * pixels..][..pixels];
        let add = |plane: &mut [f32], addend: &[f32]| {
            plane.iter_mut().zip(addend).for_each(|(to, addend)| *to += addend);
        };
        match problem.addend {
            Addend::Output => add(plane, sums),
            Addend::Nothing => plane.copy_from_slice(sums),
            Addend::Given(addend) => {
                plane.copy_from_slice(sums);
                add(plane, &addend[i * pixels..]);
            }
        }
        if problem.relu {
            plane.iter_mut().for_each(|to| *to = if *to < 0.0 { 0.0 } else { *to });
        }
    }
}
