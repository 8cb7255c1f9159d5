//! Numerical pieces: distributions, small linear systems, sorting and ranking.

pub mod distributions;
pub(crate) mod estimate;
pub(crate) mod fenwick;
pub(crate) mod linear;
pub(crate) mod newton;
pub(crate) mod order;
pub(crate) mod place_set;
pub(crate) mod ranks;
pub(crate) mod score_test;
mod summary;
pub(crate) mod tally;

pub use estimate::Reference;
pub use summary::mean_and_sd;
