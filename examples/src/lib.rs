//! What the programs share.

pub mod concordance;
pub mod output;
pub mod survival_table;
