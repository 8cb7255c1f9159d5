//! Smoothing of film-sized pictures.

/// Separable Gaussian blur in place, standard deviation in px, edges repeated.
pub(crate) fn gaussian_blur(pixels: &mut [f32], width: usize, sigma: f64) {
    let kernel = gaussian_kernel(sigma);
    if kernel.len() < 2 || width == 0 {
        return;
    }
    blur_rows(pixels, width, &kernel);
    blur_columns(pixels, width, &kernel);
}

/// One half of a normalised kernel, centre first.
fn gaussian_kernel(sigma: f64) -> Vec<f32> {
    if sigma < 0.05 {
        return vec![1.0];
    }
    let reach = (3.0 * sigma).ceil() as usize;
    let half: Vec<f64> = (0..=reach).map(|k| (-0.5 * (k as f64 / sigma).powi(2)).exp()).collect();
    let sum = half[0] + 2.0 * half[1..].iter().sum::<f64>();
    half.iter().map(|v| (v / sum) as f32).collect()
}

fn blur_rows(pixels: &mut [f32], width: usize, kernel: &[f32]) {
    let reach = kernel.len() - 1;
    let mut padded = vec![0.0; width + 2 * reach];
    for line in pixels.chunks_exact_mut(width) {
        padded[..reach].fill(line[0]);
        padded[reach..reach + width].copy_from_slice(line);
        padded[reach + width..].fill(line[width - 1]);
        for value in line.iter_mut() {
            *value *= kernel[0];
        }
        for (k, weight) in kernel.iter().enumerate().skip(1) {
            let (before, after) = (&padded[reach - k..], &padded[reach + k..]);
            for ((value, b), a) in line.iter_mut().zip(before).zip(after) {
                *value += weight * (b + a);
            }
        }
    }
}

fn blur_columns(pixels: &mut [f32], width: usize, kernel: &[f32]) {
    let height = pixels.len() / width;
    let source = pixels.to_vec();
    let line = |row: isize| {
        let row = row.clamp(0, height as isize - 1) as usize;
        &source[row * width..][..width]
    };
    for (row, target) in pixels.chunks_exact_mut(width).enumerate() {
        for value in target.iter_mut() {
            *value *= kernel[0];
        }
        for (k, weight) in kernel.iter().enumerate().skip(1) {
            let (above, below) = (line(row as isize - k as isize), line((row + k) as isize));
            for ((value, a), b) in target.iter_mut().zip(above).zip(below) {
                *value += weight * (a + b);
            }
        }
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
        gaussian_blur(&mut values, w, sigma / block as f64);
        Self { width: w, height: h, block, values }
    }

    /// Bilinear interpolation over one row of the full picture.
    pub(crate) fn row(&self, row: usize, out: &mut [f32]) {
        let at = |position: f32, n: usize| {
            let p = position.clamp(0.0, (n - 1) as f32);
            let i = (p as usize).min(n.saturating_sub(2));
            (i, p - i as f32)
        };
        let per_px = 1.0 / self.block as f32;
        let (j, fy) = at((row as f32 + 0.5) * per_px - 0.5, self.height);
        let below = (j + 1).min(self.height - 1);
        let mixed: Vec<f32> = (0..self.width)
            .map(|i| {
                let (a, b) = (self.values[j * self.width + i], self.values[below * self.width + i]);
                a + fy * (b - a)
            })
            .collect();
        for (column, value) in out.iter_mut().enumerate() {
            let (i, fx) = at((column as f32 + 0.5) * per_px - 0.5, self.width);
            let next = mixed[(i + 1).min(self.width - 1)];
            *value = mixed[i] + fx * (next - mixed[i]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_spreads_with_the_stated_deviation() {
        let (n, sigma) = (61usize, 2.0);
        let mut pixels = vec![0.0f32; n * n];
        pixels[30 * n + 30] = 1.0;
        gaussian_blur(&mut pixels, n, sigma);
        let moment = |f: fn(f64, f64) -> f64| -> f64 {
            (0..n * n)
                .map(|i| f((i % n) as f64 - 30.0, (i / n) as f64 - 30.0) * f64::from(pixels[i]))
                .sum()
        };
        assert!((moment(|_, _| 1.0) - 1.0).abs() < 1e-5);
        assert!((moment(|x, _| x * x) - 4.0).abs() < 0.15);
        assert!((moment(|_, y| y * y) - 4.0).abs() < 0.15);
    }

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
