//! What the layers of one network share.

use burn::nn::{GroupNormConfig, PaddingConfig2d};
use burn::tensor::Device;

use super::buffers::Buffers;
use super::{BatchNorm, Conv2d, Conv2dConfig, Norm, Precision};

/// What the layers of one network share: the device of their parameters, whether they may use
/// Winograd's transforms, the numbers they compute in, and the memory of their results, which serves
/// one step after the other.
///
/// That memory, at most 1 GiB and never more than a step has at the same time, belongs to the
/// layers and is freed with the last of them and the last of these handles, or by
/// [`release_buffers`](Self::release_buffers).
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor};
/// use vertebra_conv::Layers;
/// let layers = Layers::on(&Device::default()).with_winograd(false);
/// let (conv, norm) = (layers.same_conv([1, 8], 3, 2), layers.batch_norm(8));
/// let y = norm.forward_relu(conv.forward(Tensor::<4>::ones([2, 1, 6, 6], layers.device())));
/// assert_eq!(y.dims(), [2, 8, 3, 3]);
/// ```
#[derive(Debug, Clone)]
pub struct Layers {
    device: Device,
    pub(super) shared: Shared,
}

/// The part that a layer keeps.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(super) winograd: bool,
    pub(super) precision: Precision,
    pub(super) buffers: Buffers,
}

impl Default for Shared {
    fn default() -> Self {
        Self { winograd: true, precision: Precision::default(), buffers: Buffers::default() }
    }
}

impl Layers {
    /// Layers whose parameters are drawn on `device`.
    #[must_use]
    pub fn on(device: &Device) -> Self {
        Self { device: device.clone(), shared: Shared::default() }
    }

    /// Whether convolutions may use Winograd's F(4 x 4, 3 x 3) in the forward pass and for both
    /// gradients: the default. Then they differ from the exact values by up to 1e-4 of the sum of
    /// the terms' magnitudes, without it by 1e-5.
    #[must_use]
    pub fn with_winograd(mut self, winograd: bool) -> Self {
        self.shared.winograd = winograd;
        self
    }

    /// The numbers that convolutions are computed in during training; f32 by default. The device
    /// must [support](Precision::is_supported_on) them.
    #[must_use]
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.shared.precision = precision;
        self
    }

    /// The numbers that convolutions are computed in.
    #[must_use]
    pub fn precision(&self) -> Precision {
        self.shared.precision
    }

    /// The same for parameters on another device.
    #[must_use]
    pub fn with_device(mut self, device: &Device) -> Self {
        self.device = device.clone();
        self
    }

    /// Where parameters are drawn.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Frees the memory that is kept for the next step: for a network that has been trained and
    /// lives on.
    pub fn release_buffers(&self) {
        self.shared.buffers.release();
    }

    /// A convolution with parameters drawn as burn's own would be.
    #[must_use]
    pub fn conv2d(&self, config: &Conv2dConfig) -> Conv2d {
        config.init_shared(&self.device, self.shared.clone())
    }

    /// A convolution without bias, of a square filter of odd side, whose padding keeps the size at
    /// stride 1.
    #[must_use]
    pub fn same_conv(&self, channels: [usize; 2], kernel: usize, stride: usize) -> Conv2d {
        let half = kernel / 2;
        let config = Conv2dConfig::new(channels, [kernel; 2])
            .with_stride([stride; 2])
            .with_padding(PaddingConfig2d::Explicit(half, half, half, half))
            .with_bias(false);
        self.conv2d(&config)
    }

    /// A batch norm with burn's settings.
    #[must_use]
    pub fn batch_norm(&self, channels: usize) -> BatchNorm {
        let layer = burn::nn::BatchNormConfig::new(channels).init(&self.device);
        BatchNorm::shared(layer, self.shared.clone())
    }

    /// Normalisation by batch, or by this many groups of channels.
    #[must_use]
    pub fn norm(&self, groups: Option<usize>, channels: usize) -> Norm {
        match groups {
            None => Norm::Batch(self.batch_norm(channels)),
            Some(groups) => Norm::Group(GroupNormConfig::new(groups, channels).init(&self.device)),
        }
    }
}
