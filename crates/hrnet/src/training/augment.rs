//! Random changes of a training film, with its keypoints; a function of the seed alone.

use super::overlay::{Marker, Wedge};
use crate::Error;
use crate::setters::setters;
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use vertebra_raster::{Affine, GaussianBlur};
use vertebra_run::Seed;

/// How much training films are changed. Every amount is the half-width of a uniform distribution;
/// 0 switches a change off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Augmentation {
    /// Rotation, degrees.
    pub rotation: f64,
    /// Natural logarithm of the scale.
    pub log_scale: f64,
    /// Natural logarithm of the width over the height: exported films are often stretched.
    pub log_stretch: f64,
    /// Shift in each direction, as a fraction of the input's side.
    pub translation: f64,
    /// Mirrors every second film, so that films facing left and right are learnt alike.
    pub flip: bool,
    /// Natural logarithm of gamma, applied to grey values from the darkest to the brightest.
    pub log_gamma: f64,
    /// Natural logarithm of the contrast.
    pub log_contrast: f64,
    /// Brightness, in standard deviations of a film's grey values.
    pub brightness: f64,
    /// Largest standard deviation of white noise, in standard deviations of the grey values.
    pub noise: f64,
    /// Largest part of a side that a collimator hides on each border.
    pub collimation: f64,
    /// Largest side of a square that is blanked, as a fraction of the input's height
    /// (DeVries & Taylor, arXiv:1708.04552).
    pub cutout: f64,
    /// Largest blur, standard deviation in px of the input.
    pub blur: f64,
    /// Largest part of the picture's extent that an oblique collimator blade hides.
    pub wedge: f64,
    /// Share of the films that get a bright marker of random place, size and letter.
    pub marker: f64,
}

impl Default for Augmentation {
    fn default() -> Self {
        Self {
            rotation: 15.0,
            log_scale: 0.2,
            log_stretch: 0.0,
            translation: 0.08,
            flip: true,
            log_gamma: 0.3,
            log_contrast: 0.25,
            brightness: 0.25,
            noise: 0.15,
            collimation: 0.0,
            cutout: 0.0,
            blur: 0.0,
            wedge: 0.0,
            marker: 0.0,
        }
    }
}

impl Augmentation {
    /// No change at all.
    #[must_use]
    pub fn none() -> Self {
        Self {
            rotation: 0.0,
            log_scale: 0.0,
            log_stretch: 0.0,
            translation: 0.0,
            flip: false,
            log_gamma: 0.0,
            log_contrast: 0.0,
            brightness: 0.0,
            noise: 0.0,
            collimation: 0.0,
            cutout: 0.0,
            blur: 0.0,
            wedge: 0.0,
            marker: 0.0,
        }
    }

    setters! {
        with_rotation, rotation: f64, "the rotation, degrees";
        with_log_scale, log_scale: f64, "the logarithm of the scale";
        with_log_stretch, log_stretch: f64, "the logarithm of the width over the height";
        with_translation, translation: f64, "the shift, as a fraction of the input's side";
        with_flip, flip: bool, "whether every second film is mirrored";
        with_log_gamma, log_gamma: f64, "the logarithm of gamma";
        with_log_contrast, log_contrast: f64, "the logarithm of the contrast";
        with_brightness, brightness: f64, "the brightness, in standard deviations";
        with_noise, noise: f64, "the largest standard deviation of white noise";
        with_collimation, collimation: f64, "the largest part that a collimator hides on a side";
        with_cutout, cutout: f64, "the largest side of a blanked square";
        with_blur, blur: f64, "the largest standard deviation of a blur, px";
        with_wedge, wedge: f64, "the largest part that an oblique blade hides";
        with_marker, marker: f64, "the share of the films that get a marker";
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let amounts = [
            ("augmentation.rotation", self.rotation, 180.0),
            ("augmentation.log_scale", self.log_scale, 2.0),
            ("augmentation.log_stretch", self.log_stretch, 0.5),
            ("augmentation.translation", self.translation, 1.0),
            ("augmentation.log_gamma", self.log_gamma, 2.0),
            ("augmentation.log_contrast", self.log_contrast, 2.0),
            ("augmentation.brightness", self.brightness, 10.0),
            ("augmentation.noise", self.noise, 10.0),
            ("augmentation.collimation", self.collimation, 0.5),
            ("augmentation.cutout", self.cutout, 1.0),
            ("augmentation.blur", self.blur, 20.0),
            ("augmentation.wedge", self.wedge, 0.5),
            ("augmentation.marker", self.marker, 1.0),
        ];
        match amounts.into_iter().find(|(_, v, most)| !(0.0..=*most).contains(v)) {
            Some((setting, v, most)) => {
                Err(Error::invalid(setting, format!("a number in [0, {most}]"), v))
            }
            None => Ok(()),
        }
    }
}

/// One draw of every random number for one film.
pub(crate) struct Draw {
    change: Affine,
    gamma: f32,
    contrast: f32,
    brightness: f32,
    noise: f32,
    borders: [usize; 4],
    cutout: Option<([usize; 2], usize)>,
    blur: f64,
    wedge: Option<Wedge>,
    marker: Option<Marker>,
    rng: ChaCha8Rng,
}

impl Draw {
    /// For an input of `[height, width]` px.
    pub(crate) fn new(settings: &Augmentation, input: [usize; 2], seed: Seed) -> Self {
        let mut rng = seed.named("changes").generator();
        let [height, width] = input.map(|n| n as f64);
        let mut within = |amount: f64| amount * (2.0 * rng.random::<f64>() - 1.0);
        let rotation = within(settings.rotation).to_radians();
        let scale = within(settings.log_scale).exp();
        let shift = (within(settings.translation * width), within(settings.translation * height));
        let gamma = within(settings.log_gamma).exp() as f32;
        let contrast = within(settings.log_contrast).exp() as f32;
        let brightness = within(settings.brightness) as f32;
        let noise = within(settings.noise).abs() as f32;
        let mirrored = within(1.0) < 0.0 && settings.flip;
        let border = |n: usize, r: f64| (n as f64 * r.abs()) as usize;
        let borders = [input[0], input[0], input[1], input[1]]
            .map(|n| border(n, within(settings.collimation)));
        let side = border(input[0], within(settings.cutout));
        let corner = [input[0], input[1]].map(|n| border(n, within(1.0)));
        let middle = ((width - 1.0) / 2.0, (height - 1.0) / 2.0);
        let change = Affine::about(middle, rotation, scale, shift);
        let change = if mirrored { change.then(&Affine::mirror(input[1])) } else { change };
        let cutout = (side > 0).then_some((corner, side));
        // A stream of their own: switching them on leaves every other draw as it was.
        let mut own = seed.named("overlays").generator();
        let blur = settings.blur * own.random::<f64>();
        let wedge = Wedge::draw(settings.wedge, input, &mut own);
        let wedge = (settings.wedge > 0.0).then_some(wedge);
        let marked = own.random::<f64>() < settings.marker;
        let marker = marked.then(|| Marker::draw(input, &mut own));
        let stretch = settings.log_stretch * (2.0 * own.random::<f64>() - 1.0);
        // No stretch within the bounds of the setting has no inverse.
        let change = match stretched(middle, stretch) {
            Ok(stretched) if settings.log_stretch > 0.0 => stretched.then(&change),
            _ => change,
        };
        Self {
            change,
            gamma,
            contrast,
            brightness,
            noise,
            borders,
            cutout,
            blur,
            wedge,
            marker,
            rng,
        }
    }

    /// The geometric part, between input px.
    pub(crate) fn change(&self) -> &Affine {
        &self.change
    }

    /// The changes of grey values, on the input `[height, width]`.
    pub(crate) fn recolour(mut self, pixels: &mut [f32], size: [usize; 2]) {
        let [height, width] = size;
        // A checked setting is a standard deviation.
        if let Ok(blur) = GaussianBlur::new(self.blur) {
            blur.apply(pixels, width);
        }
        let low = pixels.iter().copied().fold(f32::INFINITY, f32::min);
        let high = pixels.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let range = (high - low).max(f32::MIN_POSITIVE);
        for p in pixels.iter_mut() {
            let bent = ((*p - low) / range).powf(self.gamma) * range + low;
            let noise = self.noise * triangular(&mut self.rng);
            *p = bent * self.contrast + self.brightness + noise;
        }
        let dark = pixels.iter().copied().fold(f32::INFINITY, f32::min);
        if let Some(marker) = &self.marker {
            let bright = pixels.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            marker.stamp(pixels, size, bright);
        }
        if let Some(wedge) = &self.wedge {
            wedge.shut(pixels, size, dark);
        }
        let [top, bottom, left, right] = self.borders;
        for row in 0..height {
            let shut = row < top || row >= height - bottom;
            let line = &mut pixels[row * width..(row + 1) * width];
            let ends = if shut { [width, 0] } else { [left, right] };
            line[..ends[0]].fill(dark);
            line[width - ends[1]..].fill(dark);
        }
        if let Some(([y, x], side)) = self.cutout {
            for row in y..(y + side).min(height) {
                pixels[row * width + x..row * width + (x + side).min(width)].fill(0.0);
            }
        }
    }
}

/// Widens about `middle` by the exponential of half of `log_ratio` and flattens by as much.
fn stretched(middle: (f64, f64), log_ratio: f64) -> Result<Affine, vertebra_raster::Error> {
    let [wide, high] = [0.5 * log_ratio, -0.5 * log_ratio].map(f64::exp);
    Affine::new([[wide, 0.0, middle.0 * (1.0 - wide)], [0.0, high, middle.1 * (1.0 - high)]])
}

/// Mean 0, standard deviation 1: the sum of two uniform numbers, near enough to normal for noise.
fn triangular(rng: &mut impl Rng) -> f32 {
    (rng.random::<f32>() + rng.random::<f32>() - 1.0) * 6.0_f32.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_is_a_function_of_the_seed() {
        let settings = Augmentation {
            collimation: 0.1,
            cutout: 0.2,
            blur: 1.0,
            wedge: 0.2,
            marker: 1.0,
            ..Augmentation::default()
        };
        let once = |seed| {
            let draw = Draw::new(&settings, [32, 24], Seed::new(seed));
            let change = *draw.change();
            let mut pixels: Vec<f32> = (0..32 * 24).map(|i| (i as f32 * 0.1).sin()).collect();
            draw.recolour(&mut pixels, [32, 24]);
            (change, pixels)
        };
        assert_eq!(once(5), once(5));
        assert_ne!(once(5).0, once(6).0);
        assert_ne!(once(5).1, once(6).1);
    }

    #[test]
    fn none_changes_nothing() {
        let draw = Draw::new(&Augmentation::none(), [16, 16], Seed::new(3));
        let (x, y) = draw.change().apply((3.0, 11.0));
        assert!((x - 3.0).abs() < 1e-12 && (y - 11.0).abs() < 1e-12);
        let before: Vec<f32> = (0..256).map(|i| i as f32).collect();
        let mut after = before.clone();
        draw.recolour(&mut after, [16, 16]);
        assert!(before.iter().zip(&after).all(|(a, b)| (a - b).abs() < 1e-3));
    }

    #[test]
    fn a_stretch_keeps_the_middle_and_the_area_and_leaves_other_draws() {
        let change = |settings: &Augmentation, seed| {
            *Draw::new(settings, [96, 64], Seed::new(seed)).change()
        };
        let stretched = Augmentation { log_stretch: 0.2, ..Augmentation::none() };
        let (mut widest, mut flattest) = (1.0_f64, 1.0_f64);
        for seed in 0..200 {
            let [[wide, ..], [_, high, _]] = change(&stretched, seed).matrix();
            assert!((wide * high - 1.0).abs() < 1e-12);
            let (x, y) = change(&stretched, seed).apply((31.5, 47.5));
            assert!((x - 31.5).abs() < 1e-9 && (y - 47.5).abs() < 1e-9);
            (widest, flattest) = (widest.max(wide / high), flattest.min(wide / high));
        }
        assert!(widest < 0.2_f64.exp() && widest > 0.15_f64.exp() && flattest < (-0.15_f64).exp());
        let both = Augmentation { log_stretch: 1e-12, ..Augmentation::default() };
        let (plain, same) = (change(&Augmentation::default(), 3), change(&both, 3));
        let (p, q) = (plain.apply((5.0, 7.0)), same.apply((5.0, 7.0)));
        assert!((p.0 - q.0).abs() < 1e-6 && (p.1 - q.1).abs() < 1e-6);
    }

    #[test]
    fn half_of_the_films_are_mirrored_and_amounts_stay_within_their_bounds() {
        let settings = Augmentation::default();
        let draw = |seed| Draw::new(&settings, [96, 64], Seed::new(seed));
        let draws: Vec<Draw> = (0..400).map(draw).collect();
        let mirrored = |d: &&Draw| {
            let [[a, c, _], [b, e, _]] = d.change.matrix();
            a * e - b * c < 0.0
        };
        let n = draws.iter().filter(mirrored).count();
        assert!((160..240).contains(&n), "{n}");
        for draw in &draws {
            let [[a, c, _], [b, e, _]] = draw.change.matrix();
            let scale = (a * e - b * c).abs().sqrt();
            assert!((scale.ln()).abs() <= 0.2 + 1e-9);
            let (sin, cos) = (b / scale, a.abs() / scale);
            assert!(sin.atan2(cos).abs() <= 15_f64.to_radians() + 1e-9);
        }
    }

    #[test]
    fn amounts_out_of_bounds_are_named() {
        let bad = Augmentation { noise: -1.0, ..Augmentation::none() };
        let text = bad.check().unwrap_err().to_string();
        assert_eq!(text, "augmentation.noise: expected a number in [0, 10], got -1");
    }
}
