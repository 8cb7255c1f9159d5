//! Windows: values to presentation values in `[0, 1]` (PS3.3 C.11.2.1), and whether one leaves
//! anything to see.

use crate::{Error, Voi, Warning};

const WIDTH: &str = "Window Width (0028,1051)";

/// From this share of black or white pixels on, hardly anything is left to see.
const SATURATED: f64 = 0.98;
/// About so many pixels are looked at.
const LOOKED_AT: usize = 1 << 16;

/// A window and the function that goes with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) function: Function,
    pub(crate) center: f64,
    pub(crate) width: f64,
}

/// VOI LUT Function.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Function {
    Linear,
    LinearExact,
    Sigmoid,
}

impl Window {
    /// Presentation value of `x`, in `[0, 1]`.
    pub(crate) fn apply(&self, x: f64) -> f64 {
        let (c, w) = (self.center, self.width);
        match self.function {
            // C.11.2.1.2.1; a width of 1 is a threshold.
            Function::Linear => {
                let half = (w - 1.0) / 2.0;
                if x <= c - 0.5 - half {
                    0.0
                } else if x > c - 0.5 + half {
                    1.0
                } else {
                    (x - (c - 0.5)) / (w - 1.0) + 0.5
                }
            }
            Function::LinearExact => ((x - c) / w + 0.5).clamp(0.0, 1.0),
            Function::Sigmoid => 1.0 / (1.0 + (-4.0 * (x - c) / w).exp()),
        }
    }

    /// The values mapped to 0 and 1, or for a sigmoid to those of a straight line of its slope.
    pub(crate) fn range(&self) -> [f64; 2] {
        match self.function {
            Function::Linear => {
                let half = (self.width - 1.0) / 2.0;
                [self.center - 0.5 - half, self.center - 0.5 + half]
            }
            _ => [self.center - self.width / 2.0, self.center + self.width / 2.0],
        }
    }

    /// As provenance names it.
    pub(crate) fn record(&self) -> Voi {
        let (center, width) = (self.center, self.width);
        match self.function {
            Function::Linear => Voi::Linear { center, width },
            Function::LinearExact => Voi::LinearExact { center, width },
            Function::Sigmoid => Voi::Sigmoid { center, width },
        }
    }
}

impl Window {
    /// The straight one that a caller gives by its numbers.
    pub(crate) fn given(center: f64, width: f64) -> Result<Self, Error> {
        Self { function: Function::Linear, center, width }.checked()
    }

    /// The window, where it can be one.
    pub(crate) fn checked(self) -> Result<Self, Error> {
        let (limit, expected) = match self.function {
            Function::Linear => (1.0, "at least 1"),
            _ => (f64::MIN_POSITIVE, "greater than 0"),
        };
        if !self.center.is_finite() || !self.width.is_finite() || self.width < limit {
            return Err(Error::invalid(WIDTH, expected, self.width));
        }
        Ok(self)
    }
}

/// A warning where nearly all pixels that are film are at an end of the grey scale, by a sample of
/// them that is spread over the picture.
pub(crate) fn saturation(pixels: &[f32], valid: Option<&[bool]>) -> Option<Warning> {
    // Odd, so that an even width does not make it a column.
    let step = (pixels.len() / LOOKED_AT) | 1;
    let is_film = |i: &usize| valid.is_none_or(|valid| valid[*i]);
    let film: Vec<f32> =
        (0..pixels.len()).step_by(step).filter(is_film).map(|i| pixels[i]).collect();
    let share =
        |grey: f32| film.iter().filter(|v| **v == grey).count() as f64 / film.len().max(1) as f64;
    let (black, white) = (share(0.0), share(1.0));
    (black + white >= SATURATED).then_some(Warning::Saturated { black, white })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(function: Function, center: f64, width: f64) -> Window {
        Window { function, center, width }
    }

    /// PS3.3 C.11.2.1.2.1, Note 3: c = 2048, w = 4096 for output 0 to 255 becomes "if x <= 0 then y
    /// = 0, else if x > 4095 then y = 255, else y = ((x - 2047.5) / 4095 + 0.5) * 255".
    #[test]
    fn linear_agrees_with_the_standards_examples() {
        let full = window(Function::Linear, 2048.0, 4096.0);
        for x in 0..=4095 {
            let expected = ((f64::from(x) - 2047.5) / 4095.0 + 0.5).clamp(0.0, 1.0);
            assert!((full.apply(f64::from(x)) - expected).abs() < 1e-15, "x={x}");
        }
        // c = 2048, w = 1: "if x <= 2047.5 then y = ymin, else y = ymax".
        let threshold = window(Function::Linear, 2048.0, 1.0);
        assert_eq!(threshold.apply(2047.5), 0.0);
        assert_eq!(threshold.apply(2047.6), 1.0);
        // c = 0, w = 100: "if x <= -50 then ymin, else if x > 49 then ymax, else ((x+0.5)/99+0.5)".
        let small = window(Function::Linear, 0.0, 100.0);
        assert_eq!(small.apply(-50.0), 0.0);
        assert_eq!(small.apply(49.1), 1.0);
        assert!((small.apply(10.0) - (10.5 / 99.0 + 0.5)).abs() < 1e-15);
        assert_eq!(small.range(), [-50.0, 49.0]);
    }

    /// PS3.3 C.11.2.1.3.2: the same windows without the half grey level.
    #[test]
    fn linear_exact_agrees_with_the_standards_examples() {
        let full = window(Function::LinearExact, 2048.0, 4096.0);
        assert_eq!(full.apply(0.0), 0.0);
        assert_eq!(full.apply(4096.0), 1.0);
        assert_eq!(full.apply(1024.0), 0.25);
        let small = window(Function::LinearExact, 0.0, 100.0);
        assert_eq!((small.apply(-50.0), small.apply(50.0), small.apply(10.0)), (0.0, 1.0, 0.6));
    }

    #[test]
    fn sigmoid_has_half_at_the_centre_and_the_windows_slope() {
        let sigmoid = window(Function::Sigmoid, 100.0, 40.0);
        assert_eq!(sigmoid.apply(100.0), 0.5);
        let slope = (sigmoid.apply(100.001) - sigmoid.apply(99.999)) / 0.002;
        assert!((slope - 1.0 / 40.0).abs() < 1e-9);
        assert!((sigmoid.apply(110.0) - 1.0 / (1.0 + (-1.0_f64).exp())).abs() < 1e-15);
    }
}
