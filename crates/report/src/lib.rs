#![doc = include_str!("../README.md")]

mod charts;
mod error;
mod figure;
mod figures;
mod format;
mod limits;
mod page;
mod palette;
mod pictures;
mod plot;
mod report;
mod summary;
mod svg;
mod table;
mod tables;
mod tripod;

pub use charts::{
    CalibrationChart, CalibrationPanel, CalibrationPoint, SurvivalChart, SurvivalLine,
    TrainingChart, TrainingLine,
};
pub use error::Error;
pub use figure::Figure;
pub use report::{Report, write_report};
pub use table::Table;
