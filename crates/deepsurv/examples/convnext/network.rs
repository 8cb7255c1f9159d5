//! A ConvNeXt (Liu, Mao, Wu, Feichtenhofer, Darrell & Xie, "A ConvNet for the 2020s", CVPR 2022)
//! from one grey picture to feature maps.
//!
//! As published but for stochastic depth, which it does without; and as the encoder ends before the
//! pixels are pooled, the last layer normalisation comes before their mean and not after it.

use burn::module::{Initializer, Module, Param};
use burn::nn::{LayerNorm, LayerNormConfig, PaddingConfig2d};
use burn::tensor::{Tensor, activation::gelu};
use serde::{Deserialize, Serialize};
use vertebra_conv::{Conv2d, Conv2dConfig, Layers, Maps};
use vertebra_deepsurv::{Encoder, EncoderSettings, Error};

/// By how much a block is wider inside.
const EXPANSION: usize = 4;
/// Side of the filters of a block.
const KERNEL: usize = 7;

/// The settings of a [`ConvNext`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ConvNextConfig {
    /// Side of the patches into which the stem cuts a picture; 4 as published.
    pub(crate) patch: usize,
    /// Channels of each stage.
    pub(crate) widths: Vec<usize>,
    /// Blocks of each stage; every stage but the first halves height and width.
    pub(crate) depths: Vec<usize>,
    /// What the branch of a block is multiplied by at first; 1e-6 as published.
    pub(crate) layer_scale: f64,
}

impl ConvNextConfig {
    /// Four stages of two, two, six and two blocks, for pictures of 384 x 384: as ConvNeXt-Pico of
    /// timm, but 72 channels wide in the place of 64, so that it has about the parameters and the
    /// multiply-adds of ResNet-18.
    #[must_use]
    pub(crate) fn like_resnet18() -> Self {
        Self { patch: 4, widths: doubled(72), depths: vec![2, 2, 6, 2], layer_scale: 1e-6 }
    }

    /// For small pictures: patches of 2 x 2 and one block a stage, three in the third, which is
    /// about the size of `EncoderConfig::small(width)`.
    #[must_use]
    pub(crate) fn small(width: usize) -> Self {
        Self { patch: 2, widths: doubled(width), depths: vec![1, 1, 3, 1], layer_scale: 1e-6 }
    }

    /// Sets what the branch of a block is multiplied by at first.
    #[must_use]
    pub(crate) fn with_layer_scale(mut self, layer_scale: f64) -> Self {
        self.layer_scale = layer_scale;
        self
    }

    /// Multiply-adds of the convolutions on one picture of `side` x `side`.
    #[must_use]
    pub(crate) fn multiply_adds(&self, side: usize) -> usize {
        let stages = self.widths.iter().zip(&self.depths).enumerate();
        let of_stage = |(stage, (&width, &depth)): (usize, (&usize, &usize))| {
            let pixels = (side / (self.patch << stage)).pow(2);
            let before = match stage {
                0 => self.patch.pow(2),
                _ => 4 * self.widths[stage - 1],
            };
            let block = width * KERNEL.pow(2) + 2 * EXPANSION * width * width;
            pixels * (before * width + depth * block)
        };
        stages.map(of_stage).sum()
    }
}

/// The channels of four stages, each with twice those of the one before.
fn doubled(width: usize) -> Vec<usize> {
    (0..4).map(|stage| width << stage).collect()
}

impl EncoderSettings for ConvNextConfig {
    type Encoder = ConvNext;

    fn build(&self, layers: &Layers) -> ConvNext {
        let stage = |stage: usize| Stage::new(layers, self, stage);
        ConvNext {
            stages: (0..self.widths.len()).map(stage).collect(),
            norm: ChannelNorm::new(layers, self.n_features()),
            layers: layers.clone(),
        }
    }

    fn n_features(&self) -> usize {
        self.widths.last().copied().unwrap_or(0)
    }

    fn stride(&self) -> usize {
        self.patch << self.widths.len().saturating_sub(1)
    }

    fn check(&self) -> Result<(), Error> {
        let got = format!("{self:?}");
        let matches = self.widths.len() == self.depths.len() && self.patch > 0;
        match matches && !self.widths.contains(&0) {
            true => Ok(()),
            false => Err(Error::InvalidSetting {
                name: "ConvNeXt",
                expected: "as many positive widths as depths, and a positive patch",
                got,
            }),
        }
    }
}

/// Encoder from one grey picture, whose sides are multiples of its stride, to feature maps.
#[derive(Module, Debug)]
pub(crate) struct ConvNext {
    stages: Vec<Stage>,
    norm: ChannelNorm,
    #[module(skip)]
    layers: Layers,
}

impl Encoder for ConvNext {
    fn forward<M: Maps>(&self, images: M) -> M {
        self.norm.forward(self.stages.iter().fold(images, |x, stage| stage.forward(x)))
    }

    fn release_buffers(&self) {
        self.layers.release_buffers();
    }
}

/// A convolution that cuts its input into patches, and blocks of one width.
#[derive(Module, Debug)]
struct Stage {
    /// The stem is normalised after it, a later stage before.
    norm: ChannelNorm,
    patches: Conv2d,
    blocks: Vec<Block>,
    #[module(skip)]
    is_first: bool,
}

impl Stage {
    fn new(layers: &Layers, config: &ConvNextConfig, stage: usize) -> Self {
        let (is_first, width) = (stage == 0, config.widths[stage]);
        let (before, patch) = match is_first {
            true => (1, config.patch),
            false => (config.widths[stage - 1], 2),
        };
        let patches = Conv2dConfig::new([before, width], [patch; 2]).with_stride([patch; 2]);
        Self {
            norm: ChannelNorm::new(layers, if is_first { width } else { before }),
            patches: layers.conv2d(&patches),
            blocks: (0..config.depths[stage])
                .map(|_| Block::new(layers, width, config.layer_scale))
                .collect(),
            is_first,
        }
    }

    fn forward<M: Maps>(&self, x: M) -> M {
        let x = match self.is_first {
            true => self.norm.forward(x.conv(&self.patches)),
            false => self.norm.forward(x).conv(&self.patches),
        };
        self.blocks.iter().fold(x, |x, block| block.forward(x))
    }
}

/// `x + scale * branch(x)`.
#[derive(Module, Debug)]
struct Block {
    depthwise: Conv2d,
    norm: ChannelNorm,
    expand: Conv2d,
    contract: Conv2d,
    /// LayerScale; not a matrix and not called a bias, so that training begins with what is here.
    scale: Param<Tensor<1>>,
}

impl Block {
    fn new(layers: &Layers, width: usize, scale: f64) -> Self {
        let half = KERNEL / 2;
        let depthwise = Conv2dConfig::new([width; 2], [KERNEL; 2])
            .with_groups(width)
            .with_padding(PaddingConfig2d::Explicit(half, half, half, half));
        let pointwise = |channels| layers.conv2d(&Conv2dConfig::new(channels, [1, 1]));
        Self {
            depthwise: layers.conv2d(&depthwise),
            norm: ChannelNorm::new(layers, width),
            expand: pointwise([width, EXPANSION * width]),
            contract: pointwise([EXPANSION * width, width]),
            scale: Initializer::Constant { value: scale }.init([width], layers.device()),
        }
    }

    fn forward<M: Maps>(&self, x: M) -> M {
        let branch = self.norm.forward(x.clone().conv(&self.depthwise));
        let branch = branch.conv(&self.expand).by_burn("GELU", gelu).conv(&self.contract);
        let scale = |branch: Tensor<4>| branch * self.scale.val().reshape([1, -1, 1, 1]);
        x.plus(branch.by_burn("LayerScale", scale))
    }
}

/// Layer normalisation of the channels of each pixel.
#[derive(Module, Debug)]
struct ChannelNorm {
    norm: LayerNorm,
}

impl ChannelNorm {
    fn new(layers: &Layers, channels: usize) -> Self {
        Self { norm: LayerNormConfig::new(channels).with_epsilon(1e-6).init(layers.device()) }
    }

    fn forward<M: Maps>(&self, x: M) -> M {
        let channels_last = |x: Tensor<4>| x.permute([0, 2, 3, 1]);
        x.by_burn("layer normalisation", |x| {
            self.norm.forward(channels_last(x)).permute([0, 3, 1, 2])
        })
    }
}
