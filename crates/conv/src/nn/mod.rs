//! Layers and blocks for networks of burn tensors, and the graph that follows from a network.

mod backend;
mod batch_norm;
mod blocks;
mod buffers;
mod conv2d;
mod flex;
mod graph;
mod layers;
mod maps;
mod norm;
mod precision;
mod traced;

pub use batch_norm::BatchNorm;
pub use blocks::{ConvNorm, ResidualBlock};
pub use conv2d::{Conv2d, Conv2dConfig};
pub use flex::runs_on_flex;
pub use layers::Layers;
pub use maps::{Maps, Vectors};
pub use norm::Norm;
pub use precision::Precision;
pub use traced::{Traced, Tracer};
