//! DeepSurv networks on covariates and radiographs, trained with the Cox partial likelihood; saliency.

mod augmentation;
mod config;
mod error;
mod inputs;
mod model;
mod network;
mod preprocessing;
mod saliency;
mod store;
mod task;
mod trainer;
mod weights;

pub use augmentation::Augmentation;
pub use config::{
    Activation, EncoderConfig, ImageConfig, Normalization, Pooling, RiskModelConfig, Stem,
};
pub use error::Error;
pub use inputs::{ImageSet, RiskInputs};
pub use model::RiskModel;
pub use network::{BasicBlock, Downsample, Dropout, Head, Norm, ResNet, RiskBatch, RiskNetwork};
pub use preprocessing::Preprocessing;
pub use saliency::{Mass, Saliency, SaliencyMethod, grad_cam, occlusion};
pub use trainer::{RiskTrainer, RiskTraining, TrainedRiskModel, ValidationScore};
