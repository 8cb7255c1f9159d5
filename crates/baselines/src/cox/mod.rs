//! Cox proportional hazards regression.

mod collinear;
mod fit;
mod newton;
mod partial;
mod plan;
mod robust;
mod scaling;

pub use fit::{ChiSquareTest, Coefficient, CoxFit, CoxRegression, CoxTests};
