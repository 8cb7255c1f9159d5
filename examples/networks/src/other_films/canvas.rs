//! Drawn radiographs: line integrals of simple bodies, then exposure and noise.
//!
//! Places are `(x, y)` in shares of the height, so that a drawing does not depend on its size.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use vertebra_raster::{GaussianBlur, Image};

/// What has been drawn so far: how much each ray has passed through.
pub(super) struct Canvas {
    pub(super) dice: ChaCha8Rng,
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) depth: Vec<f32>,
}

impl Canvas {
    pub(super) fn new([height, width]: [usize; 2], dice: ChaCha8Rng) -> Self {
        Self { dice, height, width, depth: vec![0.0; height * width] }
    }

    pub(super) fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.dice.random::<f64>()
    }

    pub(super) fn count(&mut self, low: usize, high: usize) -> usize {
        self.dice.random_range(low..=high)
    }

    /// Width over height.
    pub(super) fn aspect(&self) -> f64 {
        self.width as f64 / self.height as f64
    }

    /// Adds a function of the place `(x, y)`.
    pub(super) fn add(&mut self, value: impl Fn(f64, f64) -> f64) {
        let (height, width) = (self.height as f64, self.width);
        for (i, depth) in self.depth.iter_mut().enumerate() {
            let (x, y) = ((i % width) as f64 / height, (i / width) as f64 / height);
            *depth += value(x, y) as f32;
        }
    }

    /// An ellipsoid with these half axes across and down, turned clockwise by `angle` radians.
    pub(super) fn ellipsoid(&mut self, at: (f64, f64), axes: (f64, f64), angle: f64, dense: f64) {
        let (sin, cos) = angle.sin_cos();
        self.add(|x, y| {
            let (dx, dy) = (x - at.0, y - at.1);
            let (u, v) = ((dx * cos + dy * sin) / axes.0, (dy * cos - dx * sin) / axes.1);
            dense * (1.0 - u * u - v * v).max(0.0).sqrt()
        });
    }

    /// A block with round corners and a bright rim, half sides across and down.
    pub(super) fn block(&mut self, at: (f64, f64), half: (f64, f64), angle: f64, dense: f64) {
        let (sin, cos) = angle.sin_cos();
        self.add(|x, y| {
            let (dx, dy) = (x - at.0, y - at.1);
            let (u, v) = ((dx * cos + dy * sin) / half.0, (dy * cos - dx * sin) / half.1);
            let r = (u.powi(6) + v.powi(6)).powf(1.0 / 6.0);
            let rim = (-((r - 0.92) / 0.08).powi(2)).exp();
            dense * (f64::from(u8::from(r < 1.0)) * 0.7 + 0.6 * rim)
        });
    }

    /// A long bone or a rib along a line of points: a cylinder whose wall is denser than the rest.
    pub(super) fn bone(&mut self, line: &[(f64, f64)], radius: f64, dense: f64) {
        self.add(|x, y| {
            let far = line.windows(2).map(|p| to_segment((x, y), p[0], p[1]));
            let r = far.fold(f64::INFINITY, f64::min) / radius;
            let through = |part: f64| (1.0 - (r / part).powi(2)).max(0.0).sqrt();
            dense * (through(1.0) - 0.6 * through(0.7))
        });
    }

    /// Clouds of this size and strength: blurred white noise.
    pub(super) fn clouds(&mut self, size: f64, strength: f64) {
        let n = self.depth.len();
        let mut noise: Vec<f32> = (0..n).map(|_| self.dice.random::<f32>() - 0.5).collect();
        if let Ok(blur) = GaussianBlur::new(size * self.height as f64) {
            blur.apply(&mut noise, self.width);
        }
        let sd = (noise.iter().map(|v| v * v).sum::<f32>() / n as f32).sqrt().max(1e-9);
        let factor = strength as f32 / sd;
        self.depth.iter_mut().zip(noise).for_each(|(d, v)| *d += factor * v);
    }

    /// The picture as a scanner gives it: bone bright, with a curve, noise and blur of its own.
    pub(super) fn developed(mut self) -> Image {
        let [low, high] = range(&self.depth);
        let gamma = self.uniform(-0.5, 0.5).exp() as f32;
        let noise = self.uniform(0.0, 0.04) as f32;
        let blur = self.uniform(0.0, 0.003) * self.height as f64;
        let mut pixels = self.depth;
        for p in &mut pixels {
            let grain = noise * (self.dice.random::<f32>() + self.dice.random::<f32>() - 1.0);
            *p = ((*p - low) / (high - low).max(1e-9)).powf(gamma) + grain;
        }
        if let Ok(blur) = GaussianBlur::new(blur) {
            blur.apply(&mut pixels, self.width);
        }
        Image { pixels, height: self.height, width: self.width }
    }
}

fn range(values: &[f32]) -> [f32; 2] {
    values
        .iter()
        .fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], v| [low.min(*v), high.max(*v)])
}

fn to_segment(p: (f64, f64), a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let t = ((p.0 - a.0) * dx + (p.1 - a.1) * dy) / (dx * dx + dy * dy).max(1e-12);
    let t = t.clamp(0.0, 1.0);
    (p.0 - a.0 - t * dx).hypot(p.1 - a.1 - t * dy)
}
