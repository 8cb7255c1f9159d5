//! 2-D convolution at the processor's peak: forward, gradients and fused inference.

mod convolution;
mod correlation;
mod direct;
mod error;
mod gathered;
mod kernels;
#[cfg(feature = "burn")]
mod nn;
#[cfg(feature = "burn")]
mod normalization;
mod packing;
mod parallel;
mod planes;
mod problem;
mod weight_gradient;
mod workspace;

pub use convolution::Convolution;
pub use error::Error;
pub use kernels::Isa;
#[cfg(feature = "burn")]
pub use nn::{BatchNormRelu, Conv2d, Conv2dConfig, batch_norm};
