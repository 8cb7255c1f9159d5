//! What a scanner, a viewer or an export makes of a finished film.

use crate::dice::Dice;
use crate::tissues::filter::Coarse;
use serde::Serialize;
use vertebra_raster::{ClaheOptions, Field, Film};

/// Cell of the slowly varying picture that a veil is, px.
const VEIL_BLOCK: usize = 4;

/// What a scanner, a viewer or an export makes of a finished film; nothing by default.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Look {
    /// Share of local contrast equalisation in the grey values, 0 to 1.
    pub local_contrast: f64,
    /// Greatest share of a bin in it, see [`ClaheOptions::with_clip_limit`].
    pub clip_limit: f64,
    /// Share of the detail that is left in a veil; 1 = all.
    pub detail: f64,
    /// What the veil leaves unchanged: structures much wider than this standard deviation, px.
    pub veil_px: f64,
    /// Exponent of the grey values.
    pub gamma: f64,
    /// Grey of what is darkest: a film that was laid over grey.
    pub floor: f64,
    /// Strength of the lines of an unmoved grid, of the whole range.
    pub grid: f64,
    /// Distance of these lines, px.
    pub grid_px: f64,
    /// Labels burned in: bright and dark boxes with strokes.
    pub labels: usize,
    /// Width of a frame around the picture, of its width, and the frame's grey.
    pub frame: [f64; 2],
    /// Grey levels from the darkest to the brightest that the export has left; 0 = all.
    pub levels: f64,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            local_contrast: 0.0,
            clip_limit: 2.0,
            detail: 1.0,
            veil_px: 16.0,
            gamma: 1.0,
            floor: 0.0,
            grid: 0.0,
            grid_px: 8.0,
            labels: 0,
            frame: [0.0; 2],
            levels: 0.0,
        }
    }
}

impl Look {
    /// A look of any kind.
    pub(crate) fn sample(dice: &mut Dice) -> Self {
        let mut some = |chance: f64, low: f64, high: f64, none: f64| {
            let value = dice.uniform(low, high);
            if dice.chance(chance) { value } else { none }
        };
        Self {
            local_contrast: some(0.35, 0.2, 1.0, 0.0),
            clip_limit: some(1.0, 1.3, 4.0, 2.0),
            gamma: some(0.6, -0.8, 0.35, 0.0).exp(),
            floor: some(0.15, 0.1, 0.5, 0.0),
            grid: some(0.1, 0.01, 0.05, 0.0),
            grid_px: some(1.0, 2.5, 12.0, 8.0),
            labels: some(0.5, 1.0, 5.0, 0.0) as usize,
            frame: [some(0.1, 0.005, 0.03, 0.0), some(1.0, 0.0, 1.0, 0.0)],
            ..Self::default()
        }
    }

    /// Leaves little contrast: detail pale in a veil, and 10 to 50 % of an eight-bit scale, at
    /// `px_per_mm`.
    pub(crate) fn fade(&mut self, px_per_mm: f64, dice: &mut Dice) {
        self.detail = dice.uniform(0.25, 0.9);
        self.veil_px = px_per_mm * dice.uniform(12.0, 45.0);
        self.gamma *= dice.uniform(-0.8, 0.2).exp();
        self.levels = 255.0 * dice.uniform(0.1, 0.5);
    }

    /// Changes grey values in 0..1, bone bright, before the shutters close.
    pub(crate) fn process(&self, grey: &mut [f32], width: usize) {
        if self.local_contrast > 0.0 {
            self.equalise(grey, width);
        }
        if self.detail < 1.0 {
            self.veil(grey, width);
        }
        if self.gamma != 1.0 {
            grey.iter_mut().for_each(|v| *v = v.clamp(0.0, 1.0).powf(self.gamma as f32));
        }
        if self.grid > 0.0 {
            let step = std::f64::consts::TAU / self.grid_px;
            for line in grey.chunks_exact_mut(width) {
                for (column, value) in line.iter_mut().enumerate() {
                    *value += (self.grid * (step * column as f64).sin()) as f32;
                }
            }
        }
    }

    fn equalise(&self, grey: &mut [f32], width: usize) {
        let film = Film { pixels: &*grey, height: grey.len() / width, width, spacing_mm: None };
        let options = ClaheOptions::default().with_clip_limit(self.clip_limit).with_bins(256);
        // A film of one grey value has no contrast to equalise, and stays.
        let Ok(equal) = options.equalise(&film, &Field::whole(&film)) else { return };
        let share = self.local_contrast as f32;
        for (value, equal) in grey.iter_mut().zip(&equal.pixels) {
            *value += share * (equal - *value);
        }
    }

    /// Takes detail out of grey values in 0..1.
    fn veil(&self, grey: &mut [f32], width: usize) {
        grey.iter_mut().for_each(|v| *v = v.clamp(0.0, 1.0));
        let wide = Coarse::of(grey, width, VEIL_BLOCK, self.veil_px);
        let detail = self.detail as f32;
        let mut line = vec![0.0; width];
        for (row, pixels) in grey.chunks_exact_mut(width).enumerate() {
            wide.row(row, &mut line);
            for (value, wide) in pixels.iter_mut().zip(&line) {
                *value = wide + detail * (*value - wide);
            }
        }
    }

    /// Burns in labels and frame, lifts the floor, and leaves fewer grey levels, when the shutters
    /// are closed.
    pub(crate) fn burn_in(&self, grey: &mut [f32], width: usize, dice: &mut Dice) {
        if self.floor > 0.0 {
            let floor = self.floor as f32;
            grey.iter_mut().for_each(|v| *v = floor + (1.0 - floor) * *v);
        }
        for _ in 0..self.labels {
            burn_label(grey, width, dice);
        }
        let height = grey.len() / width;
        let thick = (self.frame[0] * width as f64) as usize;
        if thick > 0 {
            let inside = |i: usize, n: usize| i >= thick && i + thick < n;
            for (i, value) in grey.iter_mut().enumerate() {
                if !(inside(i % width, width) && inside(i / width, height)) {
                    *value = self.frame[1] as f32;
                }
            }
        }
        if self.levels > 0.0 {
            let levels = self.levels as f32;
            grey.iter_mut().for_each(|v| *v = (levels * *v).round() / levels);
        }
    }
}

/// A few strokes, bright or on a bright plate, near the border.
fn burn_label(grey: &mut [f32], width: usize, dice: &mut Dice) {
    let height = grey.len() / width;
    let side = (height as f64 * dice.uniform(0.02, 0.06)) as usize + 3;
    let wide = side + dice.index(2 * side);
    let near = |dice: &mut Dice, n: usize, size: usize| {
        let reach = n.saturating_sub(size).max(1);
        let at = (reach as f64 * 0.28 * dice.uniform(0.0, 1.0)) as usize;
        if dice.chance(0.5) { at } else { reach - 1 - at.min(reach - 1) }
    };
    let (left, top) = (near(dice, width, wide), near(dice, height, side));
    let plate = dice.chance(0.4);
    let cell = (side / 6).max(1);
    for y in top..(top + side).min(height) {
        for x in left..(left + wide).min(width) {
            let (i, j) = ((x - left) / cell, (y - top) / cell);
            // A pattern with the rhythm of letters.
            let stroke = i % 4 != 3 && (i * 7 + j * 5 + i * j) % 3 == 0;
            match (plate, stroke) {
                (true, false) => grey[y * width + x] = 1.0,
                (true, true) => grey[y * width + x] = 0.25,
                (false, true) => grey[y * width + x] = 0.95,
                (false, false) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vertebra_run::Seed;

    fn ramp() -> Vec<f32> {
        (0..64 * 64).map(|i| (i % 64) as f32 / 63.0).collect()
    }

    #[test]
    fn no_look_changes_nothing() {
        let mut grey = ramp();
        let look = Look::default();
        look.process(&mut grey, 64);
        look.burn_in(&mut grey, 64, &mut Dice::new(Seed::new(1)));
        assert_eq!(grey, ramp());
    }

    #[test]
    fn each_part_of_a_look_shows() {
        let looked = |look: Look| {
            let mut grey = ramp();
            look.process(&mut grey, 64);
            look.burn_in(&mut grey, 64, &mut Dice::new(Seed::new(1)));
            grey
        };
        let plain = Look::default();
        let lifted = looked(Look { floor: 0.5, ..plain });
        assert!(lifted.iter().all(|v| *v >= 0.5));
        let darker = looked(Look { gamma: 2.0, ..plain });
        assert!((darker[32] - (32.0f32 / 63.0).powi(2)).abs() < 1e-5);
        let framed = looked(Look { frame: [0.05, 0.7], ..plain });
        assert!(framed[..64].iter().all(|v| *v == 0.7) && framed[64 * 32 + 30] != 0.7);
        for look in [
            Look { local_contrast: 1.0, clip_limit: 3.0, ..plain },
            Look { grid: 0.05, ..plain },
            Look { labels: 3, ..plain },
            Look { detail: 0.5, veil_px: 6.0, ..plain },
            Look { levels: 20.0, ..plain },
        ] {
            assert_ne!(looked(look), ramp(), "{look:?}");
        }
    }

    #[test]
    fn a_veil_pales_what_is_narrow_and_leaves_what_is_wide() {
        // Stripes of 4 px on two halves, the right one brighter.
        let stripe = |i: usize| if (i / 64 / 4).is_multiple_of(2) { 1.0 } else { -1.0 };
        let at = |i: usize| 0.25 + 0.4 * f32::from(u8::from(i % 64 >= 32)) + 0.1 * stripe(i);
        let mut grey: Vec<f32> = (0..64 * 64).map(at).collect();
        let look = Look { detail: 0.3, veil_px: 8.0, ..Look::default() };
        look.process(&mut grey, 64);
        let mean_of = |part: &dyn Fn(usize) -> bool| {
            let values: Vec<f32> = (0..grey.len()).filter(|&i| part(i)).map(|i| grey[i]).collect();
            values.iter().sum::<f32>() / values.len() as f32
        };
        let middle = |i: usize| (16..48).contains(&(i / 64));
        let bright = mean_of(&|i| middle(i) && stripe(i) > 0.0);
        let dark = mean_of(&|i| middle(i) && stripe(i) < 0.0);
        assert!((bright - dark - 0.06).abs() < 0.01, "stripes of {}", bright - dark);
        let (left, right) = (mean_of(&|i| i % 64 < 8), mean_of(&|i| i % 64 >= 56));
        assert!((right - left - 0.4).abs() < 0.05, "halves {} apart", right - left);
    }
}
