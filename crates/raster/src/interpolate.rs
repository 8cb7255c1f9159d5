//! Interpolation in a reduced film.

use crate::Filter;
use crate::filter::{LOBES, lanczos};
use crate::reduce::{Axis, PAD, Reduced};

/// Coordinates of the warp are fixed-point numbers with this many fractional bits.
const BITS: u32 = 32;

impl Reduced {
    /// Grey values of picture row `row`, columns from `start`.
    pub(crate) fn interpolate(
        &self,
        inverse: &[[f64; 3]; 2],
        row: usize,
        start: usize,
        line: &mut [f32],
        filter: Filter,
    ) {
        if line.is_empty() {
            return;
        }
        let last = line.len() - 1;
        let along = |m: &[f64; 3], axis: &Axis| {
            let at = |column: usize| {
                let place = m[0] * column as f64 + m[1] * row as f64 + m[2];
                // Rounding and a picture that looks past the last sample stay within the padding.
                ((place - axis.first) / axis.pitch).clamp(-0.75, axis.n as f64 - 0.25)
            };
            let (first, end) = (at(start), at(start + last));
            let step = (end - first) / last.max(1) as f64;
            (first + PAD as f64, step)
        };
        let (x, dx) = along(&inverse[0], &self.columns);
        let (y, dy) = along(&inverse[1], &self.rows);
        match filter {
            Filter::Bilinear => self.bilinear([x, y], [dx, dy], line),
            Filter::Lanczos => {
                for (i, value) in line.iter_mut().enumerate() {
                    *value = self.lanczos(x + i as f64 * dx, y + i as f64 * dy);
                }
            }
        }
    }

    fn bilinear(&self, start: [f64; 2], step: [f64; 2], line: &mut [f32]) {
        let fixed = |v: f64| (v * (1_u64 << BITS) as f64) as i64;
        let ([mut x, mut y], [dx, dy]) = (start.map(fixed), step.map(fixed));
        for value in line {
            let at = (y >> BITS) as usize * self.stride + (x >> BITS) as usize;
            let (fx, fy) = (fraction(x), fraction(y));
            let upper = &self.pixels[at..at + 2];
            let lower = &self.pixels[at + self.stride..at + self.stride + 2];
            let a = upper[0] + (upper[1] - upper[0]) * fx;
            let b = lower[0] + (lower[1] - lower[0]) * fx;
            *value = a + (b - a) * fy;
            (x, y) = (x + dx, y + dy);
        }
    }

    fn lanczos(&self, x: f64, y: f64) -> f32 {
        let ((column, wx), (row, wy)) = (lanczos_weights(x), lanczos_weights(y));
        let lines = self.pixels[row * self.stride..].chunks(self.stride);
        lines
            .zip(wy)
            .map(|(line, wy)| {
                let taps = line[column..].iter().zip(wx);
                wy * taps.map(|(v, w)| v * w).sum::<f32>()
            })
            .sum()
    }
}

/// The first of six neighbours, and their weights.
fn lanczos_weights(at: f64) -> (usize, [f32; 6]) {
    let first = at.floor() - (LOBES - 1.0);
    let weights: [f64; 6] = std::array::from_fn(|k| lanczos(at - first - k as f64));
    let sum: f64 = weights.iter().sum();
    (first as usize, weights.map(|w| (w / sum) as f32))
}

/// Fractional part of a fixed-point number, with the 24 bits that a float holds.
fn fraction(v: i64) -> f32 {
    ((v as u32) >> 8) as i32 as f32 * (1.0 / (1_u32 << 24) as f32)
}
