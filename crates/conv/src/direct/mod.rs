//! The direct method: tiles of outputs times neighbouring pixels, read straight from planes
//! padded to one pitch. No copy per tap is ever made.
//!
//! With a single tap the pixels of some tiles are copied next to each other instead. Hundreds of
//! planes that lie a multiple of 4 KiB apart, as those of 96 x 96 do, would evict each other from
//! the first cache, and a long run of each costs fewer translations of addresses.

mod int8;

pub(crate) use int8::{Int8Weights, correlate as correlate_int8, suits as suits_int8};

use std::ops::Range;

use crate::{
    awake::for_each,
    correlation::Correlation,
    kernels::{Isa, Lanes, LastStep, Tile, TileAddend},
    packing::Block,
    planes::Planes,
    problem::{Addend, Problem},
    workspace::with_buffer,
};

/// Prepared source of one band, in values: stays in the second-level cache.
const BAND_VALUES: usize = 160 * 1024;
/// Packed weights up to this many values are read again for every tile of pixels.
const SMALL_WEIGHTS: usize = 128 * 1024;
/// Values of the tiles that are copied together: they stay in the second-level cache.
const COPIED_VALUES: usize = 48 * 1024;

/// One unit of parallel work: a band of rows of one image, for a run of output blocks.
struct Task<'a> {
    image: usize,
    band: usize,
    /// By their index.
    blocks: Range<usize>,
    /// Of the first of them.
    first_output: usize,
    /// The band's rows of each output of `blocks`.
    out: Vec<&'a mut [f32]>,
}

/// Writes the output, `[images, outputs, domain]`.
pub(crate) fn correlate(
    correlation: &Correlation,
    problem: &Problem<'_>,
    blocks: &[Block<'_>],
    output: &mut [f32],
) {
    let isa = problem.isa;
    let planes = Planes::new(correlation, band_rows(correlation, problem.images), isa.lanes());
    let zeros = vec![0.0; correlation.outputs];
    let bias = problem.bias.unwrap_or(&zeros);
    let lanes = Bands::new(&planes, correlation, isa);
    let outputs: Vec<usize> = blocks.iter().map(|b| b.outputs).collect();
    let tasks = tasks(correlation, problem.images, planes.rows, &outputs, output);
    let run = |task| run(correlation, problem, &planes, &lanes, (blocks, bias), task);
    for_each(tasks, correlation.products(problem.images), run);
}

/// The lanes of a whole band and of the last one.
struct Bands {
    whole: Vec<Lanes>,
    last: Vec<Lanes>,
}

impl Bands {
    fn new(planes: &Planes, correlation: &Correlation, isa: Isa) -> Self {
        let rest = correlation.domain[0] % planes.rows;
        let last = if rest == 0 { planes.rows } else { rest };
        let lanes = |rows| planes.lanes(rows, isa.lanes());
        Self { whole: lanes(planes.rows), last: lanes(last) }
    }

    fn of(&self, task: &Task<'_>, planes: &Planes, correlation: &Correlation) -> &[Lanes] {
        let is_last = (task.band + 1) * planes.rows >= correlation.domain[0];
        if is_last { &self.last } else { &self.whole }
    }
}

/// Output rows per task: few enough to stay in cache, and to give every thread its share.
fn band_rows(correlation: &Correlation, images: usize) -> usize {
    let whole = Planes::new(correlation, correlation.domain[0], 1);
    let bands = (correlation.channels * whole.channel_stride).div_ceil(BAND_VALUES);
    let wanted = (2 * rayon::current_num_threads()).div_ceil(images.max(1)).min(whole.rows / 4);
    correlation.domain[0].div_ceil(bands.max(wanted).max(1))
}

/// The tasks for blocks of these numbers of outputs.
fn tasks<'a>(
    correlation: &Correlation,
    images: usize,
    rows: usize,
    blocks: &[usize],
    output: &'a mut [f32],
) -> Vec<Task<'a>> {
    let bands = correlation.domain[0].div_ceil(rows);
    let runs = (2 * rayon::current_num_threads()).div_ceil((images * bands).max(1));
    let run_blocks = blocks.len().div_ceil(runs.min(blocks.len()).max(1));
    let runs: Vec<&[usize]> = blocks.chunks(run_blocks).collect();
    let mut tasks: Vec<Task<'a>> = Vec::new();
    for image in 0..images {
        let mut first_output = 0;
        for (r, run) in runs.iter().enumerate() {
            let (outputs, first) = (run.iter().sum::<usize>(), r * run_blocks);
            tasks.extend((0..bands).map(|band| Task {
                image,
                band,
                blocks: first..first + run.len(),
                first_output,
                out: Vec::with_capacity(outputs),
            }));
            first_output += outputs;
        }
    }
    let run_of: Vec<usize> = (runs.iter().enumerate())
        .flat_map(|(r, run)| std::iter::repeat_n(r, run.iter().sum()))
        .collect();
    for (plane, values) in output.chunks_mut(correlation.pixels()).enumerate() {
        let (image, o) = (plane / correlation.outputs, plane % correlation.outputs);
        let first = (image * runs.len() + run_of[o]) * bands;
        for (band, rows) in values.chunks_mut(rows * correlation.domain[1]).enumerate() {
            tasks[first + band].out.push(rows);
        }
    }
    tasks
}

fn run(
    correlation: &Correlation,
    problem: &Problem<'_>,
    planes: &Planes,
    lanes: &Bands,
    (blocks, bias): (&[Block<'_>], &[f32]),
    mut task: Task<'_>,
) {
    let blocks = &blocks[task.blocks.clone()];
    let plane = correlation.source[0] * correlation.source[1];
    let image = &problem.source[task.image * correlation.channels * plane..];
    let first = task.band * planes.rows;
    let addend = addend_rows(correlation, problem, &task, first);
    let lanes = lanes.of(&task, planes, correlation);
    let mut walk = Walk {
        correlation,
        planes,
        lanes,
        bias,
        source: &[],
        channel_stride: plane,
        problem,
        addend: &addend,
    };
    if correlation.is_pointwise() {
        walk.source = &image[first * correlation.source[1]..];
        return walk.pointwise(blocks, &mut task.out);
    }
    with_buffer(correlation.channels * planes.channel_stride, |buffer| {
        planes.prepare(problem.isa, image, first, buffer);
        let walk = Walk { source: buffer, channel_stride: planes.channel_stride, ..walk };
        walk.all(blocks, &mut task.out);
    });
}

/// The rows of a given addend that belong to each plane of `task.out`.
fn addend_rows<'a>(
    correlation: &Correlation,
    problem: &Problem<'a>,
    task: &Task<'_>,
    first_row: usize,
) -> Vec<&'a [f32]> {
    let Addend::Given(addend) = problem.addend else { return Vec::new() };
    let first = task.image * correlation.outputs + task.first_output;
    let row = first_row * correlation.domain[1];
    let rows = |(o, out): (usize, &&mut [f32])| {
        &addend[(first + o) * correlation.pixels() + row..][..out.len()]
    };
    task.out.iter().enumerate().map(rows).collect()
}

/// The tiles of one task.
#[derive(Clone, Copy)]
struct Walk<'a> {
    correlation: &'a Correlation,
    planes: &'a Planes,
    lanes: &'a [Lanes],
    bias: &'a [f32],
    source: &'a [f32],
    channel_stride: usize,
    problem: &'a Problem<'a>,
    /// Rows of a given addend, one slice per plane of the output.
    addend: &'a [&'a [f32]],
}

impl Walk<'_> {
    fn all(&self, blocks: &[Block<'_>], out: &mut [&mut [f32]]) {
        let most = blocks.iter().map(|b| b.outputs).max().unwrap_or(1);
        let vectors = self.problem.isa.vectors(most);
        let weights: usize = blocks.iter().map(|b| b.weights.len()).sum();
        let tiles = self.lanes.len().div_ceil(vectors);
        let width = vectors * self.problem.isa.lanes();
        let mut one = |t: usize, b| {
            self.one(t * vectors..(t + 1) * vectors, &self.source[t * width..], b, blocks, out)
        };
        if weights <= SMALL_WEIGHTS {
            (0..tiles).for_each(|t| blocks.iter().for_each(|b| one(t, b)));
        } else {
            blocks.iter().for_each(|b| (0..tiles).for_each(|t| one(t, b)));
        }
    }

    /// The same for a single tap.
    fn pointwise(&self, blocks: &[Block<'_>], out: &mut [&mut [f32]]) {
        let most = blocks.iter().map(|b| b.outputs).max().unwrap_or(1);
        let vectors = self.problem.isa.vectors(most);
        let width = vectors * self.problem.isa.lanes();
        let tile_len = self.correlation.channels * width;
        let together = (COPIED_VALUES / tile_len).max(1);
        let tiles = self.lanes.len().div_ceil(vectors);
        with_buffer(together * tile_len, |pixels| {
            for first in (0..tiles).step_by(together) {
                let these = first..(first + together).min(tiles);
                self.copy(first * width, these.len(), width, pixels);
                let walk = Walk { channel_stride: width, ..*self };
                for block in blocks {
                    for (t, pixels) in these.clone().zip(pixels.chunks(tile_len)) {
                        walk.one(t * vectors..(t + 1) * vectors, pixels, block, blocks, out);
                    }
                }
            }
        });
    }

    /// Copies the pixels of `tiles` tiles from `first` on: `[tile, channel, width]`. Those after a
    /// plane's end are arbitrary.
    fn copy(&self, first: usize, tiles: usize, width: usize, to: &mut [f32]) {
        let planes = self.source.chunks(self.channel_stride).take(self.correlation.channels);
        for (channel, plane) in planes.enumerate() {
            let there = plane.get(first..).unwrap_or_default();
            let to = to.chunks_mut(width).skip(channel).step_by(self.correlation.channels);
            for (to, from) in to.zip(there.chunks(width)).take(tiles) {
                to[..from.len()].copy_from_slice(from);
            }
        }
    }

    fn one(
        &self,
        vectors: Range<usize>,
        source: &[f32],
        block: &Block<'_>,
        blocks: &[Block<'_>],
        out: &mut [&mut [f32]],
    ) {
        let lanes = &self.lanes[vectors.start..self.lanes.len().min(vectors.end)];
        if lanes.iter().all(|l| l.mask == 0) {
            return;
        }
        let start = block.first - blocks[0].first;
        let addend = match self.problem.addend {
            Addend::Nothing => TileAddend::Nothing,
            Addend::Given(_) => TileAddend::Given(&self.addend[start..start + block.outputs]),
            Addend::Output => TileAddend::Output,
        };
        let job = Tile {
            source,
            channels: self.correlation.channels,
            channel_stride: self.channel_stride,
            offsets: &self.planes.offsets,
            weights: block.weights,
            bias: &self.bias[block.first..block.first + block.outputs],
            lanes,
            last: LastStep { addend, relu: self.problem.relu },
        };
        self.problem.isa.tile(&job, &mut out[start..start + block.outputs]);
    }
}
