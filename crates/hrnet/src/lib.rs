//! HRNet keypoint networks for lateral spine radiographs: published weights, training, detection.
//!
//! [`HrnetConfig`] makes an [`Hrnet`], which knows nothing but tensors. [`DetectorConfig`] adds
//! what makes a detector of it: input size, heatmaps, [`Augmentation`], training loop. A
//! [`DetectorTrainer`] turns [`FilmSample`]s into a [`KeypointDetector`], or into one for each fold
//! of subjects; the detector finds five points on any [`Film`](vertebra_raster::Film), and is a
//! folder on disk.
//!
#![doc = include_str!("../README.md")]

mod detector;
mod error;
mod network;
mod setters;
mod training;

/// The version of burn whose types stand in this crate's signatures.
pub use burn;

pub use detector::{DetectorCalibration, DetectorConfig, FilmEvidence, FilmSample};
pub use detector::{JudgedFilm, KeypointDetector, SpineFinding, Trust, reduced_for};
pub use error::Error;
pub use network::{Hrnet, HrnetConfig, StageConfig, WeightScope};
pub use training::{Augmentation, CrossValidation, DetectorTrainer, FilmFolds, TrainedDetector};
pub use training::{TrainedFold, folds_by_subject};
