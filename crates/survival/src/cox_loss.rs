//! The Cox partial likelihood as a loss on a burn tensor.

use burn::tensor::Tensor;

use crate::{Error, Outcomes, Ties, cox_partial_likelihood};

/// Negative log partial likelihood, mean over events, differentiable in `log_hazard` on whatever
/// device that lives.
///
/// The value and the exact gradient are computed in f64 by [`cox_partial_likelihood`] and put into
/// the graph as a linear function of `log_hazard`: first derivatives are exact for any spread of
/// log hazards; second derivatives are zero.
///
/// # Shapes
/// - `log_hazard`: `[n]`, in the subject order of `outcomes`
/// - output: `[1]`
///
/// # Errors
/// As [`cox_partial_likelihood`].
pub fn cox_loss(
    log_hazard: Tensor<1>,
    outcomes: &Outcomes,
    ties: Ties,
) -> Result<Tensor<1>, Error> {
    let device = log_hazard.device();
    let host: Vec<f64> = log_hazard.clone().detach().into_data().iter::<f64>().collect();
    let exact = cox_partial_likelihood(outcomes, &host, ties)?;
    let gradient: Vec<f32> = exact.gradient.iter().map(|&g| g as f32).collect();
    let gradient = Tensor::<1>::from_floats(gradient.as_slice(), &device);
    // The slope's own value is taken out again, so that only its derivative stays.
    let slope = (log_hazard * gradient).sum();
    let value = Tensor::<1>::from_floats([exact.loss as f32].as_slice(), &device);
    Ok(slope.clone() - slope.detach() + value)
}
