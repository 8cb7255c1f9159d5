//! The chi-square distribution, by the incomplete gamma function.

use super::solve::{continued_fraction, decreasing_root};
use libm::{erfc, lgamma, tgamma};

/// The chi-square distribution with `df` degrees of freedom, whole or not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChiSquare {
    df: f64,
}

impl ChiSquare {
    /// The distribution with `df` degrees of freedom.
    #[must_use]
    pub fn new(df: f64) -> Self {
        Self { df }
    }

    /// `P(X >= x)`, the P value of a chi-square test; 1 for `x <= 0`.
    #[must_use]
    pub fn upper(self, x: f64) -> f64 {
        self.tails(x).1
    }

    /// `P(X <= x)`.
    #[must_use]
    pub fn cdf(self, x: f64) -> f64 {
        self.tails(x).0
    }

    /// `x` with `P(X <= x) = p`.
    #[must_use]
    pub fn quantile(self, p: f64) -> f64 {
        match p {
            0.0 => return 0.0,
            1.0 => return f64::INFINITY,
            _ if !(p > 0.0 && p < 1.0 && self.df > 0.0) => return f64::NAN,
            _ => {}
        }
        let half = self.df / 2.0;
        let density = |x: f64| ((half - 1.0) * (x / 2.0).ln() - x / 2.0 - lgamma(half)).exp() / 2.0;
        match p < 0.5 {
            true => decreasing_root(|x| p - self.cdf(x), density),
            false => decreasing_root(|x| self.upper(x) - (1.0 - p), density),
        }
    }

    fn tails(self, x: f64) -> (f64, f64) {
        let (a, x) = (self.df / 2.0, x / 2.0);
        if a.is_nan() || a <= 0.0 || x.is_nan() {
            (f64::NAN, f64::NAN)
        } else if x <= 0.0 {
            (0.0, 1.0)
        } else if x < a + 1.0 {
            let lower = gamma_by_series(a, x);
            (lower, 1.0 - lower)
        } else {
            let whole = (2.0 * a).fract() == 0.0 && a <= 100.0;
            let upper = if whole { gamma_by_sum(a, x) } else { gamma_by_fraction(a, x) };
            (1.0 - upper, upper)
        }
    }
}

/// `x^a e^-x / Gamma(a)`.
fn gamma_term(a: f64, x: f64) -> f64 {
    (a * x.ln() - x - lgamma(a)).exp()
}

/// The regularised lower incomplete gamma function, for `x < a + 1`.
fn gamma_by_series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut k) = (1.0, 1.0, a);
    while term > sum * 1e-17 {
        k += 1.0;
        term *= x / k;
        sum += term;
    }
    // `lgamma(a + 1)`, as that of a small `a` is large.
    (a * x.ln() - x - lgamma(a + 1.0)).exp() * sum
}

/// The upper one for `2 a` a small whole number: a finite sum of positive terms
/// `x^k e^-x / Gamma(k + 1)` over `k = a - 1, a - 2, ..`.
fn gamma_by_sum(a: f64, x: f64) -> f64 {
    let (mut k, mut term, mut sum) = match a.fract() == 0.0 {
        true => (0.0, (-x).exp(), 0.0),
        false => (0.5, (-x).exp() * x.sqrt() / tgamma(1.5), erfc(x.sqrt())),
    };
    while k < a - 0.25 {
        sum += term;
        k += 1.0;
        term *= x / k;
    }
    sum
}

/// The upper one for `x >= a + 1` by Legendre's continued fraction (Abramowitz & Stegun 6.5.31).
fn gamma_by_fraction(a: f64, x: f64) -> f64 {
    let first = x + 1.0 - a;
    let fraction = continued_fraction(first, |k| (-k * (k - a), first + 2.0 * k));
    gamma_term(a, x) / fraction
}
