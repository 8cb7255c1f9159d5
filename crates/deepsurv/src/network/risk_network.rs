//! The whole network: images through a shared encoder, pooled, joined with the covariates, and
//! through the head to one log hazard per subject, or to the hazards of some intervals.
use super::{
    attention::Attention,
    dropout::Dropout,
    head::{Head, Outputs},
    resnet::ResNet,
};
use crate::config::{Pooling, RiskModelConfig};
use crate::{Encoder, EncoderSettings, Error};
use burn::{
    module::Module,
    tensor::{Device, Tensor},
};
use vertebra_conv::{Layers, Maps, Vectors};
use vertebra_training::{Seed, WeightScale, initialize};

/// By how much less a missing image counts where images are compared.
const HANDICAP: f64 = 1e9;

/// Network from covariates, images, or both, to a log hazard or to the hazards of some intervals.
///
/// [`features`](Self::features) and [`head`](Self::head) are apart so that saliency can cut the
/// graph between them.
#[derive(Module, Debug)]
pub struct RiskNetwork<N: Encoder = ResNet> {
    pub(crate) encoder: Option<N>,
    /// With [`Pooling::Attention`]; part of what a frozen encoder keeps.
    pub(crate) attention: Option<Attention>,
    pub(crate) head: Head,
    #[module(skip)]
    pooling: Pooling,
    /// Features per image.
    #[module(skip)]
    features: usize,
}

/// Tensors of one batch, already standardised.
///
/// # Shapes
/// - `covariates`: `[n, p]`
/// - `images`: `[n, images per subject, 1, height, width]`
/// - `present`: `[n, images per subject]`
#[derive(Debug, Clone)]
pub struct RiskBatch {
    /// Covariates, if the model uses any.
    pub covariates: Option<Tensor<2>>,
    /// Images, if the model uses any.
    pub images: Option<Tensor<5>>,
    /// 1 for each image that is there and 0 for one that is missing; `None` where all are there.
    pub present: Option<Tensor<2>>,
}

/// What goes through the network, as tensors or on its way into a graph.
#[derive(Debug, Clone)]
pub(crate) struct Inputs<M: Maps> {
    /// Images, later their feature maps: those of one subject follow each other.
    pub(crate) maps: Option<M>,
    /// Images per subject.
    pub(crate) copies: usize,
    /// One number for each image: 1, or 0 where it is missing.
    pub(crate) present: Option<M::Vectors>,
    pub(crate) covariates: Option<M::Vectors>,
}

impl<N: Encoder> RiskNetwork<N> {
    /// Draws the weights from `seed`; `config` must have passed [`RiskModelConfig::check`].
    pub(crate) fn new<E>(
        config: &RiskModelConfig<E>,
        outputs: Outputs,
        seed: Seed,
        device: &Device,
    ) -> Self
    where
        E: EncoderSettings<Encoder = N>,
    {
        let encoder = config.image.as_ref().map(|image| {
            let encoder = image.encoder.build(&Layers::on(device));
            initialize(encoder, WeightScale::HeFanIn, seed.named("encoder"))
        });
        let attention = config
            .image
            .as_ref()
            .filter(|image| image.encoder.pooling() == Pooling::Attention)
            .map(|image| Attention::drawn(image.encoder.n_features(), seed, device));
        let head = Head::drawn(config, outputs, seed, device);
        Self::from_parts(config, (encoder, attention), head)
    }

    /// The same network with another head.
    pub(crate) fn map_head(self, of: impl FnOnce(Head) -> Head) -> Self {
        Self { head: of(self.head), ..self }
    }

    /// Puts a network together from parts made for `config`.
    pub(crate) fn from_parts<E: EncoderSettings>(
        config: &RiskModelConfig<E>,
        (encoder, attention): (Option<N>, Option<Attention>),
        head: Head,
    ) -> Self {
        let image = config.image.as_ref();
        let pooling = image.map_or(Pooling::Mean, |image| image.encoder.pooling());
        let features = image.map_or(0, |image| image.encoder.n_features());
        Self { encoder, attention, head, pooling, features }
    }

    /// What the network gives for each subject, `[n, outputs]`: one log hazard, or what is added to
    /// the logit of each interval's hazard; `dropout` is given in training only.
    ///
    /// # Errors
    /// [`Error::NoInputs`] for a batch without anything that the network reads.
    pub fn forward(&self, batch: RiskBatch, dropout: Option<&Dropout>) -> Result<Tensor<2>, Error> {
        let features = self.features(batch.images.clone());
        self.head(features, batch, dropout)
    }

    /// Feature maps of every image.
    ///
    /// # Shapes
    /// - `images`: `[n, images per subject, 1, height, width]`
    /// - output: `[n, images per subject, features, h, w]`, `None` without images or encoder
    #[must_use]
    pub fn features(&self, images: Option<Tensor<5>>) -> Option<Tensor<5>> {
        let (images, encoder) = (images?, self.encoder.as_ref()?);
        let [n, per_subject, ..] = images.dims();
        let maps = encoder.forward(one_after_another(images));
        let [_, features, h, w] = maps.dims();
        Some(maps.reshape([n, per_subject, features, h, w]))
    }

    /// What the network gives from feature maps, which take the place of the images of `batch`, and the rest of
    /// it.
    ///
    /// # Shapes
    /// - `features`: `[n, images per subject, features, h, w]`
    /// - output: `[n, outputs]`
    ///
    /// # Errors
    /// [`Error::NoInputs`] where both `features` and the covariates of `batch` are `None`.
    ///
    /// # Panics
    /// If the shapes are not those the network was made for, as every burn operation does.
    pub fn head(
        &self,
        features: Option<Tensor<5>>,
        batch: RiskBatch,
        dropout: Option<&Dropout>,
    ) -> Result<Tensor<2>, Error> {
        let joined = self.joined(RiskBatch { images: features, ..batch }.into_inputs())?;
        Ok(self.head.forward(joined, dropout))
    }

    /// What the head reads: features of the images, then covariates, `[n, features + p]`.
    pub(crate) fn head_inputs<M: Maps>(&self, inputs: Inputs<M>) -> Result<M::Vectors, Error> {
        let encode = |images: M| self.encoder.as_ref().map(|encoder| encoder.forward(images));
        self.joined(Inputs { maps: inputs.maps.and_then(encode), ..inputs })
    }

    /// [`RiskNetwork::forward`] of inference, `[n, outputs]`.
    pub(crate) fn outputs<M: Maps>(&self, inputs: Inputs<M>) -> Result<M::Vectors, Error> {
        Ok(self.head.through(self.head_inputs(inputs)?, |_, x| x))
    }

    /// Feature maps averaged over positions and pooled over a subject's images, then covariates.
    fn joined<M: Maps>(&self, inputs: Inputs<M>) -> Result<M::Vectors, Error> {
        let pool = |maps: M| {
            let features = maps.mean_over_pixels();
            match inputs.present {
                None => self.pooled(features, inputs.copies),
                Some(present) => self.pooled_where(features, inputs.copies, present),
            }
        };
        match (inputs.maps.map(pool), inputs.covariates) {
            (Some(features), Some(covariates)) => Ok(features.followed_by(covariates)),
            (Some(one), None) | (None, Some(one)) => Ok(one),
            (None, None) => Err(Error::NoInputs),
        }
    }

    /// One vector for each subject, of one for each image.
    fn pooled<V: Vectors>(&self, features: V, copies: usize) -> V {
        match (self.pooling, &self.attention) {
            (Pooling::Attention, Some(attention)) => {
                let scores = attention.scores(features.clone());
                features.attend_over_copies(scores, copies)
            }
            (Pooling::Mean | Pooling::Attention, _) => features.mean_over_copies(copies),
            (Pooling::Max, _) => features.max_over_copies(copies),
            (Pooling::Levels, _) => features.copies_side_by_side(copies),
        }
    }

    /// As [`pooled`](Self::pooled), of the images that are there.
    fn pooled_where<V: Vectors>(&self, features: V, copies: usize, present: V) -> V {
        // 0, or so little that nothing is left of it beside any other image.
        let handicap = present.clone().scaled(HANDICAP, -HANDICAP);
        match (self.pooling, &self.attention) {
            (Pooling::Attention, Some(attention)) => {
                let scores = attention.scores(features.clone()).plus(handicap);
                features.attend_over_copies(scores, copies)
            }
            (Pooling::Mean | Pooling::Attention, _) => {
                features.attend_over_copies(handicap, copies)
            }
            (Pooling::Max, _) => {
                features.plus(handicap.repeat_columns(self.features)).max_over_copies(copies)
            }
            (Pooling::Levels, _) => {
                let there = present.repeat_columns(self.features);
                features.times(there).copies_side_by_side(copies)
            }
        }
    }
}

impl RiskBatch {
    /// With gradients.
    pub(crate) fn autodiff(self) -> Self {
        Self {
            covariates: self.covariates.map(Tensor::autodiff),
            images: self.images.map(Tensor::autodiff),
            present: self.present.map(Tensor::autodiff),
        }
    }

    /// As the network takes it.
    pub(crate) fn into_inputs(self) -> Inputs<Tensor<4>> {
        let copies = self.images.as_ref().map_or(1, |images| images.dims()[1]);
        let maps = self.images.map(one_after_another);
        let in_one_column = |present: Tensor<2>| {
            let [n, per_subject] = present.dims();
            present.reshape([n * per_subject, 1])
        };
        let present = self.present.map(in_one_column);
        Inputs { maps, copies, present, covariates: self.covariates }
    }
}

/// `[n, m, channels, height, width]` as `[n m, channels, height, width]`.
fn one_after_another(maps: Tensor<5>) -> Tensor<4> {
    let [n, per_subject, channels, height, width] = maps.dims();
    maps.reshape([n * per_subject, channels, height, width])
}
