#![doc = include_str!("../README.md")]

mod cox;
mod design;
mod dxa;
mod error;
mod frax;
mod osta;

pub use cox::{Coefficient, CoxFit, CoxRegression, CoxTests};
pub use design::DesignMatrix;
pub use dxa::{Densitometer, DxaRegion, convert_bmd, femoral_neck_tscore, standardised_bmd};
pub use error::Error;
pub use frax::{
    FraxAnswers, FraxQuestions, ScoreUnit, read_frax_record, read_frax_records, write_frax_records,
};
pub use osta::{OstaClass, osta_class, osta_index};

pub use vertebra_survival::{BaselineHazard, Estimate, Interval, Outcomes, Test, Ties};
