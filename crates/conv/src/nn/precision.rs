//! The numbers that convolutions are computed in.

use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{DType, Device, FloatDType, Tensor};
use serde::{Deserialize, Serialize};

/// The numbers that convolutions are computed in during training, on a device with autodiff; on one
/// without they are f32. Parameters, normalisations, fully connected layers, losses and optimisers
/// are f32 in any case, so that a network is saved and goes on in either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Precision {
    /// f32.
    #[default]
    Float32,
    /// Input, weight and output of a convolution, and their gradients, have the 8 significant bits
    /// of bfloat16; sums are kept in f32 where the device does. For graphics cards with matrix units
    /// of such numbers. On flex the same values are rounded around arithmetic in f32: slower, but it
    /// shows what the rounding costs.
    Bfloat16,
}

impl Precision {
    /// Whether the device computes in these numbers.
    #[must_use]
    pub fn is_supported_on(self, device: &Device) -> bool {
        match self {
            Self::Float32 => true,
            Self::Bfloat16 => device.supports_dtype(DType::BF16),
        }
    }
}

/// The values rounded to bfloat16, in f32.
pub(super) fn rounded(tensor: Tensor<4>) -> Tensor<4> {
    tensor.cast(FloatDType::BF16).cast(FloatDType::F32)
}

/// burn's convolution in bfloat16, from f32 to f32.
pub(super) fn in_bfloat16(
    input: Tensor<4>,
    weight: Tensor<4>,
    options: ConvOptions<2>,
) -> Tensor<4> {
    let [input, weight] = [input, weight].map(|tensor| tensor.cast(FloatDType::BF16));
    conv2d(input, weight, None, options).cast(FloatDType::F32)
}
