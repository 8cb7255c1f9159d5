//! The normal and chi-square distributions, as this crate needs them.

use statrs::function::{
    erf::{erfc, erfc_inv},
    gamma::gamma_ur,
};
use std::f64::consts::SQRT_2;

/// `z` with `P(|Z| <= z) = level`: 1.96 for 0.95.
pub(crate) fn two_sided(level: f64) -> f64 {
    SQRT_2 * erfc_inv(1.0 - level)
}

/// `P(Z <= z)`.
pub(crate) fn cdf(z: f64) -> f64 {
    0.5 * erfc(-z / SQRT_2)
}

/// `z` with `P(Z <= z) = p`.
pub(crate) fn quantile(p: f64) -> f64 {
    -SQRT_2 * erfc_inv(2.0 * p)
}

/// `P(|Z| >= |z|)`.
pub(crate) fn two_sided_p(z: f64) -> f64 {
    erfc(z.abs() / SQRT_2)
}

/// `P(X >= x)` for a chi-square variable with `df` degrees of freedom.
pub(crate) fn chi_square_p(x: f64, df: f64) -> f64 {
    if x <= 0.0 { 1.0 } else { gamma_ur(df / 2.0, x / 2.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden: R `qnorm(0.975)`, `pnorm(-5)`, `pchisq(30, 3, lower = FALSE)`.
    #[test]
    fn agrees_with_r() {
        assert!((two_sided(0.95) - 1.959963984540054).abs() < 1e-14);
        assert!((quantile(0.975) - 1.959963984540054).abs() < 1e-14);
        assert!((cdf(-5.0) / 2.8665157187919391e-7 - 1.0).abs() < 1e-12);
        assert!((two_sided_p(-1.959963984540054) - 0.05).abs() < 1e-15);
        assert!((chi_square_p(30.0, 3.0) / 1.380056959e-6 - 1.0).abs() < 1e-6);
    }
}
