//! Cox proportional hazards regression on named columns.

mod after;
mod coefficient;
mod fit;
mod functional_form;
mod measures;
mod model;
mod pooled;
mod regression;
mod tests;

pub use after::{LikelihoodRatio, ProportionalityTest};
pub use coefficient::Coefficient;
pub use fit::CoxFit;
pub use functional_form::FunctionalForm;
pub use measures::{CoxMeasures, LinearCombination};
pub use model::CoxModel;
pub use pooled::PooledCox;
pub use regression::CoxRegression;
pub use tests::{CoxTests, TermTest};
