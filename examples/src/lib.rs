//! What the programs share.

pub mod annotation_file;
pub mod concordance;
pub mod natural;
pub mod output;
pub mod raw_table;
pub mod survival_table;
