#![doc = include_str!("../README.md")]

mod blank;
mod check;
mod code_name;
mod config;
mod detector_study;
mod device;
mod error;
mod films;
mod fit_share;
mod input;
mod model;
mod problem_list;
mod progress;
mod records;
mod risk_network;
mod scan;
mod stages;
mod study;
#[cfg(test)]
mod test_data;
mod validation;
mod work_folder;

pub use blank::{SETTINGS_FILE, write_blank_cohort};
pub use check::{
    CheckedCategory, CheckedColumn, CheckedFilms, CheckedModel, CohortCheck, StudyCost,
};
pub use config::{
    EncoderStart, FinalDetector, KeypointModel, OutcomeTiming, PictureConfig, Preset, RiskConfig,
    Setting, StudyConfig, UnreadableFilms, settings_page,
};
pub use detector_study::{
    ContinuedTest, DetectorFigures, DetectorStudy, DetectorTest, Reliability, TestedFilmErrors,
};
pub use device::{NamedDevice, device_name};
pub use error::Error;
pub use films::annotated_films::AnnotatedFilms;
pub use films::film::DecodedFilm;
pub use films::film_cache::FilmCache;
pub use films::keypoint_sheets::write_keypoint_sheets;
pub use fit_share::{FitShare, FitsLeft};
pub use model::answer::KeypointsFound;
pub use model::answer::{Answer, AnswerOptions, AnsweredPoint, AnsweredRisk, AnsweredTrust};
pub use model::covariate_model::{CovariateModel, CovariatePrediction};
pub use model::cox_model::{CoxModel, CoxTerm, CumulativeHazard};
pub use model::description::{FilmDescription, ModelDescription};
pub use model::found_points::{FoundPoints, KeypointCertainty};
pub use model::model_folder::{ListedModel, ModelFolder, ModelKind};
pub use model::predictor::Predictor;
pub use model::recalibration::ModelRecalibration;
pub use model::trained_model::{Prediction, TrainedModel};
pub use progress::{Observer, Progress};
pub use risk_network::{RiskNetworkInputs, TrainedRiskNetwork};
pub use scan::{Scan, scan_films};
pub use study::Study;
pub use validation::{Validation, pool_validations};
pub use vertebra_deepsurv::SaliencyMethod;
