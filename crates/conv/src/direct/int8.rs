//! The direct method in bytes.
//!
//! With a single tap every pixel has a scale of its own, as every sum is over one pixel's channels.
//! With several, sums are over several pixels, and one image has one scale.

use std::ops::Range;

use super::{Bands, Task, addend_rows, band_rows, tasks};
use crate::{
    awake::{for_each, map},
    correlation::Correlation,
    kernels::{
        Int8Tile, Isa, Lanes, LastStep, Lines, TERMS, TileAddend, larger, scale, start, word,
    },
    packing::balanced,
    planes::Planes,
    problem::{Addend, Problem},
    workspace::{with_buffer, with_words},
};

/// Values of the pixels that are made bytes together: they stay in the second cache from the pass
/// that finds their scales to the one that uses them.
const TOGETHER_VALUES: usize = 64 * 1024;

/// Least share of the computed pixels that are the output's: a map too small for vectors is gathered
/// in floats instead.
const EFFICIENT: f64 = 0.5;

/// Whether this method is quicker in bytes than any in floats.
pub(crate) fn suits(correlation: &Correlation, isa: Isa) -> bool {
    Planes::new(correlation, correlation.domain[0], isa.lanes()).efficiency() >= EFFICIENT
}

/// A weight in bytes, in blocks of outputs.
#[derive(Debug, Clone)]
pub(crate) struct Int8Weights {
    blocks: Vec<Int8Block>,
    /// The most outputs of one.
    most: usize,
}

#[derive(Debug, Clone)]
struct Int8Block {
    first: usize,
    outputs: usize,
    /// `[group of four channels, tap, output]`
    words: Vec<u32>,
    /// `[output]`, see [`start`].
    starts: Vec<u32>,
    /// `[output]`
    scales: Vec<f32>,
}

impl Int8Weights {
    /// In blocks of at most `most` outputs.
    pub(crate) fn new(correlation: &Correlation, weight: &[f32], most: usize) -> Self {
        let mut first = 0;
        let block = |outputs: usize| {
            let block = Int8Block::new(correlation, weight, first..first + outputs);
            first += outputs;
            block
        };
        let outputs = balanced(correlation.outputs, most);
        let most = outputs.iter().copied().max().unwrap_or(1);
        Self { blocks: outputs.into_iter().map(block).collect(), most }
    }
}

impl Int8Block {
    fn new(correlation: &Correlation, weight: &[f32], outputs: Range<usize>) -> Self {
        let (groups, taps) = (correlation.channels.div_ceil(TERMS), correlation.taps.len());
        let count = outputs.len();
        let mut words = vec![0; groups * taps * count];
        let mut scales = Vec::with_capacity(count);
        let mut starts = Vec::with_capacity(count);
        let [output_stride, channel_stride] = correlation.weight_strides;
        for (m, output) in outputs.clone().enumerate() {
            let at = |c: usize, t: usize| {
                weight[output * output_stride + c * channel_stride + correlation.taps[t].weight]
            };
            let all = || (0..correlation.channels).flat_map(|c| (0..taps).map(move |t| (c, t)));
            let [scale, inverse] =
                scale(all().fold(0.0, |largest, (c, t)| larger(largest, at(c, t))));
            for group in 0..groups {
                for t in 0..taps {
                    let byte = |i: usize| match TERMS * group + i {
                        c if c < correlation.channels => {
                            (at(c, t) * inverse).round_ties_even() as i8
                        }
                        _ => 0,
                    };
                    words[(group * taps + t) * count + m] = word(std::array::from_fn(byte));
                }
            }
            scales.push(scale);
            starts.push(start(words.iter().skip(m).step_by(count).copied()) as u32);
        }
        Self { first: outputs.start, outputs: count, words, starts, scales }
    }
}

/// Writes the output, `[images, outputs, domain]`.
pub(crate) fn correlate(
    correlation: &Correlation,
    problem: &Problem<'_>,
    weights: &Int8Weights,
    output: &mut [f32],
) {
    let isa = problem.isa;
    let planes = Planes::new(correlation, band_rows(correlation, problem.images), isa.lanes());
    let bands = Bands::new(&planes, correlation, isa);
    let outputs: Vec<usize> = weights.blocks.iter().map(|b| b.outputs).collect();
    let zeros = vec![0.0; correlation.outputs];
    let layer = Layer {
        correlation,
        problem,
        planes: &planes,
        bias: problem.bias.unwrap_or(&zeros),
        weights,
        largest: largest(correlation, problem),
        width: isa.vectors(weights.most) * isa.lanes(),
    };
    let tasks = tasks(correlation, problem.images, planes.rows, &outputs, output);
    for_each(tasks, correlation.products(problem.images), |task: Task<'_>| {
        layer.run(bands.of(&task, &planes, correlation), task);
    });
}

/// The largest magnitude of each image, where sums are over several of its pixels.
fn largest(correlation: &Correlation, problem: &Problem<'_>) -> Vec<f32> {
    if has_scale_by_pixel(correlation) {
        return Vec::new();
    }
    let image = correlation.channels * correlation.source[0] * correlation.source[1];
    if image == 0 {
        return vec![0.0; problem.images];
    }
    let part = image.div_ceil(rayon::current_num_threads());
    let parts: Vec<&[f32]> =
        problem.source.chunks_exact(image).flat_map(|image| image.chunks(part)).collect();
    let found = map(parts, correlation.products(problem.images), |p| problem.isa.magnitude(p));
    let of_image = |found: &[f32]| found.iter().copied().fold(0.0, larger);
    found.chunks(image.div_ceil(part)).map(of_image).collect()
}

/// Whether every sum is over one pixel's channels.
fn has_scale_by_pixel(correlation: &Correlation) -> bool {
    correlation.taps.len() == 1
}

struct Layer<'a> {
    correlation: &'a Correlation,
    problem: &'a Problem<'a>,
    planes: &'a Planes,
    bias: &'a [f32],
    weights: &'a Int8Weights,
    /// By image, where pixels have no scales of their own.
    largest: Vec<f32>,
    /// Pixels of a tile.
    width: usize,
}

impl Layer<'_> {
    fn run(&self, lanes: &[Lanes], mut task: Task<'_>) {
        let correlation = self.correlation;
        let plane = correlation.source[0] * correlation.source[1];
        let image = &self.problem.source[task.image * correlation.channels * plane..];
        let first = task.band * self.planes.rows;
        let addend = addend_rows(correlation, self.problem, &task, first);
        let blocks = &self.weights.blocks[task.blocks.clone()];
        let groups = correlation.channels.div_ceil(TERMS);
        if correlation.is_pointwise() {
            let source = &image[first * correlation.source[1]..];
            return self.pointwise(source, lanes, blocks, &addend, &mut task.out);
        }
        let stride = self.planes.channel_stride;
        with_words(groups * stride, |words| {
            with_buffer(stride, |scales| {
                with_buffer(correlation.channels * stride, |values| {
                    self.planes.prepare(self.problem.isa, image, first, values);
                    let lines = Lines {
                        values,
                        terms: correlation.channels,
                        stride,
                        lanes: stride,
                        largest: self.largest.get(task.image).copied(),
                    };
                    self.problem.isa.quantize(&lines, stride, words, scales);
                });
                let walk = Walk { layer: self, lanes, words, stride, scales, addend: &addend };
                // Blocks within: a tile's words are in the first cache, the weights of all blocks in
                // the second.
                for tile in 0..lanes.len().div_ceil(self.width / self.problem.isa.lanes()) {
                    for block in blocks {
                        walk.one(tile, tile, block, blocks, &mut task.out);
                    }
                }
            });
        });
    }

    fn pointwise(
        &self,
        source: &[f32],
        lanes: &[Lanes],
        blocks: &[Int8Block],
        addend: &[&[f32]],
        out: &mut [&mut [f32]],
    ) {
        let isa = self.problem.isa;
        let (channels, groups) =
            (self.correlation.channels, self.correlation.channels.div_ceil(TERMS));
        let plane = self.correlation.source[0] * self.correlation.source[1];
        let width = self.width;
        let together = (TOGETHER_VALUES / (channels * width)).max(1);
        let pitch = together * width;
        // The last band may have fewer than there are lanes for.
        let pixels = lanes.iter().map(|l| l.mask.count_ones() as usize).sum::<usize>();
        with_words(groups * pitch, |words| {
            with_buffer(pitch, |scales| {
                let tiles = pixels.div_ceil(width);
                for first in (0..tiles).step_by(together) {
                    let (start, tiles) = (first * width, (tiles - first).min(together));
                    let lines = Lines {
                        values: &source[start..],
                        terms: channels,
                        stride: plane,
                        lanes: (tiles * width).min(pixels - start),
                        largest: None,
                    };
                    isa.quantize(&lines, pitch, words, scales);
                    let walk = Walk { layer: self, lanes, words, stride: pitch, scales, addend };
                    for block in blocks {
                        for tile in 0..tiles {
                            walk.one(first + tile, tile, block, blocks, out);
                        }
                    }
                }
            });
        });
    }
}

/// Tiles of bytes and their scales.
struct Walk<'a> {
    layer: &'a Layer<'a>,
    lanes: &'a [Lanes],
    words: &'a [u32],
    /// Words from one group of four channels to the next.
    stride: usize,
    scales: &'a [f32],
    addend: &'a [&'a [f32]],
}

impl Walk<'_> {
    /// The tile of this index, whose bytes are those of tile `place`.
    fn one(
        &self,
        tile: usize,
        place: usize,
        block: &Int8Block,
        blocks: &[Int8Block],
        out: &mut [&mut [f32]],
    ) {
        let &Layer { problem, planes, bias, correlation, width, .. } = self.layer;
        let vectors = width / problem.isa.lanes();
        let lanes = &self.lanes[tile * vectors..self.lanes.len().min((tile + 1) * vectors)];
        if lanes.iter().all(|l| l.mask == 0) {
            return;
        }
        let outputs = block.first - blocks[0].first..block.first - blocks[0].first + block.outputs;
        let addend = match problem.addend {
            Addend::Nothing => TileAddend::Nothing,
            Addend::Given(_) => TileAddend::Given(&self.addend[outputs.clone()]),
            Addend::Output => TileAddend::Output,
        };
        let job = Int8Tile {
            source: &self.words[place * width..],
            groups: correlation.channels.div_ceil(TERMS),
            group_stride: self.stride,
            offsets: &planes.offsets,
            // That of a single tap is at its pixel; all others are the same.
            pixel_scales: &self.scales[place * width..],
            weights: &block.words,
            starts: &block.starts,
            output_scales: &block.scales,
            bias: &bias[block.first..][..block.outputs],
            lanes,
            last: LastStep { addend, relu: problem.relu },
        };
        problem.isa.int8_tile(&job, &mut out[outputs]);
    }
}
