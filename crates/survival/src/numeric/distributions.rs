//! The normal, chi-square and Student's t distributions: tails for tests, quantiles for intervals.
//!
//! Tails are computed as tails, never as 1 minus the rest, and are right to nearly the last digit
//! however small they are. What does not exist (a level outside (0, 1), no degrees of freedom) is
//! NaN or infinite, as limits have it; the statistics of this crate check their settings before.
//!
//! # Examples
//! ```
//! use vertebra_survival::numeric::distributions::{ChiSquare, Normal, Student};
//! assert!((Normal.two_sided(0.95) - 1.959963984540054).abs() < 1e-14);
//! assert!((Student::new(16.0).two_sided(0.95) - 2.119905299221254).abs() < 1e-14);
//! assert!((ChiSquare::new(1.0).upper(3.841458820694124) - 0.05).abs() < 1e-15);
//! ```

use libm::{erfc, lgamma, tgamma};
use std::f64::consts::{PI, SQRT_2};

/// The standard normal distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Normal;

/// The chi-square distribution with `df` degrees of freedom, whole or not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChiSquare {
    df: f64,
}

/// Student's t distribution with `df` degrees of freedom, whole or not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Student {
    df: f64,
}

impl Normal {
    /// `P(Z <= z)`.
    #[must_use]
    pub fn cdf(self, z: f64) -> f64 {
        0.5 * erfc(-z / SQRT_2)
    }

    /// `P(|Z| >= |z|)`.
    #[must_use]
    pub fn two_sided_p(self, z: f64) -> f64 {
        erfc(z.abs() / SQRT_2)
    }

    /// `z` with `P(|Z| <= z) = level`: 1.96 for 0.95.
    #[must_use]
    pub fn two_sided(self, level: f64) -> f64 {
        self.quantile(0.5 + level / 2.0)
    }

    /// `z` with `P(Z <= z) = p`.
    ///
    /// Three Halley steps on the nearer tail, from the approximation 26.2.23 of Abramowitz &
    /// Stegun, *Handbook of Mathematical Functions*, 1964, which is 4.5e-4 off at most.
    #[must_use]
    pub fn quantile(self, p: f64) -> f64 {
        let (tail, sign) = if p < 0.5 { (p, -1.0) } else { (1.0 - p, 1.0) };
        if tail <= 0.0 {
            return if tail == 0.0 { sign * f64::INFINITY } else { f64::NAN };
        }
        let t = (-2.0 * tail.ln()).sqrt();
        let above = 2.515_517 + t * (0.802_853 + t * 0.010_328);
        let below = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
        let mut z = t - above / below;
        for _ in 0..3 {
            let density = (-z * z / 2.0).exp() / (2.0 * PI).sqrt();
            if density > 0.0 {
                let newton = (self.cdf(-z) - tail) / density;
                z += newton / (1.0 - z * newton / 2.0);
            }
        }
        sign * z
    }
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
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    continued_fraction(1.0, |k| {
        let m = (k / 2.0).floor();
        let numerator = match k % 2.0 == 0.0 {
            true => m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            false => -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        };
        (numerator, 1.0)
    })
}

/// `first + n_1 / (d_1 + n_2 / (d_2 + ..))` from `(n_k, d_k)`, by Lentz's method.
fn continued_fraction(first: f64, of: impl Fn(f64) -> (f64, f64)) -> f64 {
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
fn decreasing_root(f: impl Fn(f64) -> f64, density: impl Fn(f64) -> f64) -> f64 {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, expected: f64, tolerance: f64, what: &str) {
        let off = (got / expected - 1.0).abs();
        assert!(off <= tolerance, "{what}: got {got:e}, expected {expected:e}, off by {off:.1e}");
    }

    /// Golden: mpmath 1.3 with 40 digits, `ncdf` and its inverse.
    #[test]
    fn the_normal_distribution() {
        for (z, expected) in [
            (-20.0, 2.753_624_118_606_233_7e-89),
            (-5.0, 2.866_515_718_791_939e-7),
            (-1.3, 0.096_800_484_585_610_33),
            (0.2, 0.579_259_709_439_103),
            (6.0, 0.999_999_999_013_412_4),
        ] {
            close(Normal.cdf(z), expected, 5e-14, "cdf");
        }
        for (p, expected) in [
            (1e-300, -37.047_096_299_361_2),
            (1e-20, -9.262_340_089_798_408),
            (1e-6, -4.753_424_308_822_899),
            (0.01, -2.326_347_874_040_841),
            (0.3, -0.524_400_512_708_041),
            (0.975, 1.959_963_984_540_054),
            (0.9999999, 5.199_337_582_290_661),
        ] {
            close(Normal.quantile(p), expected, 4e-16, "quantile");
        }
        assert!(Normal.quantile(0.5).abs() < 1e-16);
        close(Normal.two_sided_p(-1.959_963_984_540_054), 0.05, 1e-15, "two-sided");
        assert_eq!(Normal.quantile(1.0), f64::INFINITY);
        assert!(Normal.quantile(-0.1).is_nan() && Normal.quantile(f64::NAN).is_nan());
    }

    /// Golden: mpmath 1.3, `gammainc(df / 2, x / 2, inf, regularized=True)` and its inverse.
    #[test]
    fn the_chi_square_distribution() {
        for (df, x, expected) in [
            (1.0, 1e-6, 0.999_202_115_572_177_9),
            (1.0, 3.84, 0.050_043_521_248_705_1),
            (1.0, 700.0, 2.990_226_975_124_620_3e-154),
            (2.0, 5.0, 0.082_084_998_623_898_8),
            (3.0, 30.0, 1.380_057_031_293_254_7e-6),
            (4.0, 0.01, 0.999_987_541_588_645_7),
            (7.0, 7.0, 0.428_879_857_553_054_7),
            (50.0, 30.0, 0.988_835_219_728_449_7),
            (50.0, 120.0, 1.095_880_711_259_977_9e-7),
            (101.0, 80.0, 0.939_034_474_770_504_4),
            (101.0, 180.0, 2.244_034_562_221_074_5e-6),
            (0.7, 2.5, 0.071_772_013_872_033_4),
            (2.437, 9.1, 0.016_782_462_974_411_06),
            (2.437, 0.02, 0.996_733_391_788_607_1),
            (30.25, 55.5, 0.003_402_430_941_620_688),
            (300.0, 420.0, 5.615_768_781_937_542e-6),
        ] {
            close(ChiSquare::new(df).upper(x), expected, 2e-13, &format!("upper {df} {x}"));
        }
        for (df, p, expected) in [
            (1.0, 0.95, 3.841_458_820_694_124_5),
            (2.0, 0.5, 1.386_294_361_119_890_6),
            (3.0, 0.975, 9.348_403_604_496_146),
            (10.0, 0.01, 2.558_212_160_187_206),
            (2.5, 0.9, 5.447_880_148_383_693),
            (100.0, 0.999, 149.449_252_779_038_7),
        ] {
            close(ChiSquare::new(df).quantile(p), expected, 1e-13, &format!("quantile {df} {p}"));
        }
        assert_eq!((ChiSquare::new(3.0).upper(0.0), ChiSquare::new(3.0).quantile(0.0)), (1.0, 0.0));
        assert!(ChiSquare::new(0.0).upper(1.0).is_nan());
    }

    /// Golden: mpmath 1.3, `betainc(df / 2, 1/2, 0, df / (df + t^2), regularized=True)`; from 1e6
    /// degrees of freedom R's `pt` and `qt`.
    #[test]
    fn students_t_distribution() {
        for (df, t, expected) in [
            (1.0, 1e-3, 0.999_363_380_439_838_9),
            (1.0, 30.0, 0.021_212_804_811_070_847),
            (1.0, 1e8, 6.366_197_723_675_813e-9),
            (2.0, 0.5, 0.666_666_666_666_666_7),
            (3.0, 4.5, 0.020_490_412_344_453_41),
            (4.5, 2.2, 0.085_115_319_023_666_55),
            (16.0, 0.1, 0.921_586_609_451_548),
            (16.0, 6.0, 1.852_213_287_090_580_5e-5),
            (30.0, 40.0, 1.372_604_519_440_640_3e-27),
            (119.0, 2.1, 0.037_841_133_138_160_73),
            (177.0, 3.3, 0.001_169_152_949_473_682),
            (999.5, 1.5, 0.133_930_196_687_689_55),
            (1001.0, 6.0, 2.754_471_327_590_726e-9),
            (9999.0, 6.0, 2.041_625_418_851_598e-9),
            (4e7, 0.3, 0.764_177_157_181_017_4),
            (4e7, 6.0, 1.973_192_150_712_353e-9),
        ] {
            close(Student::new(df).two_sided_p(-t), expected, 1e-13, &format!("p {df} {t}"));
        }
        for (df, level, expected) in [
            (1.0, 0.5, 1.0),
            (1.0, 0.95, 12.706_204_736_174_693),
            (2.0, 0.95, 4.302_652_729_749_462),
            (3.5, 0.9, 2.222_433_493_649_602),
            (16.0, 0.5, 0.690_132_253_810_560_7),
            (16.0, 0.95, 2.119_905_299_221_254),
            (119.0, 0.95, 1.980_099_876_456_939_5),
            (999.0, 0.95, 1.962_341_461_133_449_6),
            (1001.0, 0.95, 1.962_336_705_280_879_5),
            (9999.0, 0.95, 1.960_201_263_621_357_3),
            (1e6, 0.95, 1.959_966_356_814_106_6),
            (4e7, 0.95, 1.959_964_043_846_836),
            (1e9, 0.5, 0.674_489_750_441_416_6),
        ] {
            close(Student::new(df).two_sided(level), expected, 5e-14, &format!("q {df} {level}"));
        }
        // 1 - level is rounded.
        close(Student::new(16.0).two_sided(0.999999), 7.641_511_326_286_185, 1e-10, "strict");
        let t = Student::new(7.3);
        close(t.quantile(0.975), t.two_sided(0.95), 1e-14, "upper quantile");
        close(t.cdf(t.quantile(0.001)), 0.001, 1e-13, "lower quantile");
        assert!(Student::new(0.0).two_sided(0.95).is_nan());
    }
}
