#![doc = include_str!("../README.md")]

mod config;
mod error;
mod films;
mod input;
mod model;
mod output;
mod progress;
mod results;
mod run;
mod seeds;
mod stages;

pub use config::{EncoderStart, FinalDetector, PictureConfig, Preset, RiskConfig, StudyConfig};
pub use error::Error;
pub use films::annotated_films::AnnotatedFilms;
pub use films::film_cache::{DecodedFilm, FilmCache, FilmHeader};
pub use films::keypoint_sheets::write_keypoint_sheets;
pub use input::digest::sha256_of_file;
pub use model::found_points::{FoundPoints, KeypointCertainty};
pub use model::model_folder::{ModelDescription, Prediction, TrainedModel};
pub use progress::{Observer, Progress};
pub use results::{
    Calibration, CalibrationGroup, Coefficient, Comparison, DecisionCurve, Discrimination,
    Estimate, EvaluationSet, HorizonResult, KeypointFold, KeypointResults, LevelError, Method,
    MissingCovariate, ModelResult, OutcomeSummary, Picture, RiskGroup, RiskGroups, RunRecord,
    SCHEMA_VERSION, SaliencyResults, SetSize, SplitSummary, StudyResults, Subgroup, VariantResult,
};
pub use run::run;
pub use stages::train_risk::{RiskNetworkInputs, TrainedRiskNetwork, train_risk};
