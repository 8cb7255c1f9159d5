//! The one place that says which convolution the networks use: `vertebra-conv`'s on the CPU, which
//! falls back to burn's own on every other backend and has its parameters and names.

use burn::{nn::PaddingConfig2d, tensor::Device};
pub(super) use vertebra_conv::{Conv2d, Conv2dConfig};

/// A convolution without bias whose padding keeps the size at stride 1.
pub(super) fn conv(channels: [usize; 2], kernel: usize, stride: usize, device: &Device) -> Conv2d {
    let half = kernel / 2;
    Conv2dConfig::new(channels, [kernel; 2])
        .with_stride([stride; 2])
        .with_padding(PaddingConfig2d::Explicit(half, half, half, half))
        .with_bias(false)
        .init(device)
}
