#![doc = include_str!("../README.md")]

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

pub use error::Error;
pub use report::{Report, write_report};
pub use table::Table;
pub use vertebra_charts::Figure;
