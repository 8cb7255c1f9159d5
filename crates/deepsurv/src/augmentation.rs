//! Small changes to training images that leave the hazard as it is.
use crate::Error;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use vertebra_run::Seed;

/// Ranges of the random changes; every one is drawn uniformly, per subject and step.
///
/// There is no flip: films are aligned to one facing, and no change of contrast by default: bone
/// density is contrast.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Augmentation {
    /// Largest shift along each axis, in pixels of the network's input; edges are continued.
    pub shift: f32,
    /// Largest change of brightness, in the units of the pixels.
    pub brightness: f32,
    /// Largest relative change of contrast about the image's own mean.
    pub contrast: f32,
}

impl Default for Augmentation {
    /// Two pixels, brightness 0.02, no change of contrast.
    fn default() -> Self {
        Self { shift: 2.0, brightness: 0.02, contrast: 0.0 }
    }
}

impl Augmentation {
    /// Leaves images as they are.
    #[must_use]
    pub fn none() -> Self {
        Self { shift: 0.0, brightness: 0.0, contrast: 0.0 }
    }

    /// Sets the largest shift, px.
    #[must_use]
    pub fn with_shift(self, shift: f32) -> Self {
        Self { shift, ..self }
    }

    /// Sets the largest change of brightness.
    #[must_use]
    pub fn with_brightness(self, brightness: f32) -> Self {
        Self { brightness, ..self }
    }

    /// Sets the largest relative change of contrast.
    #[must_use]
    pub fn with_contrast(self, contrast: f32) -> Self {
        Self { contrast, ..self }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        for (setting, value) in [
            ("augmentation shift", self.shift),
            ("augmentation brightness", self.brightness),
            ("augmentation contrast", self.contrast),
        ] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(Error::invalid(setting, "a number >= 0", value));
            }
        }
        Ok(())
    }

    /// Appends the changed images of one subject to `out`.
    ///
    /// Brightness and contrast change together for all its images, shifts one by one.
    pub(crate) fn apply(
        &self,
        images: &[f32],
        [height, width]: [usize; 2],
        seed: Seed,
        subject: usize,
        out: &mut Vec<f32>,
    ) {
        let mut rng = seed.named("augmentation").at(&[subject as u64]).generator();
        let mut draw = |range: f32| (2.0 * rng.random::<f32>() - 1.0) * range;
        let (brightness, gain) = (draw(self.brightness), 1.0 + draw(self.contrast));
        for image in images.chunks_exact(height * width) {
            let mean = image.iter().sum::<f32>() / image.len() as f32;
            let offset = mean * (1.0 - gain) + brightness;
            let shift = [draw(self.shift), draw(self.shift)];
            shifted(image, [height, width], shift, out, |p| p * gain + offset);
        }
    }
}

/// Bilinear shift by `[down, right]` pixels, edges continued.
fn shifted(
    image: &[f32],
    [height, width]: [usize; 2],
    [down, right]: [f32; 2],
    out: &mut Vec<f32>,
    value: impl Fn(f32) -> f32,
) {
    let columns: Vec<Tap> = (0..width).map(|x| Tap::new(x as f32 - right, width)).collect();
    for y in 0..height {
        let row = Tap::new(y as f32 - down, height);
        let (upper, lower) = (&image[row.first * width..], &image[row.second * width..]);
        out.extend(columns.iter().map(|c| {
            let between =
                |line: &[f32]| line[c.first] + c.weight * (line[c.second] - line[c.first]);
            let (a, b) = (between(upper), between(lower));
            value(a + row.weight * (b - a))
        }));
    }
}

/// The two samples around one position, and the weight of the second.
struct Tap {
    first: usize,
    second: usize,
    weight: f32,
}

impl Tap {
    fn new(position: f32, size: usize) -> Self {
        let inside = position.clamp(0.0, (size - 1) as f32);
        let first = inside.floor();
        let second = (first as usize + 1).min(size - 1);
        Self { first: first as usize, second, weight: inside - first }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp() -> Vec<f32> {
        (0..30).map(|i| (i % 6) as f32 + 10.0 * (i / 6) as f32).collect()
    }

    #[test]
    fn a_shift_moves_content_down_and_right() {
        let mut out = Vec::new();
        shifted(&ramp(), [5, 6], [1.0, 0.5], &mut out, |p| p);
        // Pixel (row 2, column 3) now shows what was at (1, 2.5).
        assert_eq!(out[2 * 6 + 3], 12.5);
        assert_eq!(out[0], 0.0, "edges are continued");
    }

    #[test]
    fn no_augmentation_changes_nothing() {
        let mut out = Vec::new();
        Augmentation::none().apply(&ramp(), [5, 6], Seed::new(3), 1, &mut out);
        assert_eq!(out, ramp());
    }

    #[test]
    fn changes_depend_on_seed_and_subject_only_and_stay_in_range() {
        let change = |seed, subject| {
            let mut out = Vec::new();
            let options = Augmentation { shift: 0.0, brightness: 0.3, contrast: 0.1 };
            options.apply(&ramp(), [5, 6], Seed::new(seed), subject, &mut out);
            out
        };
        assert_eq!(change(1, 2), change(1, 2));
        assert_ne!(change(1, 2), change(1, 3));
        assert_ne!(change(1, 2), change(2, 2));
        let mean = |image: &[f32]| image.iter().sum::<f32>() / 30.0;
        assert!((0..50).all(|s| (mean(&change(s, 0)) - mean(&ramp())).abs() <= 0.3 + 1e-4));
    }
}
