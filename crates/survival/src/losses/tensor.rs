//! The losses as burn tensors.
//!
//! Value and exact gradient are computed on the host in f64 and put into the graph as a linear
//! function of the input: first derivatives are exact on every backend, second derivatives are
//! zero.

use burn::tensor::Tensor;

use crate::{
    cox::{RiskSets, Ties},
    error::Error,
    interval_censored::IntervalOutcomes,
    losses::{ProfileLikelihood, logistic_hazard_loss, weibull_interval_loss, weibull_loss},
    outcomes::Outcomes,
};

/// Negative log partial likelihood, mean over events, differentiable in `log_hazard` on whatever
/// device that lives; finite and exact for any spread of log hazards.
///
/// # Shapes
/// - `log_hazard`: `[n]`, in the subject order of `outcomes`
/// - output: `[1]`
///
/// # Errors
/// As [`cox_partial_likelihood`](crate::cox_partial_likelihood).
pub fn cox_loss(
    outcomes: &Outcomes,
    log_hazard: Tensor<1>,
    ties: Ties,
) -> Result<Tensor<1>, Error> {
    cox_loss_of_risk_sets(&RiskSets::new(outcomes)?, log_hazard, ties)
}

/// The same in risk sets prepared once, for instance stratified ones.
///
/// # Errors
/// As [`RiskSets::partial_likelihood`].
pub fn cox_loss_of_risk_sets(
    risk_sets: &RiskSets,
    log_hazard: Tensor<1>,
    ties: Ties,
) -> Result<Tensor<1>, Error> {
    let exact = risk_sets.partial_likelihood(&to_host(&log_hazard), ties)?;
    Ok(with_gradient(log_hazard, exact.loss, &exact.gradient))
}

/// [`logistic_hazard_loss`] of a tensor.
///
/// # Shapes
/// - `logits`: `[n, n_intervals]`
/// - output: `[1]`
///
/// # Errors
/// As [`logistic_hazard_loss`].
pub fn logistic_hazard_loss_tensor(
    interval: &[usize],
    event: &[bool],
    logits: Tensor<2>,
) -> Result<Tensor<1>, Error> {
    let [n, n_intervals] = logits.dims();
    if n != interval.len() {
        return Err(Error::LengthMismatch { name: "interval", expected: n, got: interval.len() });
    }
    let flat = logits.reshape([n * n_intervals]);
    let exact = logistic_hazard_loss(interval, event, &to_host(&flat), n_intervals)?;
    Ok(with_gradient(flat, exact.loss, &exact.gradient))
}

/// [`weibull_loss`] of a tensor.
///
/// # Shapes
/// - `log_scale_shape`: `[n, 2]`
/// - output: `[1]`
///
/// # Errors
/// As [`weibull_loss`].
pub fn weibull_loss_tensor(
    outcomes: &Outcomes,
    log_scale_shape: Tensor<2>,
) -> Result<Tensor<1>, Error> {
    let [n, columns] = log_scale_shape.dims();
    let flat = log_scale_shape.reshape([n * columns]);
    let exact = weibull_loss(outcomes, &to_host(&flat))?;
    Ok(with_gradient(flat, exact.loss, &exact.gradient))
}

/// [`ProfileLikelihood::loss`] of a tensor: for outcomes known to an interval what [`cox_loss`] is
/// for right-censored ones.
///
/// # Shapes
/// - `log_hazard`: `[n]`, in the subject order of the outcomes
/// - output: `[1]`
///
/// # Errors
/// As [`ProfileLikelihood::loss`].
pub fn interval_cox_loss(
    likelihood: &ProfileLikelihood,
    log_hazard: Tensor<1>,
) -> Result<Tensor<1>, Error> {
    let exact = likelihood.loss(&to_host(&log_hazard))?;
    Ok(with_gradient(log_hazard, exact.loss, &exact.gradient))
}

/// [`weibull_interval_loss`] of a tensor.
///
/// # Shapes
/// - `log_scale_shape`: `[n, 2]`
/// - output: `[1]`
///
/// # Errors
/// As [`weibull_interval_loss`].
pub fn weibull_interval_loss_tensor(
    outcomes: &IntervalOutcomes,
    log_scale_shape: Tensor<2>,
) -> Result<Tensor<1>, Error> {
    let [n, columns] = log_scale_shape.dims();
    let flat = log_scale_shape.reshape([n * columns]);
    let exact = weibull_interval_loss(outcomes, &to_host(&flat))?;
    Ok(with_gradient(flat, exact.loss, &exact.gradient))
}

fn to_host(x: &Tensor<1>) -> Vec<f64> {
    x.clone().detach().into_data().iter::<f64>().collect()
}

/// A tensor of this value whose derivative by `x` is `gradient`.
fn with_gradient(x: Tensor<1>, value: f64, gradient: &[f64]) -> Tensor<1> {
    let device = x.device();
    let gradient: Vec<f32> = gradient.iter().map(|&g| g as f32).collect();
    let gradient = Tensor::<1>::from_floats(gradient.as_slice(), &device);
    // The slope's own value is taken out again, so that only its derivative stays.
    let slope = (x * gradient).sum();
    let value = Tensor::<1>::from_floats([value as f32].as_slice(), &device);
    slope.clone() - slope.detach() + value
}
