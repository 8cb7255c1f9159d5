//! From annotated films to a detector: augmentation, the task of the training loop, folds.

mod augment;
mod cross_validation;
mod overlay;
mod precision;
mod task;
mod trainer;

pub use augment::Augmentation;
pub use cross_validation::{CrossValidation, FilmFolds, TrainedFold, folds_by_subject};
pub use trainer::{DetectorTrainer, TrainedDetector};
