//! Cox proportional hazards regression on named columns.

mod fit;
mod regression;

pub use fit::{Coefficient, CoxFit, CoxTests};
pub use regression::CoxRegression;
