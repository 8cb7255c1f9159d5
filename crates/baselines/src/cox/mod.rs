//! Cox proportional hazards regression on named columns.

mod after;
mod coefficient;
mod fit;
mod measures;
mod model;
mod regression;
mod tests;

pub use after::{LikelihoodRatio, ProportionalityTest};
pub use coefficient::Coefficient;
pub use fit::CoxFit;
pub use measures::{CoxMeasures, LinearCombination};
pub use model::CoxModel;
pub use regression::CoxRegression;
pub use tests::{CoxTests, TermTest};
