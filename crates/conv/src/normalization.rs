//! Batch normalisation with the batch's own statistics, an optional sum and ReLU, forward and
//! backward (Ioffe & Szegedy, ICML 2015), one channel at a time so that it stays in cache.

use crate::awake::{PASS, map};
use crate::kernels::elementwise::{
    Affine, GradientSums, backward_plane, forward_plane, gradient_sums, squared_deviations, sum,
};

/// Settings of one pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Normalization {
    /// `[n, channels, height, width]`
    pub(crate) shape: [usize; 4],
    /// Added to the variance.
    pub(crate) epsilon: f64,
    /// Whether negative results become zero.
    pub(crate) relu: bool,
}

/// What a forward pass reads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ForwardInputs<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) gamma: &'a [f32],
    pub(crate) beta: &'a [f32],
    /// Added before the ReLU.
    pub(crate) residual: Option<&'a [f32]>,
}

/// What a backward pass reads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BackwardInputs<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) gamma: &'a [f32],
    pub(crate) mean: &'a [f32],
    pub(crate) variance: &'a [f32],
    /// The forward pass's result if it had a ReLU.
    pub(crate) output: Option<&'a [f32]>,
    /// With respect to that result.
    pub(crate) gradient: &'a [f32],
}

/// Statistics or gradients of all channels.
pub(crate) type PerChannel = (Vec<f32>, Vec<f32>);

impl Normalization {
    fn plane(&self) -> usize {
        self.shape[2] * self.shape[3]
    }

    fn pixels(&self) -> f64 {
        (self.shape[0] * self.plane()) as f64
    }

    /// The planes of channel `c`, one per image.
    fn planes<'a>(&self, values: &'a [f32], c: usize) -> impl Iterator<Item = &'a [f32]> {
        values.chunks(self.plane().max(1)).skip(c).step_by(self.shape[1])
    }

    /// For each channel its planes of `values`.
    fn channels<'a>(&self, values: &'a mut [f32]) -> Vec<Vec<&'a mut [f32]>> {
        let mut channels: Vec<Vec<&mut [f32]>> = Vec::new();
        channels.resize_with(self.shape[1], || Vec::with_capacity(self.shape[0]));
        for (i, plane) in values.chunks_mut(self.plane().max(1)).enumerate() {
            channels[i % self.shape[1]].push(plane);
        }
        channels
    }
}

/// `relu?(gamma (x - mean) / sqrt(variance + epsilon) + beta + residual)` into `output`, whatever
/// it holds; returns mean and biased variance (divided by the number of pixels).
pub(crate) fn normalize(
    norm: &Normalization,
    inputs: ForwardInputs<'_>,
    output: &mut [f32],
) -> PerChannel {
    let ForwardInputs { x, gamma, beta, residual } = inputs;
    let channels: Vec<_> = norm.channels(output).into_iter().enumerate().collect();
    let statistics = map(channels, x.len() * PASS, |(c, planes)| {
        let mean = norm.planes(x, c).map(sum).sum::<f64>() / norm.pixels();
        let deviation = |plane| squared_deviations(plane, mean as f32);
        let variance = norm.planes(x, c).map(deviation).sum::<f64>() / norm.pixels();
        let scale = f64::from(gamma[c]) / (variance + norm.epsilon).sqrt();
        let affine = Affine { mean: mean as f32, scale: scale as f32, shift: beta[c] };
        let mut residual = residual.map(|r| norm.planes(r, c));
        for (x, y) in norm.planes(x, c).zip(planes) {
            let residual = residual.as_mut().and_then(Iterator::next);
            forward_plane(x, residual, affine, norm.relu, y);
        }
        (mean as f32, variance as f32)
    });
    statistics.into_iter().unzip()
}

/// The gradients of [`normalize`] with respect to `x` into `input`, whatever it holds, and to the
/// residual into `residual`, unless that is empty; returns those with respect to gamma and beta.
pub(crate) fn normalize_backward(
    norm: &Normalization,
    inputs: BackwardInputs<'_>,
    input: &mut [f32],
    residual: &mut [f32],
) -> PerChannel {
    let channels = norm.channels(input).into_iter().zip(norm.channels(residual));
    let cost = inputs.x.len() * PASS;
    let sums = map(channels.enumerate().collect(), cost, |(c, (planes, residual))| {
        let mean = inputs.mean[c];
        let inverse = 1.0 / (f64::from(inputs.variance[c]) + norm.epsilon).sqrt();
        let total = Planes { norm, c, inputs }.sums(mean);
        let (beta, gamma) = (total.plain, total.weighted * inverse);
        // dx = gamma inverse (g - mean(g) - xhat mean(g xhat)), xhat = (x - mean) inverse.
        let scale = f64::from(inputs.gamma[c]) * inverse;
        let affine =
            [scale, -scale * inverse * gamma / norm.pixels(), -scale * beta / norm.pixels()];
        let affine = affine.map(|a| a as f32);
        let mut residual = residual.into_iter();
        for ((x, g, y), dx) in (Planes { norm, c, inputs }).iter().zip(planes) {
            backward_plane(x, g, y, mean, affine, dx, residual.next());
        }
        (gamma as f32, beta as f32)
    });
    sums.into_iter().unzip()
}

/// One channel's planes of what the backward pass reads.
#[derive(Clone, Copy)]
struct Planes<'a> {
    norm: &'a Normalization,
    c: usize,
    inputs: BackwardInputs<'a>,
}

impl<'a> Planes<'a> {
    fn iter(self) -> impl Iterator<Item = (&'a [f32], &'a [f32], Option<&'a [f32]>)> {
        let mut output = self.inputs.output.map(|o| self.norm.planes(o, self.c));
        let gradient = self.norm.planes(self.inputs.gradient, self.c);
        let pairs = self.norm.planes(self.inputs.x, self.c).zip(gradient);
        pairs.map(move |(x, g)| (x, g, output.as_mut().and_then(Iterator::next)))
    }

    fn sums(self, mean: f32) -> GradientSums {
        self.iter().fold(GradientSums::default(), |total, (x, g, y)| {
            let sums = gradient_sums(x, g, y, mean);
            GradientSums {
                plain: total.plain + sums.plain,
                weighted: total.weighted + sums.weighted,
            }
        })
    }
}
