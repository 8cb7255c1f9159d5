//! The networks: residual encoder, fully connected head, and both together.

mod conv;
mod dropout;
mod head;
mod norm;
mod resnet;
mod risk_network;

pub use dropout::Dropout;
pub(crate) use dropout::subject_rng;
pub use head::Head;
pub use norm::Norm;
pub use resnet::{BasicBlock, Downsample, ResNet};
pub use risk_network::{RiskBatch, RiskNetwork};
