//! What the programs share.

pub mod output;
