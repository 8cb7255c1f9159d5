//! Survival statistics for right-censored outcomes: curves, concordance, intervals, and the Cox partial likelihood.

mod error;
mod outcomes;

pub use error::Error;
pub use outcomes::Outcomes;
