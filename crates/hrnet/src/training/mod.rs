//! From annotated films to a detector: augmentation, the task of the training loop, folds.

mod augment;
mod cross_validation;
mod overlay;
mod task;
mod trainer;

pub use augment::Augmentation;
pub use cross_validation::{CrossValidation, Folds, TrainedFold, cross_validate, folds_by_subject};
pub use trainer::{TrainedDetector, train_detector, train_network};
