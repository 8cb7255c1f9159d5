//! What the programs share.

pub mod output;
pub mod table;
