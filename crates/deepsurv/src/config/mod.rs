//! What a risk model is made of: which inputs, which encoder, which fully connected layers.

mod encoder;

pub use encoder::{Block, EncoderConfig, Normalization, Pooling, Stem};

use crate::{EncoderSettings, Error};
use serde::{Deserialize, Serialize};

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
    /// As one number: the features go through fully connected layers of their own
    /// ([`RiskModelConfig::image_hidden`]) to a log hazard, which joins the covariates. With
    /// [`RiskTrainer::with_stacked_images`](crate::RiskTrainer::with_stacked_images) these layers
    /// are those of an image-only network.
    LogHazard,
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
    /// With [`Fusion::LogHazard`]: widths of the fully connected layers between the features of the
    /// images and their log hazard, before it joins the covariates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub image_hidden: Vec<usize>,
    /// Nonlinearity of those layers.
    pub activation: Activation,
    /// Whether what comes out of the nonlinearity of those layers is normalised by the batch (Ioffe
    /// & Szegedy, ICML 2015). Statistics are those of a micro-batch, so that then the gradient
    /// depends on how a batch is cut.
    #[serde(default)]
    pub batch_norm: bool,
    /// Probability that a unit of those layers is dropped in training, rounded to 65,536ths.
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
            image_hidden: Vec::new(),
            activation: Activation::Selu,
            batch_norm: false,
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

    /// Sets the widths of the layers of the images' own log hazard, see
    /// [`RiskModelConfig::image_hidden`].
    #[must_use]
    pub fn with_image_hidden(mut self, image_hidden: impl Into<Vec<usize>>) -> Self {
        self.image_hidden = image_hidden.into();
        self
    }

    /// Sets the dropout probability, in `[0, 1)`; it is rounded to 65,536ths.
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

    /// Sets whether the fully connected layers are normalised by the batch, see
    /// [`RiskModelConfig::batch_norm`].
    #[must_use]
    pub fn with_batch_norm(mut self, batch_norm: bool) -> Self {
        self.batch_norm = batch_norm;
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
        self.fuses() && self.fusion == Fusion::Modulation
    }

    /// True if images join the covariates as one number.
    pub(crate) fn joins_log_hazard(&self) -> bool {
        self.fuses() && self.fusion == Fusion::LogHazard
    }

    fn fuses(&self) -> bool {
        self.image.is_some() && !self.covariates.is_empty()
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
        for (name, widths) in
            [("hidden layers", &self.hidden), ("hidden layers of images", &self.image_hidden)]
        {
            if widths.contains(&0) {
                return Err(Error::invalid(name, "positive widths", format!("{widths:?}")));
            }
        }
        self.image.as_ref().map_or(Ok(()), ImageConfig::check)
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
