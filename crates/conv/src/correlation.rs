//! What forward pass and input gradient have in common: every output pixel is a weighted sum of
//! source pixels at fixed displacements (taps) from `step` times its own position.

/// One displacement and the place of its weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tap {
    /// Source row and column less `step` times the output's; may be negative.
    pub(crate) shift: [isize; 2],
    /// Position of its weight within one output's and channel's filter.
    pub(crate) weight: usize,
}

/// `y[o, i, j] = sum over c, t of w[o, c, t] x[c, step i + shift_t, step j + shift_t]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Correlation {
    pub(crate) channels: usize,
    pub(crate) outputs: usize,
    /// Height and width of a source plane.
    pub(crate) source: [usize; 2],
    /// Height and width of an output plane.
    pub(crate) domain: [usize; 2],
    pub(crate) step: [usize; 2],
    pub(crate) taps: Vec<Tap>,
    /// Distance in the weight between outputs and between channels.
    pub(crate) weight_strides: [usize; 2],
}

impl Correlation {
    /// The forward pass of a layer.
    pub(crate) fn forward(
        weight: [usize; 4],
        stride: [usize; 2],
        padding: [usize; 2],
        input: [usize; 4],
        output: [usize; 4],
    ) -> Self {
        let [o, c, kh, kw] = weight;
        let tap = |u: usize, v: usize| Tap {
            shift: [u as isize - padding[0] as isize, v as isize - padding[1] as isize],
            weight: u * kw + v,
        };
        Self {
            channels: c,
            outputs: o,
            source: [input[2], input[3]],
            domain: [output[2], output[3]],
            step: stride,
            taps: (0..kh).flat_map(|u| (0..kw).map(move |v| tap(u, v))).collect(),
            weight_strides: [c * kh * kw, kh * kw],
        }
    }

    /// True for a 1 x 1 filter of step 1 without padding: planes can be read where they are.
    pub(crate) fn is_pointwise(&self) -> bool {
        let one = Tap { shift: [0, 0], weight: 0 };
        self.taps == [one] && self.step == [1, 1] && self.domain == self.source
    }

    /// Smallest and largest shift along an axis.
    pub(crate) fn shifts(&self, axis: usize) -> [isize; 2] {
        let shifts = || self.taps.iter().map(|tap| tap.shift[axis]);
        [shifts().min().unwrap_or(0), shifts().max().unwrap_or(0)]
    }

    /// Pixels of an output plane.
    pub(crate) fn pixels(&self) -> usize {
        self.domain[0] * self.domain[1]
    }

    /// Multiply-adds for this many images.
    pub(crate) fn products(&self, images: usize) -> usize {
        images * self.outputs * self.pixels() * self.terms()
    }

    /// Terms of one output's sum.
    pub(crate) fn terms(&self) -> usize {
        self.channels * self.taps.len()
    }
}

/// The input pixels `stride * (i, j) + offset`: their gradient is a correlation of step 1 of the
/// output gradient, with those taps of the flipped filter that meet them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phase {
    offset: [usize; 2],
    stride: [usize; 2],
    pub(crate) correlation: Correlation,
}

impl Phase {
    /// All phases that some tap meets; the other pixels have gradient zero.
    pub(crate) fn all(
        weight: [usize; 4],
        stride: [usize; 2],
        padding: [usize; 2],
        input: [usize; 4],
        output: [usize; 4],
    ) -> Vec<Self> {
        let [o, c, kh, kw] = weight;
        let offsets = (0..stride[0]).flat_map(|r| (0..stride[1]).map(move |q| [r, q]));
        let phase = |offset: [usize; 2]| {
            let rows = taps_of_phase(kh, stride[0], padding[0], offset[0]);
            let columns = taps_of_phase(kw, stride[1], padding[1], offset[1]);
            let tap = |(u, dy): (usize, isize), (v, dx): (usize, isize)| Tap {
                shift: [dy, dx],
                weight: u * kw + v,
            };
            let taps: Vec<Tap> = rows
                .iter()
                .flat_map(|&row| columns.iter().map(move |&col| tap(row, col)))
                .collect();
            let count =
                |axis: usize| input[2 + axis].saturating_sub(offset[axis]).div_ceil(stride[axis]);
            let correlation = Correlation {
                channels: o,
                outputs: c,
                source: [output[2], output[3]],
                domain: [count(0), count(1)],
                step: [1, 1],
                taps,
                weight_strides: [kh * kw, c * kh * kw],
            };
            Self { offset, stride, correlation }
        };
        let mut phases: Vec<Self> = offsets.map(phase).collect();
        phases.retain(|p| !p.correlation.taps.is_empty() && p.correlation.pixels() > 0);
        phases
    }

    /// Writes this phase's pixels `part` to their places in `input`.
    pub(crate) fn scatter(&self, part: &[f32], input: &mut [f32], shape: [usize; 4]) {
        let [height, width] = [shape[2], shape[3]];
        let columns = self.correlation.domain[1];
        let planes = input.chunks_mut(height * width).zip(part.chunks(self.correlation.pixels()));
        for (plane, part) in planes {
            let rows = plane.chunks_mut(width).skip(self.offset[0]).step_by(self.stride[0]);
            for (row, part) in rows.zip(part.chunks(columns)) {
                scatter_row(&mut row[self.offset[1]..], part, self.stride[1]);
            }
        }
    }
}

fn scatter_row(row: &mut [f32], part: &[f32], stride: usize) {
    if stride == 2 {
        let (whole, last) = part.split_at(row.len() / 2);
        for (pair, value) in row.chunks_exact_mut(2).zip(whole) {
            pair[0] = *value;
        }
        if let (Some(to), Some(value)) = (row.last_mut(), last.first()) {
            *to = *value;
        }
        return;
    }
    for (to, value) in row.iter_mut().step_by(stride).zip(part) {
        *to = *value;
    }
}

/// Filter positions `u` along one axis that reach inputs `stride * i + offset`, each with the
/// displacement of the output it comes from: `i + (offset + padding - u) / stride`.
fn taps_of_phase(
    filter: usize,
    stride: usize,
    padding: usize,
    offset: usize,
) -> Vec<(usize, isize)> {
    let displacement = |u: usize| (offset + padding) as isize - u as isize;
    (0..filter)
        .filter(|&u| displacement(u).rem_euclid(stride as isize) == 0)
        .map(|u| (u, displacement(u).div_euclid(stride as isize)))
        .collect()
}
