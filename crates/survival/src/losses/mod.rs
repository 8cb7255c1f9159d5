//! Losses for training networks: parametric likelihoods with their gradients, and losses on burn
//! tensors.
//!
//! [`logistic_hazard_loss`] and [`weibull_loss`] have exact gradients in f64. With feature `burn`,
//! `cox_loss` (the partial likelihood of [`cox`](crate::cox)), `logistic_hazard_loss_tensor` and
//! `weibull_loss_tensor` are differentiable functions of tensors on any device. Of events that are
//! dated to an interval [`ProfileLikelihood`], [`weibull_interval_loss`] and
//! [`interval_hazard_loss`] are the losses, `interval_cox_loss` and `weibull_interval_loss_tensor`
//! those of tensors. [`HazardLikelihood`] is that of hazards which are constant within each interval
//! of a [`TimeGrid`], for networks that predict whole curves.
//!
//! | here | Python |
//! |---|---|
//! | `cox_loss` | torchsurv `neg_partial_log_likelihood`, pycox `cox_ph_loss` |
//! | [`logistic_hazard_loss`] | pycox `nll_logistic_hazard` |
//! | [`HazardLikelihood`] | pycox `nll_pc_hazard_loss` |
//! | [`weibull_loss`] | torchsurv `weibull` |
//!
//! # Examples
//! ```
//! use vertebra_survival::{losses::weibull_loss, Outcomes};
//! let outcomes = Outcomes::new(vec![1.0, 2.0], vec![true, false])?;
//! let at = weibull_loss(&outcomes, &[0.0, 0.0, 0.0, 0.0])?; // scale 1 year, shape 1
//! assert_eq!(at.loss, 1.5); // exponential: the mean follow-up times the hazard
//! # Ok::<(), vertebra_survival::Error>(())
//! ```

mod calibration;
mod hazards;
mod interval;
mod logistic;
mod parametric;
#[cfg(feature = "burn")]
mod tensor;
mod time_grid;

pub use calibration::HazardCalibration;
pub use hazards::HazardLikelihood;
pub use interval::{ProfileLikelihood, interval_hazard_loss, weibull_interval_loss};
pub use parametric::{LossGradient, logistic_hazard_loss, weibull_loss};
#[cfg(feature = "burn")]
pub use tensor::{
    cox_loss, cox_loss_of_risk_sets, interval_cox_loss, logistic_hazard_loss_tensor,
    weibull_interval_loss_tensor, weibull_loss_tensor,
};
pub use time_grid::TimeGrid;
