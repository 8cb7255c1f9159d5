//! Source planes laid out so that every tap of every pixel is one constant distance away.
//!
//! Rows are padded to a common pitch and follow each other without a gap, so that a vector may
//! run over the end of a row: the few columns between the rows are computed and dropped.
//! With a step `s` the plane is split into its `s * s` phases, each such a plane of its own.

use crate::{
    correlation::Correlation,
    kernels::{Isa, Lanes, PlaneCopy},
};

/// Layout of the prepared planes of one band of output rows.
#[derive(Debug, Clone)]
pub(crate) struct Planes {
    /// Output rows of a band.
    pub(crate) rows: usize,
    columns: usize,
    pitch: usize,
    phase_rows: usize,
    /// Phases that a tap needs.
    phases: Vec<[usize; 2]>,
    origin: [isize; 2],
    step: [usize; 2],
    source: [usize; 2],
    /// Values from a pixel to each of its taps.
    pub(crate) offsets: Vec<usize>,
    /// Values of one channel, slack included.
    pub(crate) channel_stride: usize,
    /// Flat pixels of a band, a multiple of the vector width.
    pub(crate) flat: usize,
}

impl Planes {
    /// The layout for bands of `rows` output rows and vectors of `lanes` values.
    pub(crate) fn new(correlation: &Correlation, rows: usize, lanes: usize) -> Self {
        let step = correlation.step;
        let [dy, dx] = [correlation.shifts(0), correlation.shifts(1)];
        let origin = [dy[0], dx[0]];
        let reach = [(dy[1] - dy[0]) as usize / step[0], (dx[1] - dx[0]) as usize / step[1]];
        let columns = correlation.domain[1];
        let (pitch, phase_rows) = (columns + reach[1], rows + reach[0]);
        let split = |shift: [isize; 2]| {
            let at = [(shift[0] - origin[0]) as usize, (shift[1] - origin[1]) as usize];
            ([at[0] % step[0], at[1] % step[1]], at[0] / step[0] * pitch + at[1] / step[1])
        };
        let mut phases: Vec<[usize; 2]> = Vec::new();
        let mut offsets = Vec::with_capacity(correlation.taps.len());
        for tap in &correlation.taps {
            let (phase, within) = split(tap.shift);
            let index = phases.iter().position(|p| *p == phase).unwrap_or_else(|| {
                phases.push(phase);
                phases.len() - 1
            });
            offsets.push(index * phase_rows * pitch + within);
        }
        let flat = (rows * pitch).saturating_sub(reach[1]).div_ceil(lanes) * lanes;
        let used = phases.len() * phase_rows * pitch;
        let end = offsets.iter().max().map_or(0, |reach| reach + flat);
        let mut channel_stride = used.max(end).div_ceil(16) * 16;
        if channel_stride.is_multiple_of(1024) {
            channel_stride += 16; // planes a multiple of 4 KiB apart evict each other
        }
        Self {
            rows,
            columns,
            pitch,
            phase_rows,
            phases,
            origin,
            step,
            source: correlation.source,
            offsets,
            channel_stride,
            flat,
        }
    }

    /// Share of the computed lanes that are output pixels.
    pub(crate) fn efficiency(&self) -> f64 {
        (self.rows * self.columns) as f64 / self.flat as f64
    }

    /// Which lanes of each vector of a band of `rows` rows are pixels, and where they go.
    pub(crate) fn lanes(&self, rows: usize, lanes: usize) -> Vec<Lanes> {
        let pixel = |flat: usize| flat % self.pitch < self.columns && flat / self.pitch < rows;
        let mut dense = 0;
        (0..self.flat / lanes)
            .map(|v| {
                let mask = (0..lanes).filter(|l| pixel(v * lanes + l)).fold(0, |m, l| m | 1 << l);
                dense += u32::count_ones(mask) as usize;
                Lanes { mask, dense: dense - u32::count_ones(mask) as usize }
            })
            .collect()
    }

    /// Copies a band of all channels, from output row `first` on, with its zero padding; every
    /// value of `to` (`channels` strides) is written.
    pub(crate) fn prepare(&self, isa: Isa, source: &[f32], first: usize, to: &mut [f32]) {
        to.fill(0.0);
        let size = self.phase_rows * self.pitch;
        for (i, phase) in self.phases.iter().enumerate() {
            let row = first * self.step[0] + phase[0];
            let copy = PlaneCopy {
                planes: to.len() / self.channel_stride,
                source: self.source,
                source_stride: self.source[0] * self.source[1],
                start: [row as isize + self.origin[0], phase[1] as isize + self.origin[1]],
                step: self.step,
                result: [self.phase_rows, self.pitch],
                pitch: self.pitch,
                result_stride: self.channel_stride,
            };
            isa.copy_planes(&copy, source, &mut to[i * size..]);
        }
    }

    /// Lays out bands of `rows` rows of dense gradient planes, `stride` values apart, at the
    /// pitch of these planes, with zeros between and after the rows; every value of `to`
    /// (`flat` per plane) is written.
    pub(crate) fn prepare_gradient(
        &self,
        isa: Isa,
        gradient: &[f32],
        rows: usize,
        stride: usize,
        to: &mut [f32],
    ) {
        to.fill(0.0);
        let copy = PlaneCopy {
            planes: to.len() / self.flat,
            source: [rows, self.columns],
            source_stride: stride,
            start: [0, 0],
            step: [1, 1],
            result: [rows, self.columns],
            pitch: self.pitch,
            result_stride: self.flat,
        };
        isa.copy_planes(&copy, gradient, to);
    }
}
