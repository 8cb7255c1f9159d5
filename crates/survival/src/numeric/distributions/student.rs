//! Student's t distribution, by the incomplete beta function.

use super::{
    Normal,
    solve::{continued_fraction, decreasing_root},
};
use libm::tgamma;
use std::f64::consts::PI;

/// Student's t distribution with `df` degrees of freedom, whole or not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Student {
    df: f64,
}

impl Student {
    /// The distribution with `df` degrees of freedom.
    #[must_use]
    pub fn new(df: f64) -> Self {
        Self { df }
    }

    /// `P(|T| >= |t|)`.
    #[must_use]
    pub fn two_sided_p(self, t: f64) -> f64 {
        let df = self.df;
        if df.is_nan() || df <= 0.0 || t.is_nan() {
            return f64::NAN;
        }
        if df > MANY {
            return Normal.two_sided_p(normal_deviate(t, df));
        }
        // The regularised incomplete beta function at df / (df + t^2), with df / 2 and 1/2.
        let (a, odds) = (df / 2.0, t * t / df);
        if odds.is_infinite() {
            return 0.0;
        }
        let (x, rest) = (1.0 / (1.0 + odds), odds / (1.0 + odds));
        let term = (-a * odds.ln_1p()).exp() * rest.sqrt() * gamma_ratio(a) / PI.sqrt();
        match x < (a + 1.0) / (a + 2.5) {
            true => term / (a * beta_fraction(a, 0.5, x)),
            false => 1.0 - term / (0.5 * beta_fraction(0.5, a, rest)),
        }
    }

    /// `P(T <= t)`.
    #[must_use]
    pub fn cdf(self, t: f64) -> f64 {
        let tail = 0.5 * self.two_sided_p(t);
        if t < 0.0 { tail } else { 1.0 - tail }
    }

    /// `t` with `P(|T| <= t) = level`.
    #[must_use]
    pub fn two_sided(self, level: f64) -> f64 {
        self.beyond(1.0 - level)
    }

    /// `t` with `P(T <= t) = p`.
    #[must_use]
    pub fn quantile(self, p: f64) -> f64 {
        if p < 0.5 { -self.beyond(2.0 * p) } else { self.beyond(2.0 * (1.0 - p)) }
    }

    /// `t` with `P(|T| >= t) = tail`.
    fn beyond(self, tail: f64) -> f64 {
        let df = self.df;
        if !(df > 0.0 && (0.0..=1.0).contains(&tail)) {
            return f64::NAN;
        }
        if tail == 0.0 {
            return f64::INFINITY;
        }
        if df > MANY {
            let (deviate, a) = (-Normal.quantile(tail / 2.0), df - 0.5);
            // The excess is so small that three steps give all digits.
            let mut z = deviate;
            for _ in 0..3 {
                z = deviate - excess(z, a);
            }
            return (df * (z * z / a).exp_m1()).sqrt();
        }
        let scale = gamma_ratio(df / 2.0) / (PI * df).sqrt();
        let density = |t: f64| 2.0 * scale * (-(df + 1.0) / 2.0 * (t * t / df).ln_1p()).exp();
        decreasing_root(|t| self.two_sided_p(t) - tail, density)
    }
}

/// Above this many degrees of freedom Hill's normalising transformation is accurate to the last
/// digits, while the continued fraction needs more and more terms.
const MANY: f64 = 2e4;

/// The normal deviate with the tail of `t`: `z = sqrt(a ln(1 + t^2 / df))`, `a = df - 1/2`, and
/// what is left of it in powers of `1 / (48 a^2)`. Source: Hill, *Commun. ACM* 13:617-619, 1970
/// (algorithm 395).
fn normal_deviate(t: f64, df: f64) -> f64 {
    let a = df - 0.5;
    let z = (a * (t * t / df).ln_1p()).sqrt();
    z + excess(z, a)
}

fn excess(z: f64, a: f64) -> f64 {
    let (b, z2) = (48.0 * a * a, z * z);
    let second = (((4.0 * z2 + 33.0) * z2 + 240.0) * z2 + 855.0) * z;
    (z2 + 3.0) * z / b - second / (10.0 * b * (b + 0.8 * z2 * z2 + 100.0))
}

/// `Gamma(a + 1/2) / Gamma(a)`; for large `a` by its asymptotic series.
fn gamma_ratio(a: f64) -> f64 {
    if a < 80.0 {
        return tgamma(a + 0.5) / tgamma(a);
    }
    const SERIES: [f64; 7] = [
        1.0,
        -1.0 / 8.0,
        1.0 / 128.0,
        5.0 / 1024.0,
        -21.0 / 32_768.0,
        -399.0 / 262_144.0,
        869.0 / 4_194_304.0,
    ];
    a.sqrt() * SERIES.iter().rev().fold(0.0, |sum, term| sum / a + term)
}

/// The denominator of the incomplete beta function's continued fraction (Abramowitz & Stegun
/// 26.5.8).
pub(super) fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    continued_fraction(1.0, |k| {
        let m = (k / 2.0).floor();
        let numerator = match k % 2.0 == 0.0 {
            true => m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            false => -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        };
        (numerator, 1.0)
    })
}
