//! Separable Gaussian blur.

use crate::Error;
use std::ops::{Add, AddAssign, Mul, MulAssign};

/// Number type of a picture to be blurred: `f32` or `f64`.
pub trait Real:
    Copy + Add<Output = Self> + Mul<Output = Self> + AddAssign + MulAssign + sealed::Sealed
{
    /// Zero.
    const ZERO: Self;
    /// The nearest number of this type.
    fn from_f64(value: f64) -> Self;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

impl Real for f32 {
    const ZERO: Self = 0.0;
    fn from_f64(value: f64) -> Self {
        value as f32
    }
}

impl Real for f64 {
    const ZERO: Self = 0.0;
    fn from_f64(value: f64) -> Self {
        value
    }
}

/// What lies beyond the border of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Edges {
    /// The border's pixel goes on.
    #[default]
    Repeated,
    /// The mirror image of the picture.
    Mirrored,
    /// Nothing: the mean is over the pixels that there are.
    LeftOut,
}

/// A Gaussian blur of a picture or of its rows.
///
/// # Examples
/// ```
/// use vertebra_raster::GaussianBlur;
/// let mut pixels = [0.0_f32, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0];
/// GaussianBlur::new(0.5)?.apply(&mut pixels, 7);
/// assert!((pixels.iter().sum::<f32>() - 1.0).abs() < 1e-6 && pixels[2] == pixels[4]);
/// # Ok::<(), vertebra_raster::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GaussianBlur {
    sigma: f64,
    reach: usize,
    edges: Edges,
}

impl GaussianBlur {
    /// `sigma` is the standard deviation in px; 0 changes nothing. The kernel is cut off at the
    /// first whole pixel from 3 sigma on.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a negative number or one that is not finite.
    pub fn new(sigma: f64) -> Result<Self, Error> {
        if !(sigma.is_finite() && sigma >= 0.0) {
            return Err(Error::setting("sigma", "a number of px from 0", sigma));
        }
        Ok(Self { sigma, reach: (3.0 * sigma).ceil() as usize, edges: Edges::Repeated })
    }

    /// Cuts the kernel off after this many px on either side.
    #[must_use]
    pub fn with_reach(self, reach: usize) -> Self {
        Self { reach, ..self }
    }

    /// What lies beyond the border.
    #[must_use]
    pub fn with_edges(self, edges: Edges) -> Self {
        Self { edges, ..self }
    }

    /// Blurs a picture of this width in place. Pixels after the last whole row are not touched.
    pub fn apply<T: Real>(&self, pixels: &mut [T], width: usize) {
        self.apply_across(pixels, width);
        self.apply_down(pixels, width);
    }

    /// Blurs along rows alone.
    pub fn apply_across<T: Real>(&self, pixels: &mut [T], width: usize) {
        let kernel = self.kernel::<T>();
        if kernel.len() < 2 || width == 0 {
            return;
        }
        let (reach, shares) = (kernel.len() - 1, self.missing::<T>(width));
        let mut padded = vec![T::ZERO; width + 2 * reach];
        for line in pixels.chunks_exact_mut(width) {
            padded[reach..reach + width].copy_from_slice(line);
            for k in 1..=reach {
                let beyond = |at: isize| self.beyond(at, width).map_or(T::ZERO, |i| line[i]);
                padded[reach - k] = beyond(-(k as isize));
                padded[reach + width - 1 + k] = beyond((width - 1 + k) as isize);
            }
            line.iter_mut().for_each(|value| *value *= kernel[0]);
            for (k, &weight) in kernel.iter().enumerate().skip(1) {
                let (before, after) = (&padded[reach - k..], &padded[reach + k..]);
                add(line, weight, before, after);
            }
            line.iter_mut().zip(&shares).for_each(|(value, share)| *value *= *share);
        }
    }

    /// Blurs along columns alone.
    pub fn apply_down<T: Real>(&self, pixels: &mut [T], width: usize) {
        let kernel = self.kernel::<T>();
        if kernel.len() < 2 || width == 0 || pixels.len() < width {
            return;
        }
        let height = pixels.len() / width;
        let (source, nothing) = (pixels.to_vec(), vec![T::ZERO; width]);
        let line = |row: isize| {
            self.beyond(row, height).map_or(&nothing[..], |row| &source[row * width..][..width])
        };
        let shares = self.missing::<T>(height);
        for (row, target) in pixels.chunks_exact_mut(width).enumerate() {
            target.iter_mut().for_each(|value| *value *= kernel[0]);
            for (k, &weight) in kernel.iter().enumerate().skip(1) {
                add(target, weight, line(row as isize - k as isize), line((row + k) as isize));
            }
            if let Some(share) = shares.get(row) {
                target.iter_mut().for_each(|value| *value *= *share);
            }
        }
    }

    /// One half of the normalised kernel, centre first; the centre alone where nothing is blurred.
    fn kernel<T: Real>(&self) -> Vec<T> {
        if self.sigma < 0.05 {
            return vec![T::from_f64(1.0)];
        }
        let weight = |k: usize| (-0.5 * (k as f64 / self.sigma).powi(2)).exp();
        let half: Vec<f64> = (0..=self.reach).map(weight).collect();
        let sum = half[0] + 2.0 * half[1..].iter().sum::<f64>();
        half.iter().map(|v| T::from_f64(v / sum)).collect()
    }

    /// The pixel of `n` that stands at a place beyond the border or not; `None` for none.
    fn beyond(&self, at: isize, n: usize) -> Option<usize> {
        let last = n as isize - 1;
        match self.edges {
            Edges::Repeated => Some(at.clamp(0, last) as usize),
            Edges::Mirrored => {
                let at = at.rem_euclid(2 * n as isize);
                Some(at.min(2 * n as isize - 1 - at) as usize)
            }
            Edges::LeftOut => (0..=last).contains(&at).then_some(at as usize),
        }
    }

    /// Factors that make up for the weights of what is left out; empty where nothing is.
    fn missing<T: Real>(&self, n: usize) -> Vec<T> {
        if self.edges != Edges::LeftOut {
            return Vec::new();
        }
        let half = self.kernel::<f64>();
        let side = |n: usize| half[1..=n.min(half.len() - 1)].iter().sum::<f64>();
        let there = |at: usize| half[0] + side(at) + side(n - 1 - at);
        (0..n).map(|at| T::from_f64(1.0 / there(at))).collect()
    }
}

fn add<T: Real>(line: &mut [T], weight: T, before: &[T], after: &[T]) {
    for ((value, b), a) in line.iter_mut().zip(before).zip(after) {
        *value += weight * (*b + *a);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_spreads_with_the_stated_deviation_and_keeps_its_sum() {
        let (n, sigma) = (61, 2.0);
        let mut pixels = vec![0.0_f32; n * n];
        pixels[30 * n + 30] = 1.0;
        GaussianBlur::new(sigma).unwrap().apply(&mut pixels, n);
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
    fn every_kind_of_edge_is_the_mean_that_it_says() {
        let line = [3.0_f64, -1.0, 4.0, 1.5, 9.0];
        let sigma = 1.7;
        let at = |edges: Edges, i: isize| match edges {
            Edges::Repeated => Some(line[i.clamp(0, 4) as usize]),
            Edges::Mirrored => {
                // Twice and more where the kernel is longer than the line.
                let both: Vec<f64> = line.iter().chain(line.iter().rev()).copied().collect();
                Some(both[i.rem_euclid(10) as usize])
            }
            Edges::LeftOut => usize::try_from(i).ok().and_then(|i| line.get(i).copied()),
        };
        for edges in [Edges::Repeated, Edges::Mirrored, Edges::LeftOut] {
            for reach in [2_isize, 7] {
                let blur = GaussianBlur::new(sigma).unwrap().with_edges(edges);
                let blur = blur.with_reach(reach as usize);
                let (mut across, mut down) = (line, line);
                blur.apply_across(&mut across, 5);
                blur.apply_down(&mut down, 1);
                for (i, (a, d)) in across.iter().zip(down).enumerate() {
                    let taps = (-reach..=reach).filter_map(|k| {
                        let weight = (-0.5 * (k as f64 / sigma).powi(2)).exp();
                        Some((weight, at(edges, i as isize + k)?))
                    });
                    let (sum, total) = taps.fold((0.0, 0.0), |(s, t), (w, v)| (s + w * v, t + w));
                    assert!((a - sum / total).abs() < 1e-12, "{edges:?} {reach} {i}: {a}");
                    assert!((d - sum / total).abs() < 1e-12, "{edges:?} {reach} {i}: {d}");
                }
            }
        }
    }

    #[test]
    fn no_blur_changes_nothing_and_a_bad_sigma_is_named() {
        let mut pixels = [1.0_f32, 2.0, 3.0, 4.0];
        GaussianBlur::new(0.0).unwrap().apply(&mut pixels, 2);
        GaussianBlur::new(1.0).unwrap().apply(&mut pixels, 0);
        GaussianBlur::new(1.0).unwrap().apply_down(&mut pixels, 9);
        assert_eq!(pixels, [1.0, 2.0, 3.0, 4.0]);
        let error = GaussianBlur::new(f64::NAN).unwrap_err().to_string();
        assert_eq!(error, "sigma: expected a number of px from 0, got NaN");
    }
}
