//! From a film to the network's input, and the map between their coordinates.
//!
//! A film is reduced once, with a prefilter, to a little more than the input's resolution, and its
//! grey values are normalised there. Each use then warps the reduced film, so that augmentation
//! costs the same for a film of 400 and of 4,000 pixels.

use super::film::check_film;
use crate::Error;
use vertebra_keypoints::{Keypoint, VertebraKeypoints};
use vertebra_raster::{Affine, ClaheOptions, Field, Film, Image, ResampleOptions, reduce};

/// Pixels of the reduced film per pixel of the input.
const OVERSAMPLING: f64 = 1.5;
/// Quantiles of the grey values beyond which they are clipped: burnt-in markers, shutters.
const CLIPPED: f64 = 0.005;

/// The greatest share of a bin of the equalised picture's histograms.
const CLIP_LIMIT: f64 = 3.0;

/// A reduced film with mean 0 and standard deviation 1.
#[derive(Debug, Clone)]
pub(crate) struct PreparedFilm {
    picture: Image,
    film_to_reduced: Affine,
    /// Reduced film to input, without augmentation.
    placed: Affine,
    input: [usize; 2],
}

impl PreparedFilm {
    pub(crate) fn new(film: &Film<'_>, input: [usize; 2]) -> Result<Self, Error> {
        check_film(film)?;
        let size = film.size();
        let reduced = reduced_size(size, input);
        let mut picture = reduce(film, reduced[0], reduced[1])?;
        normalise(&mut picture.pixels);
        let film_to_reduced = Affine::resize(size, reduced);
        let placed = film_to_reduced.inverse().then(&Affine::letterbox(size, input));
        Ok(Self { picture, film_to_reduced, placed, input })
    }

    /// The input `[height, width]` after `change`, a map between input px.
    pub(crate) fn render(&self, change: Option<&Affine>) -> Result<Vec<f32>, Error> {
        let to_input = self.reduced_to_input(change);
        // The reduced film has little more pixels than the input: no second low-pass filter.
        let bilinear = ResampleOptions::default().with_prefilter(false);
        let [height, width] = self.input;
        Ok(bilinear.resample(&self.picture.as_film(), &to_input, height, width)?.pixels)
    }

    /// The film with its local contrast equalised: bodies under dense soft tissue stand out.
    pub(crate) fn equalised(&self) -> Result<Self, Error> {
        let film = self.picture.as_film();
        let options = ClaheOptions::default().with_clip_limit(CLIP_LIMIT).with_bins(256);
        let mut picture = options.equalise(&film, &Field::whole(&film))?;
        normalise(&mut picture.pixels);
        Ok(Self { picture, ..*self })
    }

    /// `[height, width]` of the input.
    pub(crate) fn input_size(&self) -> [usize; 2] {
        self.input
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
        let to_input = self.film_to_input(None);
        Ok(VertebraKeypoints::new(*points)?.mapped(|point| to_input.apply_inverse(point))?)
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
            let film = Film { pixels: &pixels, height: 200, width: 150, spacing_mm: None };
            PreparedFilm::new(&film, [64, 64]).unwrap().render(None).unwrap()
        };
        let (a, b) = (render(1.0, 0.0), render(700.0, 12_000.0));
        let worst = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-3, "{worst}");
        assert!(render(0.0, 5.0).iter().all(|&p| p == 0.0));
    }

    #[test]
    fn a_spot_comes_to_lie_where_its_point_does() {
        let (height, width, spot) = (180, 140, (61.3, 87.8));
        let at = |i: usize| {
            let (dx, dy) = ((i % width) as f64 - spot.0, (i / width) as f64 - spot.1);
            (-(dx * dx + dy * dy) / 72.0).exp() as f32
        };
        let pixels: Vec<f32> = (0..height * width).map(at).collect();
        let film = Film { pixels: &pixels, height, width, spacing_mm: None };
        for input in [[64, 64], [192, 160]] {
            let film = PreparedFilm::new(&film, input).unwrap();
            let middle = input.map(|n| 0.5 * n as f64);
            let change = Affine::about((middle[1], middle[0]), 0.3, 0.9, (2.2, -1.7));
            for change in [None, Some(change.then(&Affine::mirror(input[1])))] {
                let picture = film.render(change.as_ref()).unwrap();
                // What is outside of the film is grey; the spot alone is brighter.
                let bright = |v: &f32| f64::from((*v - 1.0).max(0.0));
                let sum: f64 = picture.iter().map(bright).sum();
                let mean = |axis: fn(usize, usize) -> usize| {
                    let moment = |(i, v): (usize, &f32)| axis(i, input[1]) as f64 * bright(v);
                    picture.iter().enumerate().map(moment).sum::<f64>() / sum
                };
                let seen = (mean(|i, w| i % w), mean(|i, w| i / w));
                let point = film.film_to_input(change.as_ref()).apply(spot);
                let error = (seen.0 - point.0).hypot(seen.1 - point.1);
                assert!(error < 0.02, "{input:?}: {seen:?}, expected {point:?}");
            }
        }
    }

    #[test]
    fn points_go_to_the_input_and_back() {
        for (height, width) in [(2500, 2000), (300, 700), (40, 30)] {
            let pixels = vec![0.0; height * width];
            let film = Film { pixels: &pixels, height, width, spacing_mm: None };
            let film = PreparedFilm::new(&film, [96, 64]).unwrap();
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
