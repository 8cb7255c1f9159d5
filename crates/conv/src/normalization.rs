//! Batch normalisation with the batch's own statistics, an optional sum and ReLU, forward and
//! backward (Ioffe & Szegedy, ICML 2015), one channel at a time so that it stays in cache.

use crate::buffers;
use crate::kernels::elementwise::{
    Affine, GradientSums, backward_plane, forward_plane, gradient_sums, squared_deviations, sum,
};
use crate::parallel::{PASS, map};

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

/// Results of [`normalize`].
pub(crate) struct Normalized {
    pub(crate) output: Vec<f32>,
    pub(crate) mean: Vec<f32>,
    /// Biased: divided by the number of pixels.
    pub(crate) variance: Vec<f32>,
}

/// Results of [`normalize_backward`].
pub(crate) struct NormalizationGradients {
    pub(crate) input: Vec<f32>,
    pub(crate) gamma: Vec<f32>,
    pub(crate) beta: Vec<f32>,
    /// Given where it differs from the output's gradient and is asked for.
    pub(crate) residual: Option<Vec<f32>>,
}

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

/// `relu?(gamma (x - mean) / sqrt(variance + epsilon) + beta + residual)`.
pub(crate) fn normalize(
    norm: &Normalization,
    x: &[f32],
    gamma: &[f32],
    beta: &[f32],
    residual: Option<&[f32]>,
) -> Normalized {
    let mut output = buffers::take(x.len());
    let channels: Vec<_> = norm.channels(&mut output).into_iter().enumerate().collect();
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
    let (mean, variance) = statistics.into_iter().unzip();
    Normalized { output, mean, variance }
}

/// The gradients of [`normalize`]; `output` is its result if it had a ReLU.
pub(crate) fn normalize_backward(
    norm: &Normalization,
    x: &[f32],
    gamma: &[f32],
    [mean, variance]: [&[f32]; 2],
    output: Option<&[f32]>,
    gradient: &[f32],
    wants_residual: bool,
) -> NormalizationGradients {
    let mut input = buffers::take(x.len());
    let keeps_residual = wants_residual && norm.relu;
    let mut residual = if keeps_residual { buffers::take(x.len()) } else { Vec::new() };
    let channels = norm.channels(&mut input).into_iter().zip(norm.channels(&mut residual));
    let sums = map(channels.enumerate().collect(), x.len() * PASS, |(c, (planes, residual))| {
        let rest = || Planes { norm, c, x, gradient, output };
        let inverse = 1.0 / (f64::from(variance[c]) + norm.epsilon).sqrt();
        let total = rest().sums(mean[c]);
        let (beta, gamma_sum) = (total.plain, total.weighted * inverse);
        // dx = gamma inverse (g - mean(g) - xhat mean(g xhat)), xhat = (x - mean) inverse.
        let scale = f64::from(gamma[c]) * inverse;
        let affine =
            [scale, -scale * inverse * gamma_sum / norm.pixels(), -scale * beta / norm.pixels()];
        let affine = affine.map(|a| a as f32);
        let mut residual = residual.into_iter();
        for ((x, g, y), dx) in rest().iter().zip(planes) {
            let residual = residual.next();
            backward_plane(x, g, y, mean[c], affine, dx, residual);
        }
        (gamma_sum as f32, beta as f32)
    });
    let (gamma, beta) = sums.into_iter().unzip();
    let residual = (!residual.is_empty()).then_some(residual);
    NormalizationGradients { input, gamma, beta, residual }
}

/// One channel's planes of what the backward pass reads.
#[derive(Clone, Copy)]
struct Planes<'a> {
    norm: &'a Normalization,
    c: usize,
    x: &'a [f32],
    gradient: &'a [f32],
    output: Option<&'a [f32]>,
}

impl<'a> Planes<'a> {
    fn iter(self) -> impl Iterator<Item = (&'a [f32], &'a [f32], Option<&'a [f32]>)> {
        let mut output = self.output.map(|o| self.norm.planes(o, self.c));
        let gradient = self.norm.planes(self.gradient, self.c);
        let pairs = self.norm.planes(self.x, self.c).zip(gradient);
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
