//! Smoothing of film-sized pictures.

use vertebra_raster::{GaussianBlur, original};

/// Gaussian blur in place, standard deviation in px, edges repeated; none for a deviation that is
/// not a number above 0.
pub(crate) fn blur(pixels: &mut [f32], width: usize, sigma: f64) {
    if let Ok(blur) = GaussianBlur::new(sigma) {
        blur.apply(pixels, width);
    }
}

/// A picture reduced by means over blocks, for what varies slowly.
pub(crate) struct Coarse {
    width: usize,
    height: usize,
    block: usize,
    values: Vec<f32>,
}

impl Coarse {
    /// Means over blocks of `block` px, then a Gaussian blur of `sigma` px (of the full picture).
    pub(crate) fn of(pixels: &[f32], width: usize, block: usize, sigma: f64) -> Self {
        let height = pixels.len() / width;
        let (w, h) = (width.div_ceil(block), height.div_ceil(block));
        let mut values = vec![0.0; w * h];
        let mut counts = vec![0.0f32; w * h];
        for (row, line) in pixels.chunks_exact(width).enumerate() {
            for (cell, chunk) in line.chunks(block).enumerate() {
                let i = row / block * w + cell;
                values[i] += chunk.iter().sum::<f32>();
                counts[i] += chunk.len() as f32;
            }
        }
        for (value, count) in values.iter_mut().zip(&counts) {
            *value /= count;
        }
        blur(&mut values, w, sigma / block as f64);
        Self { width: w, height: h, block, values }
    }

    /// Bilinear interpolation over one row of the full picture.
    pub(crate) fn row(&self, row: usize, out: &mut [f32]) {
        let at = |position: f32, n: usize| {
            let p = position.clamp(0.0, (n - 1) as f32);
            let i = (p as usize).min(n.saturating_sub(2));
            (i, p - i as f32)
        };
        let place = |px: usize| original(px as f64, self.block as f64) as f32;
        let (j, fy) = at(place(row), self.height);
        let below = (j + 1).min(self.height - 1);
        let mixed: Vec<f32> = (0..self.width)
            .map(|i| {
                let (a, b) = (self.values[j * self.width + i], self.values[below * self.width + i]);
                a + fy * (b - a)
            })
            .collect();
        for (column, value) in out.iter_mut().enumerate() {
            let (i, fx) = at(place(column), self.width);
            let next = mixed[(i + 1).min(self.width - 1)];
            *value = mixed[i] + fx * (next - mixed[i]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coarse_plane_is_the_plane_away_from_the_border() {
        let (width, height) = (50usize, 37usize);
        let plane = |x: usize, y: usize| 2.0 * x as f32 - 3.0 * y as f32;
        let pixels: Vec<f32> = (0..width * height).map(|i| plane(i % width, i / width)).collect();
        let coarse = Coarse::of(&pixels, width, 4, 0.0);
        let mut row = vec![0.0; width];
        coarse.row(17, &mut row);
        for (x, value) in row.iter().enumerate().take(44).skip(4) {
            assert!((value - plane(x, 17)).abs() < 1e-3, "{x}: {value} {}", plane(x, 17));
        }
    }
}
