//! Cox regression on one covariate, for calibration slopes.

use crate::{Error, Outcomes, Ties, cox_partial_likelihood};

/// The maximum partial likelihood coefficient of `x` and its standard error, by Newton's method.
///
/// The second derivative is a central difference of the exact first one.
pub(crate) fn fit_one_coefficient(
    outcomes: &Outcomes,
    x: &[f64],
    ties: Ties,
) -> Result<(f64, f64), Error> {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let sd = (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    if sd <= 1e-12 * mean.abs() || sd == 0.0 {
        return Err(Error::Undefined("the slope", "the log hazard is the same for all"));
    }
    let unit: Vec<f64> = x.iter().map(|v| (v - mean) / sd).collect();
    let events: f64 =
        (0..x.len()).filter(|&i| outcomes.event()[i]).map(|i| outcomes.weight(i)).sum();
    // Log likelihood and its derivative by the coefficient of the standardised covariate.
    let evaluate = |b: f64| -> Result<(f64, f64), Error> {
        let h: Vec<f64> = unit.iter().map(|u| b * u).collect();
        let at = cox_partial_likelihood(outcomes, &h, ties)?;
        let slope: f64 = at.gradient.iter().zip(&unit).map(|(g, u)| g * u).sum();
        Ok((-events * at.loss, -events * slope))
    };
    let information = |b: f64| -> Result<f64, Error> {
        let step = 1e-4;
        let (low, high) = (evaluate(b - step)?.1, evaluate(b + step)?.1);
        let (lower, higher) = (evaluate(b - 2.0 * step)?.1, evaluate(b + 2.0 * step)?.1);
        Ok((8.0 * (low - high) - (lower - higher)) / (12.0 * step))
    };
    let flat = Error::Undefined("the slope", "no finite slope fits best");
    let (mut b, (mut value, mut score)) = (0.0, evaluate(0.0)?);
    for _ in 0..50 {
        let curvature = information(b)?;
        if curvature <= 1e-9 {
            return Err(flat);
        }
        let mut step = score / curvature;
        if step.abs() <= 1e-12 * (1.0 + b.abs()) {
            return Ok((b / sd, 1.0 / (curvature.sqrt() * sd)));
        }
        for _ in 0..30 {
            let (next_value, next_score) = evaluate(b + step)?;
            if next_value >= value - 1e-12 * value.abs() {
                (value, score) = (next_value, next_score);
                break;
            }
            step /= 2.0;
        }
        b += step;
        if b.abs() > 200.0 {
            return Err(flat);
        }
    }
    Err(flat)
}
