//! Weights of the low-pass filter: of which film pixels each sample of the reduced film is made.

use crate::Filter;
use crate::affine::resized;
use crate::filter::triangle;
use std::ops::Range;

/// Density of the reduced film over that of the picture that is read from it.
const OVERSAMPLING: f64 = 1.25;

/// For each reduced sample, the film pixels it is made of and their weights.
pub(crate) struct Taps {
    pub(crate) first: usize,
    pub(crate) pitch: f64,
    start: Vec<usize>,
    /// `n_taps` per sample.
    weights: Vec<f32>,
    n_taps: usize,
}

impl Taps {
    /// Samples over `needed`, made of pixels in `field`, for pictures with `step` film px per px.
    pub(crate) fn new(
        needed: Range<usize>,
        field: Range<usize>,
        step: f64,
        filter: Filter,
    ) -> Self {
        let step = step.max(1.0);
        let pitch = (step / OVERSAMPLING).max(1.0);
        let kernel = filter.kernel();
        let needed = if filter == Filter::Lanczos {
            // Its interpolation looks at samples beyond the picture.
            let reach = (filter.reach() * pitch).ceil() as usize;
            let end = needed.end.saturating_add(reach).min(field.end);
            needed.start.saturating_sub(reach).max(field.start)..end
        } else {
            needed
        };
        let half_width = step * filter.reach();
        let n = ((needed.end - 1 - needed.start) as f64 / pitch).ceil() as usize + 1;
        // A picture may be much smaller than what it shows; the field bounds the taps.
        let reach = (2.0 * half_width).ceil().min(field.len() as f64);
        let n_taps = if step > 1.0 { (reach as usize + 1).min(field.len()) } else { 1 };
        let mut taps = Self {
            first: needed.start,
            pitch,
            start: Vec::with_capacity(n),
            weights: Vec::with_capacity(n * n_taps),
            n_taps,
        };
        for i in 0..n {
            let centre = needed.start as f64 + i as f64 * pitch;
            let lowest = if step > 1.0 { (centre - half_width).ceil() } else { centre };
            let start = lowest.max(field.start as f64) as usize;
            taps.push(start.min(field.end - n_taps), |pixel| {
                kernel((pixel as f64 - centre) / step)
            });
        }
        taps
    }

    /// `to` samples that cover `from` pixels, edges on edges: triangles as wide as two samples.
    pub(crate) fn covering(from: usize, to: usize) -> Self {
        let step = from as f64 / to as f64;
        let n_taps = if step > 1.0 { ((2.0 * step).ceil() as usize + 1).min(from) } else { 1 };
        let mut taps = Self {
            first: 0,
            pitch: step,
            start: Vec::with_capacity(to),
            weights: Vec::with_capacity(to * n_taps),
            n_taps,
        };
        for i in 0..to {
            let centre = resized(i as f64, step);
            let start = (centre - step).ceil().max(0.0) as usize;
            let start = if step > 1.0 { start.min(from - n_taps) } else { i };
            taps.push(start, |pixel| triangle((pixel as f64 - centre) / step));
        }
        taps
    }

    fn push(&mut self, start: usize, weight: impl Fn(usize) -> f64) {
        let weights: Vec<f64> = (start..start + self.n_taps).map(weight).collect();
        let sum: f64 = weights.iter().sum();
        self.start.push(start);
        if sum.abs() > 1e-9 {
            self.weights.extend(weights.iter().map(|w| (w / sum) as f32));
        } else {
            // The centre lies past the field's last pixel: repeat that pixel.
            self.weights
                .extend((0..self.n_taps).map(|k| f32::from(u8::from(k + 1 == self.n_taps))));
        }
    }

    /// Number of samples.
    pub(crate) fn n(&self) -> usize {
        self.start.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &[f32])> {
        self.start.iter().copied().zip(self.weights.chunks_exact(self.n_taps))
    }

    /// First and one past the last film pixel that any sample reads.
    pub(crate) fn extent(&self) -> Range<usize> {
        let first = self.start.iter().copied().min().unwrap_or(0);
        let last = self.start.iter().copied().max().unwrap_or(0);
        first..last + self.n_taps
    }
}
