//! Intervals of figures at the end of their range, whose standard error is 0.
//!
//! - A share of 0 among `n` has the exact upper bound `1 - (alpha / 2)^(1 / n)` (Clopper & Pearson,
//!   *Biometrika* 26:404-413, 1934).
//! - An area of 1 has the lower bound at which its score test would just not reject: the area
//!   `theta` with `1 - theta = q sqrt(V(theta))`, where `V = theta (1 - theta) [1 + (N - 1) ((1 -
//!   theta) / (2 - theta) + theta / (1 + theta))] / (m n)` for `m` cases and `n` controls and
//!   `N = (m + n) / 2` (Newcombe, *Stat. Med.* 25:559-573, 2006, method 5).

use crate::estimate::{Estimate, Interval, Pivot, Scale};

/// The exact upper bound of a share that was 0 among `n`, which need not be whole.
pub(crate) fn upper_of_none(n: f64, level: f64) -> f64 {
    match n > 0.0 {
        true => -(((1.0 - level) / 2.0).ln() / n).exp_m1(),
        false => 1.0,
    }
}

/// The value, or the end of [0, 1] that it misses by the rounding of its sums alone.
pub(crate) fn at_its_end(value: f64) -> f64 {
    const ROUNDING: f64 = 1e-12;
    match value {
        v if v < ROUNDING => 0.0,
        v if v > 1.0 - ROUNDING => 1.0,
        v => v,
    }
}

/// A share with an interval on the logit scale; at 0 and 1 the exact one of `n` subjects.
pub(crate) fn share(value: f64, std_error: f64, n: f64, (pivot, level): (Pivot, f64)) -> Estimate {
    let value = at_its_end(value);
    let bounds = match value {
        v if v <= 0.0 => (0.0, upper_of_none(n, level)),
        v if v >= 1.0 => (1.0 - upper_of_none(n, level), 1.0),
        _ => return Estimate::around(value, std_error, (pivot, Scale::Logit), level),
    };
    Estimate::new(value, std_error, Interval::new(bounds.0, bounds.1, level))
}

/// An area with its interval on the given scale; at 0 and 1 the one by its score test, from the
/// numbers of cases and of controls.
pub(crate) fn area(
    value: f64,
    std_error: f64,
    (cases, controls): (f64, f64),
    (pivot, scale): (Pivot, Scale),
    level: f64,
) -> Estimate {
    let value = at_its_end(value);
    if (value > 0.0 && value < 1.0) || cases <= 0.0 || controls <= 0.0 {
        return Estimate::around(value, std_error, (pivot, scale), level);
    }
    let lower = lower_of_all((cases, controls), pivot.two_sided(level));
    let bounds = if value >= 1.0 { (lower, 1.0) } else { (0.0, 1.0 - lower) };
    Estimate::new(value, std_error, Interval::new(bounds.0, bounds.1, level))
}

/// The root of `1 - theta = q sqrt(V(theta))` below 1, by bisection: the left side falls faster.
fn lower_of_all((m, n): (f64, f64), q: f64) -> f64 {
    let size = ((m + n) / 2.0 - 1.0).max(0.0);
    let excess = |theta: f64| {
        let spread = 1.0 + size * ((1.0 - theta) / (2.0 - theta) + theta / (1.0 + theta));
        // Both sides squared and divided by 1 - theta.
        (1.0 - theta) - q * q * theta * spread / (m * n)
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        match excess(middle) > 0.0 {
            true => low = middle,
            false => high = middle,
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_bound_of_none_of_twenty() {
        // R: binom.test(0, 20)$conf.int = 0 0.1684335
        assert!((upper_of_none(20.0, 0.95) - 0.168_433_5).abs() < 1e-7);
        let all = share(1.0, 0.0, 20.0, (Pivot::Normal, 0.95)).interval;
        assert!((all.lower - (1.0 - 0.168_433_5)).abs() < 1e-7 && all.upper == 1.0);
        assert_eq!(upper_of_none(0.0, 0.95), 1.0);
    }

    #[test]
    fn an_area_of_one_is_wider_the_fewer_cases_it_rests_on() {
        let lower = |m, n| area(1.0, 0.0, (m, n), (Pivot::Normal, Scale::Logit), 0.95).interval;
        assert!(lower(1.0, 1.0).lower < 0.25 && lower(5.0, 5.0).lower > lower(2.0, 5.0).lower);
        let rounded = area(1.0 - 7e-16, 1e-9, (5.0, 5.0), (Pivot::Normal, Scale::Logit), 0.95);
        assert!(rounded.value == 1.0 && rounded.interval == lower(5.0, 5.0));
        assert!(lower(200.0, 200.0).lower > 0.98 && lower(200.0, 200.0).upper == 1.0);
        let none = area(0.0, 0.0, (5.0, 5.0), (Pivot::Normal, Scale::Logit), 0.95).interval;
        assert!((none.upper - (1.0 - lower(5.0, 5.0).lower)).abs() < 1e-12 && none.lower == 0.0);
    }
}
