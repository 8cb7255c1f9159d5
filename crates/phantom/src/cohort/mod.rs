//! Who is imaged: covariates, hazard and films of every subject, written as a cohort.

pub(crate) mod config;
pub(crate) mod frax;
pub(crate) mod generate;
pub(crate) mod hazard;
pub(crate) mod subject;
pub(crate) mod training_film;
pub(crate) mod truth;
