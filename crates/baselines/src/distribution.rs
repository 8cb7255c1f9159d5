//! Tail probabilities for the tests.

use statrs::function::{erf::erfc, gamma::checked_gamma_ur};

/// `P(|Z| > |z|)` of the standard normal distribution.
pub(crate) fn two_sided_p(z: f64) -> f64 {
    erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// The standard normal distribution's 97.5 % quantile.
pub(crate) fn normal_quantile_975() -> f64 {
    1.959_963_984_540_054
}

/// `P(X > x)` of the chi-square distribution with `df` degrees of freedom; NaN where undefined.
pub(crate) fn chi_square_p(x: f64, df: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    checked_gamma_ur(df / 2.0, x / 2.0).unwrap_or(f64::NAN)
}
