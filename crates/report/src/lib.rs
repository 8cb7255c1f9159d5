#![doc = include_str!("../README.md")]

mod document;
mod error;
mod figures;
mod format;
mod limits;
mod page;
mod palette;
mod pictures;
mod readme;
mod report;
pub mod results;
mod summary;
mod table;
mod tables;
mod tripod;
mod validation;

pub use error::Error;
pub use report::{Report, write_report, write_validation_report};
pub use table::Table;
pub use vertebra_charts::Figure;
