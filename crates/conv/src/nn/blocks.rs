//! What residual networks are made of (He, Zhang, Ren & Sun, "Deep residual learning for image
//! recognition", CVPR 2016).

use burn::module::Module;

use super::{Conv2d, Layers, Maps, Norm};

/// A convolution and its normalisation; `0` and `1` of published sequences.
#[derive(Module, Debug)]
pub struct ConvNorm {
    conv: Conv2d,
    norm: Norm,
}

impl ConvNorm {
    /// A [`Layers::same_conv`], normalised by batch or by `groups`.
    #[must_use]
    pub fn new(
        layers: &Layers,
        channels: [usize; 2],
        [kernel, stride]: [usize; 2],
        groups: Option<usize>,
    ) -> Self {
        let conv = layers.same_conv(channels, kernel, stride);
        Self { conv, norm: layers.norm(groups, channels[1]) }
    }

    /// `norm(conv(x))`.
    #[must_use]
    pub fn forward<M: Maps>(&self, x: M) -> M {
        x.conv(&self.conv).norm(&self.norm)
    }

    /// `relu(norm(conv(x)))`.
    #[must_use]
    pub fn forward_relu<M: Maps>(&self, x: M) -> M {
        x.conv(&self.conv).norm_relu(&self.norm)
    }
}

/// A residual block, with the parameter names of published networks (`downsample.0` and
/// `downsample.1` there are `downsample.conv` and `downsample.norm` here).
#[derive(Module, Debug)]
pub struct ResidualBlock {
    conv1: Conv2d,
    bn1: Norm,
    conv2: Conv2d,
    bn2: Norm,
    /// Of a bottleneck.
    conv3: Option<Conv2d>,
    bn3: Option<Norm>,
    downsample: Option<ConvNorm>,
}

impl ResidualBlock {
    /// By how much a bottleneck's output has more channels than what is between.
    pub const EXPANSION: usize = 4;

    /// Two 3 x 3 convolutions and a short cut, the first with the stride: from `channels[0]` to
    /// `channels[1]`, normalised by batch or by `groups`. A short cut whose shape changes goes
    /// through a 1 x 1 convolution.
    #[must_use]
    pub fn basic(
        layers: &Layers,
        channels: [usize; 2],
        stride: usize,
        groups: Option<usize>,
    ) -> Self {
        let width = channels[1];
        Self {
            conv1: layers.same_conv(channels, 3, stride),
            bn1: layers.norm(groups, width),
            conv2: layers.same_conv([width, width], 3, 1),
            bn2: layers.norm(groups, width),
            conv3: None,
            bn3: None,
            downsample: short_cut(layers, channels, stride, groups),
        }
    }

    /// 1 x 1, 3 x 3 and 1 x 1 convolutions and a short cut, the second with the stride, as in
    /// torchvision: from `channels` to [`EXPANSION`](Self::EXPANSION) times `width`.
    #[must_use]
    pub fn bottleneck(
        layers: &Layers,
        [channels, width]: [usize; 2],
        stride: usize,
        groups: Option<usize>,
    ) -> Self {
        let out = width * Self::EXPANSION;
        Self {
            conv1: layers.same_conv([channels, width], 1, 1),
            bn1: layers.norm(groups, width),
            conv2: layers.same_conv([width, width], 3, stride),
            bn2: layers.norm(groups, width),
            conv3: Some(layers.same_conv([width, out], 1, 1)),
            bn3: Some(layers.norm(groups, out)),
            downsample: short_cut(layers, [channels, out], stride, groups),
        }
    }

    /// `relu(f(x) + shortcut(x))`.
    #[must_use]
    pub fn forward<M: Maps>(&self, x: M) -> M {
        let shortcut = match &self.downsample {
            Some(down) => down.forward(x.clone()),
            None => x.clone(),
        };
        let y = x.conv(&self.conv1).norm_relu(&self.bn1).conv(&self.conv2);
        match (&self.conv3, &self.bn3) {
            (Some(conv3), Some(bn3)) => {
                y.norm_relu(&self.bn2).conv(conv3).norm_add_relu(bn3, shortcut)
            }
            _ => y.norm_add_relu(&self.bn2, shortcut),
        }
    }
}

fn short_cut(
    layers: &Layers,
    channels: [usize; 2],
    stride: usize,
    groups: Option<usize>,
) -> Option<ConvNorm> {
    let reshapes = stride != 1 || channels[0] != channels[1];
    reshapes.then(|| ConvNorm::new(layers, channels, [1, stride], groups))
}
