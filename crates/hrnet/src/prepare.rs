//! From a film to the network's input, and the map between their coordinates.
//!
//! A film is reduced once, with a prefilter, to a little more than the input's resolution, and its
//! grey values are normalised there. Each use then warps the reduced film, so that augmentation
//! costs the same for a film of 400 and of 4,000 pixels.

use crate::affine::Affine;
use crate::resample::{Picture, resize, warp};
use crate::{Error, FilmPixels};
use vertebra_keypoints::{Keypoint, VertebraKeypoints};

/// Pixels of the reduced film per pixel of the input.
const OVERSAMPLING: f64 = 1.5;
/// Quantiles of the grey values beyond which they are clipped: burnt-in markers, shutters.
const CLIPPED: f64 = 0.005;

/// A reduced film with mean 0 and standard deviation 1.
#[derive(Debug, Clone)]
pub(crate) struct PreparedFilm {
    picture: Picture,
    film_to_reduced: Affine,
    /// Reduced film to input, without augmentation.
    placed: Affine,
    input: [usize; 2],
}

impl PreparedFilm {
    pub(crate) fn new(film: FilmPixels<'_>, input: [usize; 2]) -> Self {
        let size = [film.height(), film.width()];
        let reduced = reduced_size(size, input);
        let mut picture = resize(film.pixels(), size, reduced);
        normalise(&mut picture.pixels);
        let film_to_reduced = Affine::resize(size, reduced);
        let placed = film_to_reduced.inverse().then(&Affine::letterbox(size, input));
        Self { picture, film_to_reduced, placed, input }
    }

    /// The input `[height, width]` after `change`, a map between input px.
    pub(crate) fn render(&self, change: Option<&Affine>) -> Vec<f32> {
        let to_input = self.reduced_to_input(change);
        warp(&self.picture, &to_input.inverse(), self.input)
    }

    /// The map from film px to input px.
    pub(crate) fn film_to_input(&self, change: Option<&Affine>) -> Affine {
        self.film_to_reduced.then(&self.reduced_to_input(change))
    }

    fn reduced_to_input(&self, change: Option<&Affine>) -> Affine {
        match change {
            Some(change) => self.placed.then(change),
            None => self.placed,
        }
    }

    /// Detections in input px, in px of the film.
    pub(crate) fn to_film(&self, points: &[Keypoint; 5]) -> Result<VertebraKeypoints, Error> {
        let back = self.film_to_input(None).inverse();
        let points = points.map(|p| {
            let (x, y) = back.apply((p.x, p.y));
            Keypoint { x, y, ..p }
        });
        Ok(VertebraKeypoints::new(points)?)
    }
}

/// Size of the reduced film; never larger than the film.
pub(crate) fn reduced_size(film: [usize; 2], input: [usize; 2]) -> [usize; 2] {
    let [fit_y, fit_x] = [0, 1].map(|i| input[i] as f64 / film[i] as f64);
    let scale = OVERSAMPLING * fit_y.min(fit_x);
    // Not again for a film that is within a pixel of that size.
    let scale = if scale > 0.98 { 1.0 } else { scale };
    film.map(|n| ((n as f64 * scale).round() as usize).max(1))
}

/// Clips the extreme grey values, then mean 0 and standard deviation 1; a film of one grey value
/// becomes 0.
fn normalise(pixels: &mut [f32]) {
    let mut sorted = pixels.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let at = |fraction: f64| sorted[(fraction * (sorted.len() - 1) as f64).round() as usize];
    let (low, high) = (at(CLIPPED), at(1.0 - CLIPPED));
    pixels.iter_mut().for_each(|p| *p = p.clamp(low, high));
    let n = pixels.len() as f64;
    let mean = pixels.iter().map(|&p| f64::from(p)).sum::<f64>() / n;
    let variance = pixels.iter().map(|&p| (f64::from(p) - mean).powi(2)).sum::<f64>() / n;
    let rounding = 1e-6 * f64::from(low.abs().max(high.abs()));
    let factor = if variance.sqrt() > rounding { variance.sqrt().recip() } else { 0.0 };
    pixels.iter_mut().for_each(|p| *p = ((f64::from(*p) - mean) * factor) as f32);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(height: usize, width: usize, gain: f32, offset: f32) -> Vec<f32> {
        let at = |i: usize| ((i % width) as f32 * 0.05).sin() + ((i / width) as f32 * 0.03).cos();
        (0..height * width).map(|i| gain * at(i) + offset).collect()
    }

    #[test]
    fn gain_and_offset_of_a_film_do_not_matter() {
        let render = |gain, offset| {
            let pixels = wave(200, 150, gain, offset);
            PreparedFilm::new(FilmPixels::new(&pixels, 200, 150).unwrap(), [64, 64]).render(None)
        };
        let (a, b) = (render(1.0, 0.0), render(700.0, 12_000.0));
        let worst = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-3, "{worst}");
        assert!(render(0.0, 5.0).iter().all(|&p| p == 0.0));
    }

    #[test]
    fn points_go_to_the_input_and_back() {
        for (height, width) in [(2500, 2000), (300, 700), (40, 30)] {
            let pixels = vec![0.0; height * width];
            let film =
                PreparedFilm::new(FilmPixels::new(&pixels, height, width).unwrap(), [96, 64]);
            let xy: [(f64, f64); 5] =
                std::array::from_fn(|i| (width as f64 * 0.4, height as f64 * 0.17 * i as f64));
            let to_input = film.film_to_input(None);
            let points = xy.map(|p| {
                let (x, y) = to_input.apply(p);
                Keypoint { x, y, confidence: 0.5 }
            });
            let back = film.to_film(&points).unwrap();
            for (p, (x, y)) in back.points().iter().zip(xy) {
                assert!((p.x - x).hypot(p.y - y) < 1e-9, "{p:?}, expected ({x}, {y})");
            }
        }
    }
}
