//! The passes as burn operations on the flex backend, with their gradients.

mod backend;
mod batch_norm;
mod conv2d;
mod flex;

pub use batch_norm::{BatchNormRelu, batch_norm};
pub use conv2d::{Conv2d, Conv2dConfig};
