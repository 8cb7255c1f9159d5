//! Normalisation after a convolution, by batch or by group of channels.

use burn::module::Module;
use burn::nn::GroupNorm;

use super::BatchNorm;

/// One of the two normalisations; its parameters are stored under the same names for both.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)] // a handful per network, and burn's derive wants no box
pub enum Norm {
    /// Batch normalisation (Ioffe & Szegedy, ICML 2015).
    Batch(BatchNorm),
    /// Group normalisation (Wu & He, ECCV 2018).
    Group(GroupNorm),
}
