//! Losses for training networks: parametric likelihoods with their gradients, and the same on burn tensors.

mod parametric;
#[cfg(feature = "burn")]
mod tensor;

pub use parametric::{LossGradient, logistic_hazard_loss, weibull_loss};
#[cfg(feature = "burn")]
pub use tensor::{
    cox_loss, cox_loss_of_risk_sets, logistic_hazard_loss_tensor, weibull_loss_tensor,
};
