//! Drawings of plain numbers, which the figures of a study and other programs share.

mod calibration;
mod survival;
mod training;

pub use calibration::{CalibrationChart, CalibrationPanel, CalibrationPoint};
pub use survival::{SurvivalChart, SurvivalLine};
pub use training::{TrainingChart, TrainingLine};
