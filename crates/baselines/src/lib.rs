#![doc = include_str!("../README.md")]

mod cox;
mod design;
mod dxa;
mod error;
mod frax;
mod orai;
mod osta;
mod recipe;
mod risk_score;

pub use cox::{
    Coefficient, CoxFit, CoxMeasures, CoxModel, CoxRegression, CoxTests, FunctionalForm,
    LikelihoodRatio, LinearCombination, PooledCox, ProportionalityTest, TermTest,
};
pub use design::{DesignMatrix, Term};
pub use dxa::{Densitometer, DxaRegion, convert_bmd, femoral_neck_tscore, standardised_bmd};
pub use error::Error;
pub use frax::{
    FraxAnswers, FraxInput, FraxProgram, FraxScore, FraxThresholds, ScoreUnit, frax_thresholds,
    read_frax_bulk, read_frax_record, read_frax_records, write_frax_bulk, write_frax_records,
};
pub use orai::{Orai, OraiInput};
pub use osta::{Osta, OstaClass, OstaInput, osta_class, osta_index};
pub use recipe::{DesignRecipe, PreparedDesign, RawColumn, RawTable};
pub use risk_score::RiskScore;

pub use vertebra_survival::{
    BaselineHazard, BootstrapOptions, Estimate, Interval, Outcomes, Test, Ties, cox::CoxOptions,
};
