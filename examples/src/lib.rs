//! What the programs share.

pub mod configuration;
pub mod console;
pub mod name;
pub mod output;
