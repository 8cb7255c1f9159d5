//! What the programs share.

pub mod configuration;
pub mod console;
pub mod covariates;
pub mod name;
pub mod output;
pub mod table;
