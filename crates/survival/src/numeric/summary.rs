//! Mean and standard deviation.

/// Mean and sample standard deviation (divided by `n - 1`) of some values; NaN where there are too
/// few.
///
/// # Examples
/// ```
/// use vertebra_survival::numeric::mean_and_sd;
/// assert_eq!(mean_and_sd(&[1.0, 2.0, 3.0]), (2.0, 1.0));
/// assert!(mean_and_sd(&[1.0]).1.is_nan());
/// ```
#[must_use]
pub fn mean_and_sd(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0)).sqrt())
}
