//! The passes as burn operations on the flex backend, with their gradients.

mod adam;
mod backend;
mod batch_norm;
mod conv2d;
mod flex;
mod graph;

pub use adam::Adam;
pub use batch_norm::{BatchNormRelu, batch_norm};
pub use conv2d::{Conv2d, Conv2dConfig, allow_winograd_in_layers};
pub use flex::runs_on_flex;
