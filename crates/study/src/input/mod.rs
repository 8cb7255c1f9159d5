//! What a study reads before it computes: the tables and annotations of a cohort, and from them the
//! subjects, their outcomes and covariates, and the sets they belong to.
//!
//! Everything that can be wrong with the input is looked for here and reported at once.

pub(crate) mod centres;
pub(crate) mod competing;
pub(crate) mod covariates;
pub(crate) mod film_options;
pub(crate) mod outcomes;
pub(crate) mod sets;
pub(crate) mod subgroups;
pub(crate) mod subjects;
pub(crate) mod table_one;
pub(crate) mod tables;
pub(crate) mod timing;
pub(crate) mod truth;
pub(crate) mod unreadable;
pub(crate) mod usable_models;
pub(crate) mod who_left;
