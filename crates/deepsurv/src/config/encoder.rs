//! The residual encoder: its stages, its blocks, and how the images of a subject are pooled.
use crate::{EncoderSettings, Error, network::ResNet, weights::load_published};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use std::path::Path;
use vertebra_conv::{Layers, ResidualBlock};

/// The first layers of an encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stem {
    /// 7x7 convolution of stride 2, then 3x3 max pooling of stride 2, as published.
    Published,
    /// One 3x3 convolution of stride 2, for small images.
    Compact,
}

impl Stem {
    /// By how much the stem divides height and width.
    #[must_use]
    pub fn stride(self) -> usize {
        match self {
            Self::Published => 4,
            Self::Compact => 2,
        }
    }
}

/// What the stages of an encoder are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Block {
    /// Two 3x3 convolutions, as in ResNet-18 and ResNet-34.
    #[default]
    Basic,
    /// 1x1, 3x3 and 1x1 convolutions with four times the stage's channels put out, as in ResNet-50.
    Bottleneck,
}

impl Block {
    /// By how much more channels it puts out than the stage is wide.
    #[must_use]
    pub fn expansion(self) -> usize {
        match self {
            Self::Basic => 1,
            Self::Bottleneck => ResidualBlock::EXPANSION,
        }
    }
}

/// How activations are normalised after each convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Normalization {
    /// Batch normalisation, as published: in training each image is seen relative to its batch.
    Batch,
    /// Group normalisation with this many groups: independent of the batch (Wu & He, ECCV 2018).
    Group(usize),
}

/// How the features of a subject's images become one feature vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Pooling {
    /// Mean over images.
    Mean,
    /// Maximum over images, feature by feature: one abnormal vertebra suffices.
    Max,
    /// A mean weighted by what each image shows (attention; Ilse, Tomczak & Welling, ICML 2018, with
    /// SELU in the place of tanh): the softmax over images of a score that a small network of a
    /// quarter of the features gives each of them.
    Attention,
    /// The features of all images, one after the other, so that the head knows which vertebra says
    /// what.
    Levels,
}

/// A residual encoder (He, Zhang, Ren & Sun, CVPR 2016), shared by all images of a
/// subject. Parameter names are those of torchvision and timm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EncoderConfig {
    /// First layers.
    pub stem: Stem,
    /// Channels of each stage, one to four of them; the stem has as many as the first stage. A stage
    /// of bottlenecks puts out four times as many.
    pub widths: Vec<usize>,
    /// Blocks of each stage; every stage but the first halves height and width.
    pub blocks: Vec<usize>,
    /// What kind of blocks they are.
    #[serde(default)]
    pub block: Block,
    /// Normalisation after each convolution.
    pub normalization: Normalization,
    /// Pooling over the images of one subject.
    pub pooling: Pooling,
}

impl EncoderConfig {
    /// ResNet-18 as published, for one grey channel: 11.2 million parameters.
    #[must_use]
    pub fn resnet18() -> Self {
        Self::published(&[2, 2, 2, 2])
    }

    /// ResNet-34 as published, for one grey channel: 21.3 million parameters.
    #[must_use]
    pub fn resnet34() -> Self {
        Self::published(&[3, 4, 6, 3])
    }

    /// ResNet-50 as published (its stride in the 3x3 convolutions, as in torchvision and timm), for
    /// one grey channel: 23.5 million parameters.
    #[must_use]
    pub fn resnet50() -> Self {
        Self { block: Block::Bottleneck, ..Self::published(&[3, 4, 6, 3]) }
    }

    /// A small encoder of one block per stage that trains in seconds on a CPU; each of its four
    /// stages has twice the channels of the one before, starting from `width`. It divides height
    /// and width by 16.
    ///
    /// On phantom cohorts pictures of the whole spine (64 x 64) want all four stages: with three
    /// the test concordance fell from 0.738 to 0.716. Patches (32 x 32) do as well with three.
    #[must_use]
    pub fn small(width: usize) -> Self {
        Self {
            stem: Stem::Compact,
            widths: (0..4).map(|stage| width << stage).collect(),
            blocks: vec![1; 4],
            block: Block::Basic,
            normalization: Normalization::Batch,
            pooling: Pooling::Mean,
        }
    }

    fn published(blocks: &[usize]) -> Self {
        Self {
            stem: Stem::Published,
            widths: vec![64, 128, 256, 512],
            blocks: blocks.to_vec(),
            block: Block::Basic,
            normalization: Normalization::Batch,
            pooling: Pooling::Mean,
        }
    }

    /// Sets the first layers.
    #[must_use]
    pub fn with_stem(mut self, stem: Stem) -> Self {
        self.stem = stem;
        self
    }

    /// Sets the channels of each stage.
    #[must_use]
    pub fn with_widths(mut self, widths: impl Into<Vec<usize>>) -> Self {
        self.widths = widths.into();
        self
    }

    /// Sets the number of blocks of each stage.
    #[must_use]
    pub fn with_blocks(mut self, blocks: impl Into<Vec<usize>>) -> Self {
        self.blocks = blocks.into();
        self
    }

    /// Sets what kind of blocks they are.
    #[must_use]
    pub fn with_block(mut self, block: Block) -> Self {
        self.block = block;
        self
    }

    /// Sets the normalisation.
    #[must_use]
    pub fn with_normalization(mut self, normalization: Normalization) -> Self {
        self.normalization = normalization;
        self
    }

    /// Sets the pooling over a subject's images.
    #[must_use]
    pub fn with_pooling(mut self, pooling: Pooling) -> Self {
        self.pooling = pooling;
        self
    }
}

impl EncoderSettings for EncoderConfig {
    type Encoder = ResNet;

    fn build(&self, layers: &Layers) -> ResNet {
        ResNet::new(self, 1, layers)
    }

    fn n_features(&self) -> usize {
        self.widths.last().map_or(0, |width| width * self.block.expansion())
    }

    fn stride(&self) -> usize {
        self.stem.stride() << self.widths.len().saturating_sub(1)
    }

    fn pooling(&self) -> Pooling {
        self.pooling
    }

    fn check(&self) -> Result<(), Error> {
        let invalid =
            |name, expected, got: String| Err(Error::InvalidSetting { name, expected, got });
        if !(1..=4).contains(&self.widths.len()) || self.widths.contains(&0) {
            let got = format!("{:?}", self.widths);
            return invalid("encoder widths", "one to four positive numbers", got);
        }
        if self.blocks.len() != self.widths.len() || self.blocks.contains(&0) {
            let got = format!("{:?}", self.blocks);
            return invalid("encoder blocks", "a positive number per stage", got);
        }
        match self.normalization {
            Normalization::Group(g) if g == 0 || self.widths.iter().any(|w| w % g != 0) => {
                invalid("normalization groups", "a divisor of every width", g.to_string())
            }
            _ => Ok(()),
        }
    }

    fn build_from(&self, weights: &Path, device: &Device) -> Result<ResNet, Error> {
        load_published(self, weights, device)
    }
}

impl Default for EncoderConfig {
    /// [`EncoderConfig::small`] of width 8.
    fn default() -> Self {
        Self::small(8)
    }
}
