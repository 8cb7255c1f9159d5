//! The scaled exponential linear unit (Klambauer, Unterthiner, Mayr & Hochreiter, NeurIPS 2017):
//! `scale x` above 0, `scale alpha (e^x - 1)` below.

use vertebra_wide::{Loops, widest};

const ALPHA: f32 = 1.673_263_2;
const SCALE: f32 = 1.050_701;

/// Writes the units of `x`.
pub(crate) fn forward(x: &[f32], output: &mut [f32]) {
    widest(Forward { x, output });
}

/// Writes the gradient at the inputs from that at the outputs `y`: the slope is `scale` above 0 and
/// `y + scale alpha` below.
#[cfg(feature = "burn")]
pub(crate) fn backward(y: &[f32], gradient: &[f32], output: &mut [f32]) {
    widest(Backward { y, gradient, output });
}

#[cfg(feature = "burn")]
struct Backward<'a> {
    y: &'a [f32],
    gradient: &'a [f32],
    output: &'a mut [f32],
}

#[cfg(feature = "burn")]
impl Loops for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for ((to, &y), &gradient) in self.output.iter_mut().zip(self.y).zip(self.gradient) {
            *to = gradient * if y > 0.0 { SCALE } else { y + SCALE * ALPHA };
        }
    }
}

struct Forward<'a> {
    x: &'a [f32],
    output: &'a mut [f32],
}

impl Loops for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (y, &x) in self.output.iter_mut().zip(self.x) {
            let below = if x > 0.0 { 0.0 } else { x };
            let below = SCALE * ALPHA * exp_minus_one(below);
            *y = if x > 0.0 { SCALE * x } else { below };
        }
    }
}

/// `e^x - 1` for `x` of at most 0, within 4e-7 of its value: of `x = k ln 2 + r` it is
/// `2^k (e^r - 1) + 2^k - 1`. The library's own is one call for every number.
#[inline(always)]
fn exp_minus_one(x: f32) -> f32 {
    // Where nothing is left of e^x beside 1.
    const LEAST: f32 = -18.0;
    // The last bit of numbers of this size is worth 1.
    const LARGE: f32 = 12_582_912.0;
    const HIGH: f32 = 0.693_359_4;
    const LOW: f32 = -2.121_944_4e-4;
    let x = if x < LEAST { LEAST } else { x };
    let shifted = x * std::f32::consts::LOG2_E + LARGE;
    let power = f32::from_bits(shifted.to_bits().wrapping_sub(LARGE.to_bits() - 127) << 23);
    let k = shifted - LARGE;
    let r = x - k * HIGH - k * LOW;
    let series = [1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0];
    let mut sum = 0.0;
    for term in series {
        sum = sum * r + term;
    }
    power * (r * sum) + (power - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(x: &[f32]) -> Vec<f32> {
        let mut y = vec![0.0; x.len()];
        forward(x, &mut y);
        y
    }

    #[test]
    fn units_are_those_of_the_definition() {
        let x: Vec<f32> = (0..400_000).map(|i| (i as f32 - 350_000.0) * 7.3e-5).collect();
        let small = (0..60).map(|k| -(0.5_f32.powi(k)));
        let x: Vec<f32> = x.into_iter().chain(small).collect();
        for (x, y) in x.iter().zip(of(&x)) {
            let x = f64::from(*x);
            let expected = 1.050_700_987_355_480_5
                * if x > 0.0 { x } else { 1.673_263_242_354_377_2 * x.exp_m1() };
            let error = (f64::from(y) - expected).abs();
            assert!(error <= 4e-7 * expected.abs(), "{x}: {y}, expected {expected}");
        }
    }

    #[test]
    fn every_number_has_its_unit() {
        let y = of(&[0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MIN, f32::MAX / 2.0]);
        assert_eq!((y[0], y[1]), (0.0, f32::INFINITY));
        assert!(y[3].is_nan() && y[5].is_finite(), "{y:?}");
        assert!((y[2] + SCALE * ALPHA).abs() < 1e-6 && y[2] == y[4], "{y:?}");
    }

    #[test]
    fn the_versions_agree() {
        let x: Vec<f32> = (0..1003).map(|i| ((i * 31) % 997) as f32 / 40.0 - 20.0).collect();
        let mut portable = vec![0.0; x.len()];
        Forward { x: &x, output: &mut portable }.run();
        assert_eq!(portable, of(&x));
    }
}
