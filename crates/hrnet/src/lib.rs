//! HRNet keypoint networks for lateral spine radiographs: published weights, training, detection.
//!
//! [`HrnetConfig`] makes an [`Hrnet`], which knows nothing but tensors. [`DetectorConfig`] adds what
//! makes a detector of it: input size, heatmaps, [`Augmentation`], training loop. [`train_detector`]
//! turns [`FilmSample`]s into a [`KeypointDetector`], [`cross_validate`] into one for each fold of
//! subjects; the detector finds five points on any [`FilmPixels`], and is a folder on disk.
//!
#![doc = include_str!("../README.md")]

mod affine;
mod augment;
mod blocks;
mod config;
mod cross_validation;
mod detect;
mod detector;
mod detector_config;
mod error;
mod exchange;
mod film;
mod finding;
mod inference;
mod layers;
mod names;
mod network;
mod overlay;
mod prepare;
mod task;
mod train_detector;
mod weight_file;
mod weights;

pub use augment::Augmentation;
pub use config::{HrnetConfig, StageConfig};
pub use cross_validation::{CrossValidation, Folds, TrainedFold, cross_validate, folds_by_subject};
pub use detector::KeypointDetector;
pub use detector_config::DetectorConfig;
pub use error::Error;
pub use film::{FilmPixels, FilmSample};
pub use finding::{DetectorCalibration, Side, SpineFinding};
pub use network::Hrnet;
pub use train_detector::{TrainedDetector, train_detector, train_network};
pub use weights::WeightScope;
