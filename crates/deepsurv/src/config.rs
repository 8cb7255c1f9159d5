//! What a risk model is made of: which inputs, which encoder, which fully connected layers.
use crate::{EncoderSettings, Error, network::ResNet, weights::load_published};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use std::path::Path;
use vertebra_conv::ResidualBlock;

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

    fn build(&self, device: &Device) -> ResNet {
        ResNet::new(self, 1, device)
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

/// The images of a model and the encoder that reads them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ImageConfig<E = EncoderConfig> {
    /// The encoder.
    pub encoder: E,
    /// `[images per subject, height, width]`.
    pub shape: [usize; 3],
    /// Whether some of a subject's images may be missing
    /// ([`ImageSet::with_missing`](crate::ImageSet::with_missing)). Pooling then leaves them out, and
    /// with [`Pooling::Levels`] their features are 0; an exported network has one input more,
    /// `present`, 1 for each image that is there and 0 for one that is not. Mean grey goes through
    /// the encoder in the place of a missing image, so that in training batch normalisation counts it
    /// ([`Normalization::Group`] does not).
    #[serde(default)]
    pub missing_images: bool,
}

/// Nonlinearity of the fully connected layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Activation {
    /// `max(0, x)`.
    Relu,
    /// Scaled exponential linear unit (Klambauer et al., NeurIPS 2017), as in DeepSurv.
    Selu,
}

/// How the covariates join the features of the images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fusion {
    /// After the features, as further inputs of the fully connected layers.
    #[default]
    Concatenation,
    /// As what scales and shifts each feature (feature-wise linear modulation, FiLM; Perez et al.,
    /// AAAI 2018), so that what a finding means can depend on age.
    Modulation,
}

/// A network from covariates, images, or both, to one log hazard per subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RiskModelConfig<E = EncoderConfig> {
    /// Names of the covariates, in the order of the columns of the inputs.
    pub covariates: Vec<String>,
    /// Images, if the model uses any.
    pub image: Option<ImageConfig<E>>,
    /// How the two are joined; nothing to a model that has only one of them.
    #[serde(default)]
    pub fusion: Fusion,
    /// Widths of the fully connected layers between the features and the log hazard.
    pub hidden: Vec<usize>,
    /// Nonlinearity of those layers.
    pub activation: Activation,
    /// Probability that a unit of those layers is dropped in training.
    pub dropout: f64,
}

impl RiskModelConfig {
    /// Covariates alone, through two layers of 32 units.
    #[must_use]
    pub fn clinical<S: Into<String>>(covariates: impl IntoIterator<Item = S>) -> Self {
        let covariates = covariates.into_iter().map(Into::into).collect();
        Self { covariates, hidden: vec![32, 32], ..Self::with_nothing() }
    }
}

impl<E: EncoderSettings> RiskModelConfig<E> {
    fn with_nothing() -> Self {
        Self {
            covariates: Vec::new(),
            image: None,
            fusion: Fusion::default(),
            hidden: Vec::new(),
            activation: Activation::Selu,
            dropout: 0.1,
        }
    }

    /// Images alone: `shape` is `[images per subject, height, width]`.
    #[must_use]
    pub fn image_only(encoder: E, shape: [usize; 3]) -> Self {
        let image = Some(ImageConfig::new(encoder, shape));
        Self { image, hidden: vec![16], ..Self::with_nothing() }
    }

    /// Adds covariates to an image model.
    #[must_use]
    pub fn with_covariates<S: Into<String>>(
        mut self,
        covariates: impl IntoIterator<Item = S>,
    ) -> Self {
        self.covariates = covariates.into_iter().map(Into::into).collect();
        self
    }

    /// Lets some of a subject's images be missing, see
    /// [`ImageConfig::missing_images`]; nothing to a model without images.
    #[must_use]
    pub fn with_missing_images(mut self) -> Self {
        self.image = self.image.map(|image| ImageConfig { missing_images: true, ..image });
        self
    }

    /// Sets how covariates join the features of the images.
    #[must_use]
    pub fn with_fusion(mut self, fusion: Fusion) -> Self {
        self.fusion = fusion;
        self
    }

    /// Sets the widths of the fully connected layers; none makes the head linear.
    #[must_use]
    pub fn with_hidden(mut self, hidden: impl Into<Vec<usize>>) -> Self {
        self.hidden = hidden.into();
        self
    }

    /// Sets the dropout probability, in `[0, 1)`.
    #[must_use]
    pub fn with_dropout(mut self, dropout: f64) -> Self {
        self.dropout = dropout;
        self
    }

    /// Sets the nonlinearity of the fully connected layers.
    #[must_use]
    pub fn with_activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }

    /// Number of inputs of the head: image features, then covariates.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.n_image_features() + self.covariates.len()
    }

    pub(crate) fn n_image_features(&self) -> usize {
        self.image.as_ref().map_or(0, ImageConfig::n_features)
    }

    /// True if covariates scale and shift features of images.
    pub(crate) fn modulates(&self) -> bool {
        let both = self.image.is_some() && !self.covariates.is_empty();
        both && self.fusion == Fusion::Modulation
    }

    /// Checks every setting.
    ///
    /// # Errors
    /// [`Error::NoInputs`], [`Error::InvalidSetting`] or [`Error::ImageTooSmall`].
    pub fn check(&self) -> Result<(), Error> {
        if self.covariates.is_empty() && self.image.is_none() {
            return Err(Error::NoInputs);
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return Err(Error::invalid("dropout", "a probability in [0, 1)", self.dropout));
        }
        if self.hidden.contains(&0) {
            let got = format!("{:?}", self.hidden);
            return Err(Error::invalid("hidden layers", "positive widths", got));
        }
        self.image.as_ref().map_or(Ok(()), ImageConfig::check)
    }
}

impl Default for EncoderConfig {
    /// [`EncoderConfig::small`] of width 8.
    fn default() -> Self {
        Self::small(8)
    }
}

impl<E: EncoderSettings> ImageConfig<E> {
    /// Images of `shape`, `[images per subject, height, width]`, and their encoder.
    #[must_use]
    pub fn new(encoder: E, shape: [usize; 3]) -> Self {
        Self { encoder, shape, missing_images: false }
    }

    /// Features of a subject.
    fn n_features(&self) -> usize {
        let each = self.encoder.n_features();
        match self.encoder.pooling() {
            Pooling::Mean | Pooling::Max | Pooling::Attention => each,
            Pooling::Levels => each * self.shape[0],
        }
    }

    fn check(&self) -> Result<(), Error> {
        self.encoder.check()?;
        let [images, height, width] = self.shape;
        if images == 0 {
            return Err(Error::invalid("images per subject", "at least one", images));
        }
        if self.encoder.n_features() == 0 {
            return Err(Error::invalid("features of the encoder", "at least one", 0));
        }
        match self.encoder.stride() {
            stride if height < stride || width < stride => {
                Err(Error::ImageTooSmall { height, width, stride })
            }
            _ => Ok(()),
        }
    }
}
