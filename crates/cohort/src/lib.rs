//! Cohorts: a folder that is checked as a whole, the flow of exclusions, outcomes, splits, Table 1.
//!
#![doc = include_str!("../README.md")]

mod cohort;
mod column;
mod column_names;
mod covariate;
mod date;
mod declared;
mod design;
mod eligibility;
mod error;
mod fracture;
mod group_summary;
mod imputation;
mod multiple_imputation;
mod outcome;
mod problem;
mod ratio;
mod read;
mod reference;
mod splits;
mod subject;
pub mod table;
mod table_one;
mod template;
mod write;

pub use cohort::Cohort;
pub use column_names::{ColumnNames, UnreadColumn};
pub use covariate::Covariate;
pub use date::{DAYS_PER_YEAR, Date};
pub use declared::{DeclaredCovariate, DeclaredCovariates, DeclaredValue};
pub use eligibility::{
    EligibilityFlow, EligibilityOptions, ExclusionStep, SelectedFilms, eligibility,
};
pub use error::Error;
pub use fracture::{
    FilmReading, FractureRule, FracturedLevel, GenantGrade, genant_grade, read_film,
};
pub use group_summary::CharacteristicSummary;
pub use imputation::{Imputation, Imputer};
pub use multiple_imputation::multiple_imputation;
pub use outcome::{
    SubjectOutcome, incident_fracture, interval_outcomes, outcomes_from_films, survival_outcomes,
};
pub use problem::{Problem, Problems};
pub use ratio::{FilmHeights, HeightRatio};
pub use reference::{Normal, ReferenceTable, TrimmingOptions};
pub use splits::{Folds, Split};
pub use subject::{
    Bone, FraxPercent, Part, Position, Quality, SecondaryCauses, Sex, Subject, View, Visit,
};
pub use table_one::{
    Characteristic, Summary, TableOne, TableOneRow, TableOneTest, Values, pooled_t_p, yates_p,
};
pub use template::{ColumnDescription, cohort_columns, visit_columns, write_blank_tables};
