#![doc = include_str!("../README.md")]

mod auc;
mod calibration;
mod decision;
mod error;
mod figure;
mod forest;
mod legend;
pub mod number;
pub mod palette;
pub mod plot;
mod roc;
mod survival;
pub mod svg;
mod training;

pub use auc::{AucChart, AucLine};
pub use calibration::{CalibrationChart, CalibrationPanel, CalibrationPoint};
pub use decision::DecisionChart;
pub use error::Error;
pub use figure::{Chart, Figure};
pub use forest::{ForestChart, ForestRow};
pub use legend::{Mark, legend};
pub use roc::RocChart;
pub use survival::{SurvivalChart, SurvivalLine};
pub use training::TrainingChart;
