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

/// A number as people read it: four decimals, or four digits where these would not show it.
///
/// ```
/// use vertebra_survival::numeric::significant;
/// assert_eq!([0.12345, -12.0, 0.0].map(significant), ["0.1235", "-12.0000", "0.0000"]);
/// assert_eq!([0.0001234, -3.2e-30, 4.5e9].map(significant), ["1.234e-4", "-3.200e-30", "4.500e9"]);
/// ```
#[must_use]
pub fn significant(x: f64) -> String {
    match x == 0.0 || (1e-2..1e7).contains(&x.abs()) {
        true => format!("{x:.4}"),
        false => format!("{x:.3e}"),
    }
}
