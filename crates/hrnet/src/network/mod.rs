//! The network alone: its shape, its layers, published weights. It knows nothing but tensors.

mod config;
mod exchange;
mod hrnet;
mod names;
mod weight_file;
mod weights;

pub use config::{HrnetConfig, StageConfig};
pub use hrnet::Hrnet;
pub use weights::WeightScope;
