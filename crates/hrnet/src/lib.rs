//! HRNet keypoint networks for lateral spine radiographs: published weights, training, detection.

mod blocks;
mod config;
mod error;
mod exchange;
mod layers;
mod names;
mod network;
mod weight_file;
mod weights;

pub use config::{HrnetConfig, StageConfig};
pub use error::Error;
pub use network::Hrnet;
pub use weights::WeightScope;
