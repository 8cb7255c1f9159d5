//! Normalisation after a convolution, by batch or by group of channels.
use crate::config::Normalization;
use burn::{
    module::Module,
    nn::{BatchNorm, BatchNormConfig, GroupNorm, GroupNormConfig},
    tensor::{Device, Tensor, activation::relu},
};
use vertebra_conv::{Error, Graph, Value, batch_norm};

/// One of the two normalisations; its parameters are stored under the same names for both.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)] // a handful per network, and burn's derive wants no box
pub enum Norm {
    /// Batch normalisation.
    Batch(BatchNorm),
    /// Group normalisation.
    Group(GroupNorm),
}

impl Norm {
    pub(super) fn new(kind: Normalization, channels: usize, device: &Device) -> Self {
        match kind {
            Normalization::Batch => Self::Batch(BatchNormConfig::new(channels).init(device)),
            Normalization::Group(groups) => {
                Self::Group(GroupNormConfig::new(groups, channels).init(device))
            }
        }
    }

    /// Normalises `x`: `[n, channels, height, width]`.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Batch(norm) => batch_norm(norm, x, None, false),
            Self::Group(norm) => norm.forward(x),
        }
    }

    /// [`Norm::forward`] of inference.
    pub(super) fn trace(&self, graph: &mut Graph, x: Value) -> Result<Value, Error> {
        match self {
            Self::Batch(norm) => graph.batch_norm(x, norm),
            Self::Group(_) => Err(Error::Unsupported("group normalisation")),
        }
    }

    /// Normalises, adds `shortcut` if there is one, and rectifies.
    pub(super) fn forward_relu(&self, x: Tensor<4>, shortcut: Option<Tensor<4>>) -> Tensor<4> {
        match self {
            Self::Batch(norm) => batch_norm(norm, x, shortcut, true),
            Self::Group(norm) => match shortcut {
                Some(shortcut) => relu(norm.forward(x) + shortcut),
                None => relu(norm.forward(x)),
            },
        }
    }
}
