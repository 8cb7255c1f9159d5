#![doc = include_str!("../README.md")]

mod checklist;
mod document;
mod error;
mod evaluation;
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
mod validation;
mod viewer;

pub use document::STYLE;
pub use error::Error;
pub use report::{Report, write_pooled_report, write_report, write_validation_report};
pub use table::Table;
pub use vertebra_charts::Figure;
