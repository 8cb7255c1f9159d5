//! Trabecular texture as it survives projection: fine vertical striae, weaker horizontal ones.

use crate::anatomy::bone::Bone;
use crate::dice::Dice;
use crate::tissues::canvas::Canvas;
use crate::tissues::filter::blur;

/// Correlation lengths, mm.
const LONG: f64 = 3.5;
const SHORT: f64 = 0.45;

/// Relative deviation of the trabecular attenuation, `[columns, rows]` at `step` mm, mean zero.
pub(crate) fn trabeculae(
    columns: usize,
    rows: usize,
    step: f64,
    bone: &Bone,
    dice: &mut Dice,
) -> Vec<f32> {
    let mut vertical = white(columns * rows, dice);
    smooth_along(&mut vertical, rows, LONG / step);
    smooth_across(&mut vertical, rows, SHORT / step);
    let mut horizontal = white(columns * rows, dice);
    smooth_across(&mut horizontal, rows, LONG / step);
    smooth_along(&mut horizontal, rows, SHORT / step);
    let (v, h) = (bone.vertical_texture as f32, bone.horizontal_texture as f32);
    let (v, h) = (v / deviation(&vertical), h / deviation(&horizontal));
    vertical.iter().zip(&horizontal).map(|(x, y)| v * x + h * y).collect()
}

/// Makes what lies on a canvas irregular, as worn joints are: blurs it by up to a millimetre and
/// multiplies it by the exponential of a random field, streaks along the spine and coarse patches.
/// `scale` is px per mm.
pub(crate) fn roughen(canvas: &mut Canvas, scale: f64, roughness: f64, dice: &mut Dice) {
    let (width, n) = (canvas.width, canvas.exponent.len());
    blur(&mut canvas.exponent, width, 0.8 * roughness * scale);
    let mut streaks = white(n, dice);
    smooth_along(&mut streaks, width, 0.7 * scale);
    smooth_across(&mut streaks, width, 4.0 * scale);
    let mut patches = white(n, dice);
    smooth_along(&mut patches, width, 3.0 * scale);
    smooth_across(&mut patches, width, 3.0 * scale);
    let (s, p) = (0.35 * roughness, 0.35 * roughness);
    let (s, p) = (s as f32 / deviation(&streaks), p as f32 / deviation(&patches));
    for ((value, streak), patch) in canvas.exponent.iter_mut().zip(&streaks).zip(&patches) {
        *value *= (s * streak + p * patch).exp();
    }
}

fn white(n: usize, dice: &mut Dice) -> Vec<f32> {
    // Two uniform draws per 32 bits; the filters make them normal.
    let unit = |bits: u32| (bits & 0xffff) as f32 / 32768.0 - 1.0;
    let pairs = (0..n.div_ceil(2)).flat_map(|_| {
        let bits = dice.bits();
        [unit(bits), unit(bits >> 16)]
    });
    pairs.take(n).collect()
}

fn deviation(values: &[f32]) -> f32 {
    let mean_square = values.iter().map(|v| v * v).sum::<f32>() / values.len() as f32;
    mean_square.sqrt().max(1e-6)
}

/// First-order recursive smoothing, forth and back, within lines of `line` values; correlation
/// length in samples.
fn smooth_along(values: &mut [f32], line: usize, length: f64) {
    let keep = (-1.0 / length).exp() as f32;
    for line in values.chunks_exact_mut(line) {
        let mut state = 0.0;
        for value in line.iter_mut() {
            state = keep * state + (1.0 - keep) * *value;
            *value = state;
        }
        let mut state = line.last().copied().unwrap_or(0.0);
        for value in line.iter_mut().rev() {
            state = keep * state + (1.0 - keep) * *value;
            *value = state;
        }
    }
}

/// The same from line to line.
fn smooth_across(values: &mut [f32], line: usize, length: f64) {
    let keep = (-1.0 / length).exp() as f32;
    let n = values.len();
    for i in line..n {
        values[i] = keep * values[i - line] + (1.0 - keep) * values[i];
    }
    for i in (0..n - line).rev() {
        values[i] = keep * values[i + line] + (1.0 - keep) * values[i];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vertebra_run::Seed;

    #[test]
    fn sparse_bone_keeps_the_vertical_striae_only() {
        let roughness = |density: f64| {
            let bone = Bone::of_density(density);
            let (columns, rows) = (120, 90);
            let t = trabeculae(columns, rows, 0.4, &bone, &mut Dice::new(Seed::new(2)));
            let along =
                |lag: usize| t.iter().zip(&t[lag..]).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
            along(rows) / along(1) // change across columns over change along them
        };
        assert!(roughness(-2.0) > 2.0 * roughness(2.0));
    }

    #[test]
    fn the_texture_has_the_stated_strength() {
        let bone = Bone::of_density(0.0);
        let t = trabeculae(150, 150, 0.4, &bone, &mut Dice::new(Seed::new(4)));
        let expected = bone.vertical_texture.hypot(bone.horizontal_texture) as f32;
        assert!((deviation(&t) / expected - 1.0).abs() < 0.05);
    }
}
