//! Gonen and Heller's concordance probability of a proportional hazards model.
//!
//! `K = 2 / (n (n - 1)) sum_{i < j} 1 / (1 + exp(-|h_i - h_j|))`, the probability that of two
//! subjects the one with the higher log hazard has the earlier event *if the model is true*. It
//! uses no outcomes, so censoring cannot bias it and a wrong model cannot lower it. Pairs of equal
//! log hazard count one half.
//!
//! Source: Gonen & Heller, *Biometrika* 92:965-970, 2005.

use crate::{error::Error, outcomes::check};

/// Gonen and Heller's K of log hazards, in O(n^2).
///
/// # Shapes
/// - `log_hazard`: `[n]`, finite
///
/// # Errors
/// [`Error::NoComparablePair`] for fewer than two subjects, [`Error::OutOfDomain`].
///
/// # Examples
/// ```
/// use vertebra_survival::concordance::gonen_heller;
/// assert!((gonen_heller(&[0.0, 3f64.ln()])? - 0.75).abs() < 1e-15);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn gonen_heller(log_hazard: &[f64]) -> Result<f64, Error> {
    let n = log_hazard.len();
    check::finite_values("log_hazard", log_hazard, n)?;
    if n < 2 {
        return Err(Error::NoComparablePair { n });
    }
    let with_later = |(i, a): (usize, &f64)| -> f64 {
        log_hazard[i + 1..].iter().map(|b| 1.0 / (1.0 + (-(a - b).abs()).exp())).sum()
    };
    let sum: f64 = log_hazard.iter().enumerate().map(with_later).sum();
    Ok(2.0 * sum / (n as f64 * (n as f64 - 1.0)))
}
