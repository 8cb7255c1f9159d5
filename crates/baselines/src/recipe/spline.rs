//! Restricted cubic splines and cubic B-splines.
//!
//! With knots `t_1 < .. < t_k` and cubes `c_j = max(x - t_j, 0)^3` the restricted spline has the
//! columns `x` and, for `j = 1 .. k - 2`,
//!
//! ```text
//! (c_j - c_(k-1) (t_k - t_j) / (t_k - t_(k-1)) + c_k (t_(k-1) - t_j) / (t_k - t_(k-1)))
//!     / (t_k - t_1)^2
//! ```
//!
//! so that it is linear beyond the outer knots. Sources: Stone & Koo, *Proc. Stat. Comput. Sect.
//! ASA*, 45-48, 1985; Harrell, *Regression Modeling Strategies*, 2nd ed. 2015, eq. 2.24 and 2.25.
//! B-splines: de Boor, *A Practical Guide to Splines*, 1978, ch. X.

use crate::Error;

/// Harrell's quantiles for 3 to 7 knots.
const QUANTILES: [&[f64]; 5] = [
    &[0.10, 0.50, 0.90],
    &[0.05, 0.35, 0.65, 0.95],
    &[0.05, 0.275, 0.50, 0.725, 0.95],
    &[0.05, 0.23, 0.41, 0.59, 0.77, 0.95],
    &[0.025, 0.1833, 0.3417, 0.50, 0.6583, 0.8167, 0.975],
];
/// In smaller samples the outer knots are the fifth smallest and the fifth largest value.
const SMALL: usize = 100;

pub(super) fn harrell_knots(name: &str, values: &[f64], n_knots: usize) -> Result<Vec<f64>, Error> {
    let Some(quantiles) = n_knots.checked_sub(3).and_then(|k| QUANTILES.get(k)) else {
        let got = format!("{n_knots} for {name}");
        return Err(Error::InvalidSetting { name: "knots", expected: "3 to 7", got });
    };
    let sorted = sorted(values);
    let mut knots: Vec<f64> = quantiles.iter().map(|&q| quantile(&sorted, q)).collect();
    if (10..SMALL).contains(&sorted.len()) {
        (knots[0], knots[n_knots - 1]) = (sorted[4], sorted[sorted.len() - 5]);
    }
    increasing(name, &knots)?;
    Ok(knots)
}

/// Inner and outer knots of a cubic B-spline without intercept.
pub(super) fn b_spline_knots(
    name: &str,
    values: &[f64],
    df: usize,
) -> Result<(Vec<f64>, [f64; 2]), Error> {
    if !(3..=50).contains(&df) {
        let got = format!("{df} for {name}");
        return Err(Error::InvalidSetting { name: "df of a B-spline", expected: "3 to 50", got });
    }
    let sorted = sorted(values);
    let n_inner = df - 3;
    let place = |k: usize| quantile(&sorted, k as f64 / (n_inner + 1) as f64);
    let knots: Vec<f64> = (0..=n_inner + 1).map(place).collect();
    increasing(name, &knots)?;
    Ok((knots[1..=n_inner].to_vec(), [knots[0], knots[n_inner + 1]]))
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// By linear interpolation between order statistics, R's type 7.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let place = q * (sorted.len().max(1) - 1) as f64;
    let (below, part) = (place.floor() as usize, place.fract());
    let at = |i: usize| sorted.get(i).or(sorted.last()).copied().unwrap_or(f64::NAN);
    at(below) + part * (at(below + 1) - at(below))
}

fn increasing(name: &str, knots: &[f64]) -> Result<(), Error> {
    if knots.windows(2).all(|pair| pair[0] < pair[1]) {
        return Ok(());
    }
    let text: Vec<String> = knots.iter().map(f64::to_string).collect();
    let got = format!("{} for {name}", text.join(", "));
    Err(Error::InvalidSetting { name: "knots", expected: "enough distinct values for these", got })
}

pub(super) fn restricted(knots: &[f64], x: f64) -> Vec<f64> {
    let k = knots.len();
    let (before, last) = (knots[k - 2], knots[k - 1]);
    let unit = (last - knots[0]).powi(2);
    let cube = |from: f64| (x - from).max(0.0).powi(3);
    let curved = knots[..k - 2].iter().map(|&t| {
        let share = |t: f64, from: f64| cube(from) * t / (last - before);
        (cube(t) - share(last - t, before) + share(before - t, last)) / unit
    });
    std::iter::once(x).chain(curved).collect()
}

/// The columns but the first of the basis, beyond the outer knots by the outer polynomials.
pub(super) fn b_spline(inner: &[f64], [low, high]: [f64; 2], x: f64) -> Vec<f64> {
    let mut knots = vec![low; 4];
    knots.extend(inner);
    knots.extend([high; 4]);
    let n = knots.len() - 4;
    let span = 3 + inner.partition_point(|&knot| knot <= x);
    let mut values = vec![0.0; n];
    // The four that are not zero there, by degree.
    let mut local = [1.0, 0.0, 0.0, 0.0];
    for degree in 1..=3 {
        let mut carried = 0.0;
        for r in 0..degree {
            let (left, right) = (knots[span + 1 + r - degree], knots[span + 1 + r]);
            let share = local[r] / (right - left);
            local[r] = carried + (right - x) * share;
            carried = (x - left) * share;
        }
        local[degree] = carried;
    }
    values[span - 3..=span].copy_from_slice(&local);
    values.remove(0);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restricted_spline_is_smooth_and_linear_outside() {
        let knots = [1.0, 2.0, 4.0, 7.0];
        let at = |x: f64| restricted(&knots, x);
        for j in 0..3 {
            let second = |x: f64, h: f64| (at(x + h)[j] - 2.0 * at(x)[j] + at(x - h)[j]) / (h * h);
            assert!(second(0.0, 0.5).abs() < 1e-12, "{j}");
            assert!(second(11.0, 1.0).abs() < 1e-9, "{j} {}", second(11.0, 1.0));
            // The second derivative is continuous at the knots.
            let jump = second(4.001, 1e-4) - second(3.999, 1e-4);
            assert!(jump.abs() < 0.01, "{j} {jump}");
        }
    }

    /// Golden: `splines::bs(c(0.5, 1, 3.7, 6), knots = c(1, 3), Boundary.knots = c(0, 5))`, R
    /// 4.2.2.
    #[test]
    fn b_splines_agree_with_r() {
        let got = b_spline(&[1.0, 3.0], [0.0, 5.0], 0.5);
        let expected = GOLDEN_BS;
        for (x, row) in [0.5, 1.0, 3.7, 6.0].iter().zip(expected) {
            for (got, expected) in b_spline(&[1.0, 3.0], [0.0, 5.0], *x).iter().zip(row) {
                assert!((got - expected).abs() < 1e-12, "{x}: {got} {expected}");
            }
        }
        assert_eq!(got.len(), 5);
    }

    const GOLDEN_BS: [[f64; 5]; 4] = [
        [0.6805555555555556, 0.18611111111111112, 0.008333333333333333, 0.0, 0.0],
        [0.4444444444444444, 0.4888888888888889, 0.06666666666666667, 0.0, 0.0],
        [0.0, 0.05492499999999998, 0.37285624999999994, 0.5293437500000001, 0.04287500000000003],
        [0.0, -0.024999999999999994, 0.49374999999999997, -2.84375, 3.375],
    ];
}
