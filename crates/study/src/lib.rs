#![doc = include_str!("../README.md")]

mod alignable;
mod annotated_films;
mod at_once;
mod config;
mod data;
mod digest;
mod error;
mod evaluate_models;
mod evaluation;
mod film;
mod film_cache;
mod folds;
mod found_points;
mod heat_maps;
mod horizons;
mod keypoint_sheets;
mod keypoint_stage;
mod model_folder;
mod models;
mod networks;
mod output;
mod overlay;
mod pictures;
mod presets;
mod progress;
mod results;
mod run;
mod seeds;
mod train_risk;
mod variant_pictures;
mod variants;

pub use annotated_films::AnnotatedFilms;
pub use config::{EncoderStart, FinalDetector, PictureConfig, Preset, RiskConfig, StudyConfig};
pub use digest::sha256_of_file;
pub use error::Error;
pub use film_cache::{DecodedFilm, FilmCache, FilmHeader};
pub use found_points::{FoundPoints, KeypointCertainty};
pub use keypoint_sheets::write_keypoint_sheets;
pub use model_folder::{ModelDescription, Prediction, TrainedModel};
pub use progress::{Observer, Progress};
pub use results::{
    Calibration, CalibrationGroup, Coefficient, Comparison, DecisionCurve, Discrimination,
    Estimate, EvaluationSet, HorizonResult, KeypointFold, KeypointResults, LevelError, Method,
    MissingCovariate, ModelResult, OutcomeSummary, Picture, RiskGroup, RiskGroups, RunRecord,
    SCHEMA_VERSION, SaliencyResults, SetSize, SplitSummary, StudyResults, Subgroup, VariantResult,
};
pub use run::run;
pub use train_risk::{RiskNetworkInputs, TrainedRiskNetwork, train_risk};
