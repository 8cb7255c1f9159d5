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

/// Two 3 x 3 convolutions and a short cut, with the parameter names of published networks
/// (`downsample.0` and `downsample.1` there are `downsample.conv` and `downsample.norm` here).
#[derive(Module, Debug)]
pub struct BasicBlock {
    conv1: Conv2d,
    bn1: Norm,
    conv2: Conv2d,
    bn2: Norm,
    downsample: Option<ConvNorm>,
}

impl BasicBlock {
    /// From `channels[0]` to `channels[1]`, normalised by batch or by `groups`; a short cut whose
    /// shape changes goes through a 1 x 1 convolution.
    #[must_use]
    pub fn new(
        layers: &Layers,
        channels: [usize; 2],
        stride: usize,
        groups: Option<usize>,
    ) -> Self {
        let [before, width] = channels;
        let reshapes = stride != 1 || before != width;
        Self {
            conv1: layers.same_conv(channels, 3, stride),
            bn1: layers.norm(groups, width),
            conv2: layers.same_conv([width, width], 3, 1),
            bn2: layers.norm(groups, width),
            downsample: reshapes.then(|| ConvNorm::new(layers, channels, [1, stride], groups)),
        }
    }

    /// `relu(f(x) + shortcut(x))`.
    #[must_use]
    pub fn forward<M: Maps>(&self, x: M) -> M {
        let shortcut = match &self.downsample {
            Some(down) => down.forward(x.clone()),
            None => x.clone(),
        };
        let y = x.conv(&self.conv1).norm_relu(&self.bn1);
        y.conv(&self.conv2).norm_add_relu(&self.bn2, shortcut)
    }
}
