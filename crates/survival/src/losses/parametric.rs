//! Losses of networks that predict a whole survival distribution, with exact gradients in f64.
//!
//! - Discrete-time logistic hazard: follow-up is cut into `k` intervals, the network gives a
//!   logit for the hazard of each, and a subject adds the binary cross-entropy of every interval up
//!   to its own. Source: Gensheimer & Narasimhan, *PeerJ* 7:e6257, 2019; as pycox
//!   `nll_logistic_hazard`.
//! - Weibull: hazard `(shape / scale) (t / scale)^(shape - 1)`; the network gives `ln scale` and
//!   `ln shape`. As torchsurv `weibull.neg_log_likelihood`.

use super::logistic;
use crate::{
    error::Error,
    outcomes::{Outcomes, check},
};

/// A mean loss, with its derivative by every input.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct LossGradient {
    /// Mean (weighted) loss of a subject, or of an event where the loss says so.
    pub loss: f64,
    /// Derivative of `loss`, in the layout of the input.
    pub gradient: Vec<f64>,
}

/// Discrete-time logistic hazard loss, mean over subjects.
///
/// # Shapes
/// - `interval`: `[n]`, the interval (from 0) in which follow-up ended
/// - `event`: `[n]`, whether it ended with the event
/// - `logits`: `[n, n_intervals]`, row-major, finite
///
/// # Errors
/// [`Error::Empty`], [`Error::LengthMismatch`], [`Error::OutOfDomain`].
///
/// # Examples
/// ```
/// use vertebra_survival::losses::logistic_hazard_loss;
/// let at = logistic_hazard_loss(&[1], &[true], &[0.0, 0.0], 2)?;
/// assert!((at.loss - 2.0 * 2f64.ln()).abs() < 1e-15);
/// assert_eq!(at.gradient, [0.5, -0.5]);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn logistic_hazard_loss(
    interval: &[usize],
    event: &[bool],
    logits: &[f64],
    n_intervals: usize,
) -> Result<LossGradient, Error> {
    let n = interval.len();
    if n == 0 || n_intervals == 0 {
        return Err(Error::Empty { name: "logits" });
    }
    if event.len() != n {
        return Err(Error::LengthMismatch { name: "event", expected: n, got: event.len() });
    }
    check::finite_values("logits", logits, n * n_intervals)?;
    if let Some(i) = interval.iter().position(|&k| k >= n_intervals) {
        return Err(Error::OutOfDomain {
            name: "interval",
            index: i,
            value: interval[i] as f64,
            expected: "one of the intervals",
        });
    }
    let mut gradient = vec![0.0; logits.len()];
    let mut loss = 0.0;
    for i in 0..n {
        let row = i * n_intervals..i * n_intervals + interval[i] + 1;
        for (k, (x, g)) in logits[row.clone()].iter().zip(&mut gradient[row]).enumerate() {
            let target = f64::from(u8::from(event[i] && k == interval[i]));
            loss += logistic::softplus(*x) - target * x;
            *g = (logistic::logistic(*x) - target) / n as f64;
        }
    }
    Ok(LossGradient { loss: loss / n as f64, gradient })
}

/// Negative Weibull log likelihood, mean over subjects; entry times and case weights are honoured.
///
/// # Shapes
/// - `log_scale_shape`: `[n, 2]`, row-major: `ln scale` (scale in years) and `ln shape`
///
/// # Errors
/// [`Error::Empty`], [`Error::LengthMismatch`], [`Error::OutOfDomain`] for a value that is not
/// finite or an event at time 0, and [`Error::Undefined`] where the likelihood is too small for an
/// f64.
pub fn weibull_loss(outcomes: &Outcomes, log_scale_shape: &[f64]) -> Result<LossGradient, Error> {
    check::length("time", outcomes.time(), outcomes)?;
    let n = outcomes.n_subjects();
    check::finite_values("log_scale_shape", log_scale_shape, 2 * n)?;
    let at_zero = |i: &usize| outcomes.event()[*i] && outcomes.time()[*i] == 0.0;
    if let Some(i) = (0..n).find(at_zero) {
        return Err(Error::OutOfDomain {
            name: "time",
            index: i,
            value: 0.0,
            expected: "above 0 years",
        });
    }
    let total = outcomes.total_weight();
    let mut gradient = vec![0.0; 2 * n];
    let mut loss = 0.0;
    for i in 0..n {
        let (log_scale, log_shape) = (log_scale_shape[2 * i], log_scale_shape[2 * i + 1]);
        let (shape, weight) = (log_shape.exp(), outcomes.weight(i) / total);
        let mut add = |value: f64, by_scale: f64, by_shape: f64| {
            loss += weight * value;
            gradient[2 * i] += weight * by_scale;
            gradient[2 * i + 1] += weight * by_shape;
        };
        let mut hazard_until = |time: f64, sign: f64| {
            if time > 0.0 {
                let power = shape * (time.ln() - log_scale);
                let hazard = sign * power.exp();
                add(hazard, -shape * hazard, power * hazard);
            }
        };
        hazard_until(outcomes.time()[i], 1.0);
        hazard_until(outcomes.entry().map_or(0.0, |e| e[i]), -1.0);
        if outcomes.event()[i] {
            let from_scale = outcomes.time()[i].ln() - log_scale;
            let value = log_shape - log_scale + (shape - 1.0) * from_scale;
            add(-value, shape, -1.0 - shape * from_scale);
        }
    }
    if !(loss.is_finite() && gradient.iter().all(|g| g.is_finite())) {
        return Err(Error::Undefined {
            name: "the Weibull loss",
            why: "the likelihood is too small for an f64",
        });
    }
    Ok(LossGradient { loss, gradient })
}
