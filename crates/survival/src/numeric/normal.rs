//! The normal and chi-square distributions, as this crate needs them.
//!
//! `erfc` is libm's, right to the last digit; the inverse starts from statrs and is polished.

use libm::erfc;
use statrs::function::{erf::erfc_inv, gamma::gamma_ur};
use std::f64::consts::{PI, SQRT_2};

/// `z` with `P(|Z| <= z) = level`: 1.96 for 0.95.
pub(crate) fn two_sided(level: f64) -> f64 {
    quantile(0.5 + level / 2.0)
}

/// `P(Z <= z)`.
pub(crate) fn cdf(z: f64) -> f64 {
    0.5 * erfc(-z / SQRT_2)
}

/// `z` with `P(Z <= z) = p`.
pub(crate) fn quantile(p: f64) -> f64 {
    let start = -SQRT_2 * erfc_inv(2.0 * p);
    let density = (-start * start / 2.0).exp() / (2.0 * PI).sqrt();
    // The upper half is polished on its own tail, where the distance to 1 would be rounded off.
    let miss = if p < 0.5 { cdf(start) - p } else { (1.0 - p) - cdf(-start) };
    if density > 0.0 { start - miss / density } else { start }
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
        println!("{:e} {:e}", cdf(-5.0), chi_square_p(30.0, 3.0));
        assert!((cdf(-5.0) / 2.866515718791939e-7 - 1.0).abs() < 1e-12);
        assert!((two_sided_p(-1.959963984540054) - 0.05).abs() < 1e-15);
        assert!((chi_square_p(30.0, 3.0) / 1.380_057_031_292_8e-6 - 1.0).abs() < 1e-12);
    }
}
