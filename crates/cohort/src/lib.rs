#![doc = include_str!("../README.md")]

mod cohort;
mod column;
mod date;
mod error;
mod problem;
mod read;
mod subject;
mod write;

pub use cohort::Cohort;
pub use date::{DAYS_PER_YEAR, Date};
pub use error::Error;
pub use problem::{Problem, Problems};
pub use subject::{
    FraxPercent, Part, Position, Quality, SecondaryCauses, Sex, Subject, View, Visit,
};
