//! The weight gradient: for every output, channel and tap an inner product over all pixels of
//! all images. Two methods, as for the forward pass, beside Winograd's transforms:
//!
//! - *direct*: vectors run along the pixels of the prepared planes and a block of outputs times
//!   taps stays in registers, so nothing is broadcast and nothing transposed;
//! - *gathered*, for tiny maps: vectors run along the terms (channel, tap) and the pixels are
//!   what is summed over, so that the tile kernel of the forward pass does it.
//!
//! The images are split into groups by the problem's size alone, each with a partial sum, added
//! in order: the result does not depend on the number of threads.

use crate::{
    awake::for_each,
    correlation::Correlation,
    gathered::{Place, dense_lanes, is_small, places},
    kernels::{Dot, Isa, LastStep, Places, Spread, Tile},
    packing::balanced,
    planes::Planes,
    workspace::with_buffer,
};

/// Prepared planes of one run of units, in values: stays in the second-level cache.
const RUN_VALUES: usize = 256 * 1024;
/// Flat pixels of one run: the planes of one channel stay in the first-level cache.
const RUN_PIXELS: usize = 1536;
/// All partial sums together, in values.
pub(crate) const PARTIAL_VALUES: usize = 4 << 20;
/// Most groups of images.
pub(crate) const MAX_GROUPS: usize = 16;

/// A weight gradient to compute.
pub(crate) struct Job<'a> {
    pub(crate) correlation: &'a Correlation,
    pub(crate) images: usize,
    pub(crate) source: &'a [f32],
    pub(crate) gradient: &'a [f32],
    pub(crate) isa: Isa,
}

/// A band of rows of an image.
#[derive(Clone, Copy)]
struct Unit {
    image: usize,
    first_row: usize,
}

impl Job<'_> {
    /// Writes `[outputs, channels, taps]`, in the order of a forward layer's weight.
    pub(crate) fn write(&self, output: &mut [f32]) {
        output.fill(0.0);
        if self.gathers() { self.gathered(output) } else { self.direct(output) }
    }

    fn gathers(&self) -> bool {
        let planes = Planes::new(self.correlation, self.correlation.domain[0], self.isa.lanes());
        let gather = self.isa.gather_cost(is_small(self.correlation));
        1.0 + gather / (self.correlation.outputs as f64) < 1.0 / planes.efficiency()
    }

    // ---- direct ----

    /// Adds to `output`, which is zero.
    fn direct(&self, output: &mut [f32]) {
        let planes = Planes::new(self.correlation, self.band_rows(), self.isa.lanes());
        let units = self.units(planes.rows);
        let run = self.run_units(&planes);
        let len = self.correlation.outputs * self.correlation.terms();
        let groups = (PARTIAL_VALUES / len.max(1))
            .clamp(1, MAX_GROUPS)
            .min(units.len().div_ceil(run))
            .max(1);
        let add = |partials: &mut [f32]| self.add_groups(&planes, &units, groups, partials);
        if groups == 1 {
            return add(output);
        }
        with_buffer(groups * len, |partials| {
            partials.fill(0.0);
            add(partials);
            let (sum, others) = partials.split_at_mut(len);
            for other in others.chunks(len) {
                sum.iter_mut().zip(other).for_each(|(sum, value)| *sum += value);
            }
            output.copy_from_slice(sum);
        });
    }

    /// One partial sum after the other, each over its group of `units`.
    fn add_groups(&self, planes: &Planes, units: &[Unit], groups: usize, partials: &mut [f32]) {
        let run = self.run_units(planes);
        let len = self.correlation.outputs * self.correlation.terms();
        let group_units = units.len().div_ceil(groups).max(1);
        let splits = MAX_GROUPS.div_ceil(4).div_ceil(groups);
        let rows = self.correlation.outputs.div_ceil(splits).next_multiple_of(8);
        let tasks: Vec<(usize, usize, &mut [f32])> = partials
            .chunks_mut(len.max(1))
            .enumerate()
            .flat_map(|(group, partial)| {
                let parts = partial.chunks_mut((rows * self.correlation.terms()).max(1));
                parts.enumerate().map(move |(i, part)| (group, i * rows, part))
            })
            .collect();
        for_each(tasks, self.correlation.products(self.images), |(group, first, partial)| {
            let units = units.chunks(group_units).nth(group).unwrap_or(&[]);
            units.chunks(run).for_each(|units| self.add_run(planes, units, first, partial));
        });
    }

    /// Rows of a unit: the whole plane unless it is too long for a run.
    fn band_rows(&self) -> usize {
        let [rows, columns] = self.correlation.domain;
        let bands = (rows * columns).div_ceil(self.run_pixels());
        rows.div_ceil(bands.max(1))
    }

    fn run_pixels(&self) -> usize {
        let c = self.correlation;
        (RUN_VALUES / (c.channels + c.outputs)).clamp(128, RUN_PIXELS)
    }

    fn run_units(&self, planes: &Planes) -> usize {
        (self.run_pixels() / planes.flat).max(1)
    }

    fn units(&self, rows: usize) -> Vec<Unit> {
        let bands = (0..self.correlation.domain[0]).step_by(rows);
        (0..self.images)
            .flat_map(|image| bands.clone().map(move |first_row| Unit { image, first_row }))
            .collect()
    }

    /// Adds the products of `units` for the outputs of `partial`, the first of which is `first`.
    fn add_run(&self, planes: &Planes, units: &[Unit], first: usize, partial: &mut [f32]) {
        let c = self.correlation;
        let outputs = partial.len() / c.terms();
        if c.is_pointwise() && planes.flat == c.pixels() {
            return self.add_dense_run(planes, units, first, partial);
        }
        let source_unit = c.channels * planes.channel_stride;
        let gradient_unit = outputs * planes.flat;
        with_buffer(units.len() * (source_unit + gradient_unit), |buffer| {
            let (source, gradient) = buffer.split_at_mut(units.len() * source_unit);
            for (i, unit) in units.iter().enumerate() {
                self.prepare_source(planes, unit, &mut source[i * source_unit..][..source_unit]);
                let to = &mut gradient[i * gradient_unit..][..gradient_unit];
                self.prepare_gradient(planes, unit, first, to);
            }
            let run = Run {
                planes,
                units: units.len(),
                source,
                source_unit,
                channel_stride: planes.channel_stride,
                gradient,
                gradient_unit,
                outputs,
            };
            self.add_blocks(&run, partial);
        });
    }

    /// [`add_run`](Self::add_run) on whole planes that fill their vectors, read where they are.
    fn add_dense_run(&self, planes: &Planes, units: &[Unit], first: usize, partial: &mut [f32]) {
        let c = self.correlation;
        let Some(Unit { image, .. }) = units.first() else { return };
        let [source_unit, gradient_unit] = [c.channels, c.outputs].map(|n| n * c.pixels());
        let run = Run {
            planes,
            units: units.len(),
            source: &self.source[image * source_unit..],
            source_unit,
            channel_stride: c.pixels(),
            gradient: &self.gradient[image * gradient_unit + first * c.pixels()..],
            gradient_unit,
            outputs: partial.len() / c.terms(),
        };
        self.add_blocks(&run, partial);
    }

    fn prepare_source(&self, planes: &Planes, unit: &Unit, to: &mut [f32]) {
        let plane = self.correlation.source[0] * self.correlation.source[1];
        let image = &self.source[unit.image * self.correlation.channels * plane..];
        planes.prepare(self.isa, image, unit.first_row, to);
    }

    fn prepare_gradient(&self, planes: &Planes, unit: &Unit, first: usize, to: &mut [f32]) {
        let (plane, columns) = (self.correlation.pixels(), self.correlation.domain[1]);
        let rows = planes.rows.min(self.correlation.domain[0] - unit.first_row);
        let start = (unit.image * self.correlation.outputs + first) * plane;
        let band = &self.gradient[start + unit.first_row * columns..];
        planes.prepare_gradient(self.isa, band, rows, plane, to);
    }

    fn add_blocks(&self, run: &Run<'_>, partial: &mut [f32]) {
        let taps = run.planes.offsets.len();
        let [most_rows, most_columns] = self.isa.max_dot(taps);
        let terms = self.correlation.terms();
        let offsets: Vec<usize> = (0..terms)
            .map(|k| k / taps * run.channel_stride + run.planes.offsets[k % taps])
            .collect();
        let rows = balanced(run.outputs, most_rows);
        let mut column = 0;
        for columns in column_blocks(self.correlation.channels, taps, most_columns) {
            let mut row = 0;
            for &rows in &rows {
                let job = Dot {
                    source: run.source,
                    source_unit: run.source_unit,
                    offsets: &offsets[column..column + columns],
                    gradient: &run.gradient[row * run.planes.flat..],
                    gradient_unit: run.gradient_unit,
                    gradient_stride: run.planes.flat,
                    rows,
                    units: run.units,
                    pixels: run.planes.flat,
                    out_stride: terms,
                };
                self.isa.dot(&job, &mut partial[row * terms + column..]);
                row += rows;
            }
            column += columns;
        }
    }

    // ---- gathered ----

    /// Adds to `output`, which is zero.
    fn gathered(&self, output: &mut [f32]) {
        let c = self.correlation;
        let sizes = balanced(c.outputs, self.isa.max_outputs());
        let most = sizes.iter().copied().max().unwrap_or(1);
        let vectors = self.isa.vectors(most);
        // Sixteen channels fill whole vectors with terms, however many taps there are.
        let width = match is_small(c) {
            true => 16 * c.taps.len(),
            false => vectors * self.isa.lanes(),
        };
        let packed = self.packed_gradient(&sizes);
        let mut panels: Vec<Vec<&mut [f32]>> = Vec::new();
        panels.resize_with(c.terms().div_ceil(width), Vec::new);
        for row in output.chunks_mut(c.terms()) {
            for (panel, part) in panels.iter_mut().zip(row.chunks_mut(width)) {
                panel.push(part);
            }
        }
        let pixels = self.images * c.pixels();
        let panels: Vec<_> = panels.into_iter().enumerate().collect();
        let indices = if is_small(c) { Vec::new() } else { self.indices() };
        for_each(panels, c.products(self.images), |(i, mut out)| {
            with_buffer(pixels * width, |buffer| {
                if is_small(c) {
                    self.spread_terms(i * 16, width, buffer);
                } else {
                    self.gather_terms(&indices, i * width, width, buffer);
                }
                let panel = TermPanel { terms: buffer, width, vectors };
                self.multiply_terms(&packed, &sizes, &panel, &mut out);
            });
        });
    }

    /// The gradient as the tile kernel's weights: per block of outputs `[pixel][output]`.
    fn packed_gradient(&self, sizes: &[usize]) -> Vec<f32> {
        let (plane, outputs) = (self.correlation.pixels(), self.correlation.outputs);
        let mut packed = Vec::with_capacity(self.gradient.len());
        let mut first = 0;
        for size in sizes {
            for pixel in 0..self.images * plane {
                let start = (pixel / plane * outputs + first) * plane + pixel % plane;
                packed.extend(self.gradient[start..].iter().step_by(plane).take(*size));
            }
            first += size;
        }
        packed
    }

    /// `[pixel][tap]`: where each value lies in channel 0 of the source.
    fn indices(&self) -> Vec<usize> {
        let c = self.correlation;
        let places = (0..self.images * c.pixels()).map(|pixel| Place::new(c, pixel));
        places.flat_map(|p| c.taps.iter().map(move |tap| p.index(c, tap))).collect()
    }

    /// `to[pixel][term]` for `width` terms from `first` on; zero beyond the last.
    fn gather_terms(&self, indices: &[usize], first: usize, width: usize, to: &mut [f32]) {
        let c = self.correlation;
        let (taps, plane) = (c.taps.len(), c.source[0] * c.source[1]);
        let terms: Vec<(usize, &[f32])> = (first..c.terms().min(first + width))
            .map(|term| (term % taps, &self.source[term / taps * plane..]))
            .collect();
        for (indices, row) in indices.chunks(taps).zip(to.chunks_mut(width)) {
            for ((tap, source), to) in terms.iter().zip(row.iter_mut()) {
                *to = source.get(indices[*tap]).copied().unwrap_or(0.0);
            }
            row[terms.len()..].fill(0.0);
        }
    }

    /// [`gather_terms`](Self::gather_terms) for sixteen channels, from planes that fit a vector.
    fn spread_terms(&self, first_channel: usize, width: usize, to: &mut [f32]) {
        let c = self.correlation;
        let (count, plane) = (c.taps.len(), c.source[0] * c.source[1]);
        let place = |pixel| Place::new(c, pixel);
        let runs: Vec<Places> = (0..c.pixels())
            .map(|pixel| places(count, |t| place(pixel).index(c, &c.taps[t])))
            .collect();
        let spread = Spread {
            planes: [self.images, (c.channels - first_channel).min(16)],
            source_strides: [c.channels * plane, plane],
            pixels: plane,
            runs: &runs,
            count,
            strides: [c.pixels() * width, count, width],
        };
        to.fill(0.0);
        let source = self.source.get(first_channel * plane..).unwrap_or(&[]);
        self.isa.spread(&spread, source, to);
    }

    fn multiply_terms(
        &self,
        packed: &[f32],
        sizes: &[usize],
        panel: &TermPanel<'_>,
        out: &mut [&mut [f32]],
    ) {
        let pixels = self.images * self.correlation.pixels();
        let lanes = dense_lanes(out.first().map_or(0, |row| row.len()), self.isa.lanes());
        let zeros = vec![0.0; self.isa.max_outputs()];
        let (mut rows, mut weights) = (out, packed);
        for &size in sizes {
            let (out, rest) = rows.split_at_mut(size);
            let (block, other) = weights.split_at(size * pixels);
            for (i, lanes) in lanes.chunks(panel.vectors).enumerate() {
                let job = Tile {
                    source: panel.terms.get(i * panel.vectors * self.isa.lanes()..).unwrap_or(&[]),
                    channels: pixels,
                    channel_stride: panel.width,
                    offsets: &[0],
                    weights: block,
                    bias: &zeros[..size],
                    lanes,
                    last: LastStep::default(),
                };
                self.isa.tile(&job, out);
            }
            (rows, weights) = (rest, other);
        }
    }
}

/// `[pixel][term]` for a run of `width` terms, multiplied `vectors` vectors at a time.
struct TermPanel<'a> {
    terms: &'a [f32],
    width: usize,
    vectors: usize,
}

/// The planes of one run of units.
struct Run<'a> {
    planes: &'a Planes,
    units: usize,
    source: &'a [f32],
    source_unit: usize,
    channel_stride: usize,
    gradient: &'a [f32],
    gradient_unit: usize,
    outputs: usize,
}

/// Columns (channel, tap) per block: the taps of a channel in equal parts, or, for filters of
/// one tap, several channels.
fn column_blocks(channels: usize, taps: usize, most: usize) -> Vec<usize> {
    if taps == 1 {
        return balanced(channels, most);
    }
    let channel = balanced(taps, most);
    channel.iter().copied().cycle().take(channel.len() * channels).collect()
}
