//! Numerical pieces: distributions, small linear systems, sorting and ranking.

pub(crate) mod estimate;
pub(crate) mod linear;
pub(crate) mod normal;
pub(crate) mod order;
pub(crate) mod place_set;
pub(crate) mod ranks;
pub(crate) mod score_test;
mod student;
pub(crate) mod tally;

pub use estimate::Reference;
