//! The networks: residual encoder, fully connected head, and both together.

mod attention;
mod dropout;
mod head;
mod image_head;
mod modulation;
mod resnet;
mod risk_network;

pub use dropout::Dropout;
pub use head::Head;
pub(crate) use head::Outputs;
pub use resnet::ResNet;
pub(crate) use risk_network::Inputs;
pub use risk_network::{RiskBatch, RiskNetwork};
