//! What a study reads before it computes: the cohort as columns, and digests of its files.

pub(crate) mod data;
