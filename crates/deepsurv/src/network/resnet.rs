//! The residual encoder (He, Zhang, Ren & Sun, "Deep residual learning for image recognition",
//! CVPR 2016), with the parameter names of torchvision and timm.
//!
//! Beside the published ResNet-18, ResNet-34 and ResNet-50 any one to four stages of any width can be built,
//! with a stem for small images. Global pooling and the head are not part of it.
use crate::Encoder;
use crate::config::{Block, EncoderConfig, Normalization, Stem};
use burn::{
    module::Module,
    nn::{
        PaddingConfig2d,
        pool::{MaxPool2d, MaxPool2dConfig},
    },
};
use vertebra_conv::{Conv2d, Layers, Maps, Norm, ResidualBlock};

/// Encoder from one grey image to feature maps.
#[derive(Module, Debug)]
pub struct ResNet {
    pub(crate) conv1: Conv2d,
    bn1: Norm,
    maxpool: Option<MaxPool2d>,
    layer1: Vec<ResidualBlock>,
    layer2: Vec<ResidualBlock>,
    layer3: Vec<ResidualBlock>,
    layer4: Vec<ResidualBlock>,
    #[module(skip)]
    layers: Layers,
}

impl ResNet {
    /// Builds the encoder for images of `channels` channels; its weights are burn's own and are
    /// meant to be replaced.
    pub(crate) fn new(config: &EncoderConfig, channels: usize, layers: &Layers) -> Self {
        let stem = config.widths[0];
        let stage = |index: usize| stage(config, index, layers);
        let (kernel, maxpool) = match config.stem {
            Stem::Published => (7, Some(max_pool())),
            Stem::Compact => (3, None),
        };
        Self {
            conv1: layers.same_conv([channels, stem], kernel, 2),
            bn1: layers.norm(groups(config), stem),
            maxpool,
            layer1: stage(0),
            layer2: stage(1),
            layer3: stage(2),
            layer4: stage(3),
            layers: layers.clone(),
        }
    }
}

impl Encoder for ResNet {
    fn forward<M: Maps>(&self, images: M) -> M {
        let x = images.conv(&self.conv1).norm_relu(&self.bn1);
        let x = match &self.maxpool {
            Some(pool) => x.max_pool(pool),
            None => x,
        };
        [&self.layer1, &self.layer2, &self.layer3, &self.layer4]
            .into_iter()
            .flatten()
            .fold(x, |x, block| block.forward(x))
    }

    fn release_buffers(&self) {
        self.layers.release_buffers();
    }
}

/// Groups of channels that are normalised together; `None` by batch.
fn groups(config: &EncoderConfig) -> Option<usize> {
    match config.normalization {
        Normalization::Batch => None,
        Normalization::Group(groups) => Some(groups),
    }
}

fn max_pool() -> MaxPool2d {
    MaxPool2dConfig::new([3, 3])
        .with_strides([2, 2])
        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
        .init()
}

/// Blocks of stage `index`, none if the encoder has fewer stages.
fn stage(config: &EncoderConfig, index: usize, layers: &Layers) -> Vec<ResidualBlock> {
    let Some(&width) = config.widths.get(index) else { return Vec::new() };
    let expansion = config.block.expansion();
    let before = match index {
        0 => config.widths[0],
        _ => config.widths[index - 1] * expansion,
    };
    let block = |place: usize| {
        let (channels, stride) = match (place, index) {
            (0, 0) => (before, 1),
            (0, _) => (before, 2),
            _ => (width * expansion, 1),
        };
        match config.block {
            Block::Basic => ResidualBlock::basic(layers, [channels, width], stride, groups(config)),
            Block::Bottleneck => {
                ResidualBlock::bottleneck(layers, [channels, width], stride, groups(config))
            }
        }
    };
    (0..config.blocks[index]).map(block).collect()
}
