//! The residual encoder (He, Zhang, Ren & Sun, "Deep residual learning for image recognition",
//! CVPR 2016), basic blocks, with the parameter names of torchvision and timm.
//!
//! Beside the published ResNet-18 and ResNet-34 any one to four stages of any width can be built,
//! with a stem for small images. Global pooling and the head are not part of it.
use super::{
    conv::{Conv2d, conv},
    norm::Norm,
};
use crate::config::{EncoderConfig, Normalization, Stem};
use burn::{
    module::Module,
    nn::{
        PaddingConfig2d,
        pool::{MaxPool2d, MaxPool2dConfig},
    },
    tensor::{Device, Tensor},
};
use vertebra_conv::{Error, Graph, Value};

/// Encoder from one grey image to feature maps.
#[derive(Module, Debug)]
pub struct ResNet {
    pub(crate) conv1: Conv2d,
    bn1: Norm,
    maxpool: Option<MaxPool2d>,
    layer1: Vec<BasicBlock>,
    layer2: Vec<BasicBlock>,
    layer3: Vec<BasicBlock>,
    layer4: Vec<BasicBlock>,
}

impl ResNet {
    /// Builds the encoder for images of `channels` channels; its weights are burn's own and are
    /// meant to be replaced.
    pub(crate) fn new(config: &EncoderConfig, channels: usize, device: &Device) -> Self {
        let stem = config.widths[0];
        let stage = |index: usize| stage(config, index, device);
        let (kernel, maxpool) = match config.stem {
            Stem::Published => (7, Some(max_pool())),
            Stem::Compact => (3, None),
        };
        Self {
            conv1: conv([channels, stem], kernel, 2, device),
            bn1: Norm::new(config.normalization, stem, device),
            maxpool,
            layer1: stage(0),
            layer2: stage(1),
            layer3: stage(2),
            layer4: stage(3),
        }
    }

    /// Feature maps of each image.
    ///
    /// # Shapes
    /// - `images`: `[n, 1, height, width]`
    /// - output: `[n, features, ceil(height / stride), ceil(width / stride)]`
    #[must_use]
    pub fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        let x = self.bn1.forward_relu(self.conv1.forward(images), None);
        let x = match &self.maxpool {
            Some(pool) => pool.forward(x),
            None => x,
        };
        [&self.layer1, &self.layer2, &self.layer3, &self.layer4]
            .into_iter()
            .flatten()
            .fold(x, |x, block| block.forward(x))
    }

    /// [`ResNet::forward`] of inference.
    pub(super) fn trace(&self, graph: &mut Graph, images: Value) -> Result<Value, Error> {
        let x = trace(graph, images, &self.conv1, &self.bn1)?;
        let x = graph.relu(x);
        let x = match &self.maxpool {
            Some(pool) => graph.max_pool2d(x, pool)?,
            None => x,
        };
        [&self.layer1, &self.layer2, &self.layer3, &self.layer4]
            .into_iter()
            .flatten()
            .try_fold(x, |x, block| block.trace(graph, x))
    }
}

fn trace(graph: &mut Graph, x: Value, conv: &Conv2d, norm: &Norm) -> Result<Value, Error> {
    let y = graph.conv2d(x, conv)?;
    norm.trace(graph, y)
}

fn max_pool() -> MaxPool2d {
    MaxPool2dConfig::new([3, 3])
        .with_strides([2, 2])
        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
        .init()
}

/// Blocks of stage `index`, none if the encoder has fewer stages.
fn stage(config: &EncoderConfig, index: usize, device: &Device) -> Vec<BasicBlock> {
    let Some(&width) = config.widths.get(index) else { return Vec::new() };
    let before = config.widths[index.saturating_sub(1)];
    (0..config.blocks[index])
        .map(|block| match (block, index) {
            (0, 0) => BasicBlock::new([before, width], 1, config.normalization, device),
            (0, _) => BasicBlock::new([before, width], 2, config.normalization, device),
            _ => BasicBlock::new([width, width], 1, config.normalization, device),
        })
        .collect()
}

/// Two 3x3 convolutions and a short cut.
#[derive(Module, Debug)]
pub struct BasicBlock {
    conv1: Conv2d,
    bn1: Norm,
    conv2: Conv2d,
    bn2: Norm,
    downsample: Option<Downsample>,
}

impl BasicBlock {
    fn new(channels: [usize; 2], stride: usize, norm: Normalization, device: &Device) -> Self {
        let [before, width] = channels;
        let reshapes = stride != 1 || before != width;
        Self {
            conv1: conv(channels, 3, stride, device),
            bn1: Norm::new(norm, width, device),
            conv2: conv([width, width], 3, 1, device),
            bn2: Norm::new(norm, width, device),
            downsample: reshapes.then(|| Downsample {
                conv: conv(channels, 1, stride, device),
                norm: Norm::new(norm, width, device),
            }),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let shortcut = match &self.downsample {
            Some(down) => down.norm.forward(down.conv.forward(x.clone())),
            None => x.clone(),
        };
        let x = self.bn1.forward_relu(self.conv1.forward(x), None);
        self.bn2.forward_relu(self.conv2.forward(x), Some(shortcut))
    }

    fn trace(&self, graph: &mut Graph, x: Value) -> Result<Value, Error> {
        let shortcut = match &self.downsample {
            Some(down) => trace(graph, x, &down.conv, &down.norm)?,
            None => x,
        };
        let y = trace(graph, x, &self.conv1, &self.bn1)?;
        let y = graph.relu(y);
        let y = trace(graph, y, &self.conv2, &self.bn2)?;
        let sum = graph.sum(&[y, shortcut])?;
        Ok(graph.relu(sum))
    }
}

/// The short cut where the shape changes; `downsample.0` and `downsample.1` in published files.
#[derive(Module, Debug)]
pub struct Downsample {
    conv: Conv2d,
    norm: Norm,
}
