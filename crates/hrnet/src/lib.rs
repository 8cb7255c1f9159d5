//! HRNet keypoint networks for lateral spine radiographs: published weights, training, detection.

mod affine;
mod augment;
mod blocks;
mod config;
mod detect;
mod detector;
mod detector_config;
mod error;
mod exchange;
mod film;
mod layers;
mod names;
mod network;
mod prepare;
mod resample;
mod task;
mod train_detector;
mod weight_file;
mod weights;

pub use augment::Augmentation;
pub use config::{HrnetConfig, StageConfig};
pub use detector::KeypointDetector;
pub use detector_config::DetectorConfig;
pub use error::Error;
pub use film::{FilmPixels, FilmSample};
pub use network::Hrnet;
pub use train_detector::{TrainedDetector, train_detector, train_network};
pub use weights::WeightScope;
