//! Numerical pieces: distributions, small linear systems, sorting and ranking.

pub mod distributions;
pub(crate) mod fenwick;
pub(crate) mod linear;
pub(crate) mod newton;
pub(crate) mod order;
pub(crate) mod place_set;
pub(crate) mod ranks;
mod summary;
pub(crate) mod tally;

pub use summary::mean_and_sd;
