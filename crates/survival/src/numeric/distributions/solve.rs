//! What the distributions share: continued fractions and roots.

/// `first + n_1 / (d_1 + n_2 / (d_2 + ..))` from `(n_k, d_k)`, by Lentz's method.
pub(super) fn continued_fraction(first: f64, of: impl Fn(f64) -> (f64, f64)) -> f64 {
    let away = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let (mut value, mut c, mut d) = (away(first), away(first), 0.0);
    for k in 1..100_000 {
        let (numerator, denominator) = of(f64::from(k));
        d = 1.0 / away(denominator + numerator * d);
        c = away(denominator + numerator / c);
        value *= c * d;
        if (c * d - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}

/// The positive root of a decreasing function with the derivative `-density`: Newton's method, kept
/// inside a bracket.
pub(super) fn decreasing_root(f: impl Fn(f64) -> f64, density: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while f(high) > 0.0 && high < 1e150 {
        (low, high) = (high, 2.0 * high);
    }
    let mut x = 0.5 * (low + high);
    for _ in 0..2000 {
        let miss = f(x);
        if miss > 0.0 {
            low = x;
        } else {
            high = x;
        }
        let newton = x + miss / density(x);
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        if (next - x).abs() <= 1e-15 * next {
            return next;
        }
        x = next;
    }
    x
}
