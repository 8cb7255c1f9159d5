//! Cox's proportional hazards model: the partial likelihood, its derivatives, and the baseline hazard.

mod baseline;
pub(crate) mod fit;
pub(crate) mod partial_likelihood;
mod plain;
pub(crate) mod scaled;

pub use baseline::{BaselineHazard, breslow_baseline};
pub use partial_likelihood::{
    CoxPartialLikelihood, RiskSets, Ties, cox_partial_likelihood, gradient_log_hazard,
};
