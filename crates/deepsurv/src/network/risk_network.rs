//! The whole network: images through a shared encoder, pooled, joined with the covariates, and
//! through the head to one log hazard per subject.
use super::{dropout::Dropout, head::Head, resnet::ResNet};
use crate::config::{Pooling, RiskModelConfig};
use burn::{
    module::Module,
    tensor::{Device, Tensor},
};
use vertebra_conv::{Error, Graph, Value};
use vertebra_training::{WeightScale, initialize};

/// Network from covariates, images, or both, to a log hazard.
///
/// [`features`](Self::features) and [`head`](Self::head) are apart so that saliency can cut the
/// graph between them.
#[derive(Module, Debug)]
pub struct RiskNetwork {
    pub(crate) encoder: Option<ResNet>,
    pub(crate) head: Head,
    #[module(skip)]
    pooling: Pooling,
}

/// Tensors of one batch, already standardised.
///
/// # Shapes
/// - `covariates`: `[n, p]`
/// - `images`: `[n, images per subject, 1, height, width]`
#[derive(Debug, Clone)]
pub struct RiskBatch {
    /// Covariates, if the model uses any.
    pub covariates: Option<Tensor<2>>,
    /// Images, if the model uses any.
    pub images: Option<Tensor<5>>,
}

impl RiskNetwork {
    /// Draws the weights from `seed`; `config` must have passed [`RiskModelConfig::check`].
    pub(crate) fn new(config: &RiskModelConfig, seed: u64, device: &Device) -> Self {
        let encoder = config.image.as_ref().map(|image| {
            let encoder = ResNet::new(&image.encoder, 1, device);
            initialize(encoder, WeightScale::HeFanIn, seed)
        });
        Self::from_parts(config, encoder, Head::drawn(config, seed, device))
    }

    /// Puts a network together from parts made for `config`.
    pub(crate) fn from_parts(
        config: &RiskModelConfig,
        encoder: Option<ResNet>,
        head: Head,
    ) -> Self {
        let image = config.image.as_ref();
        let pooling = image.map_or(Pooling::Mean, |image| image.encoder.pooling);
        Self { encoder, head, pooling }
    }

    /// Log hazard of each subject, `[n]`; `dropout` is given in training only.
    #[must_use]
    pub fn forward(&self, batch: RiskBatch, dropout: Option<&Dropout>) -> Tensor<1> {
        let features = self.features(batch.images);
        self.head(features, batch.covariates, dropout)
    }

    /// Feature maps of every image.
    ///
    /// # Shapes
    /// - `images`: `[n, images per subject, 1, height, width]`
    /// - output: `[n, images per subject, features, h, w]`, `None` without images or encoder
    #[must_use]
    pub fn features(&self, images: Option<Tensor<5>>) -> Option<Tensor<5>> {
        let (images, encoder) = (images?, self.encoder.as_ref()?);
        let [n, per_subject, channels, height, width] = images.dims();
        let maps = encoder.forward(images.reshape([n * per_subject, channels, height, width]));
        let [_, features, h, w] = maps.dims();
        Some(maps.reshape([n, per_subject, features, h, w]))
    }

    /// Log hazard from feature maps and covariates.
    ///
    /// # Shapes
    /// - `features`: `[n, images per subject, features, h, w]`
    /// - `covariates`: `[n, p]`
    /// - output: `[n]`
    ///
    /// # Panics
    /// If the shapes are not those the network was made for, as every burn operation does.
    #[must_use]
    pub fn head(
        &self,
        features: Option<Tensor<5>>,
        covariates: Option<Tensor<2>>,
        dropout: Option<&Dropout>,
    ) -> Tensor<1> {
        let inputs = features.map(|maps| self.pool(maps)).into_iter().chain(covariates).collect();
        self.head.forward(Tensor::cat(inputs, 1), dropout)
    }

    /// What the head reads, in inference: pooled features of `images` (as many copies as images per
    /// subject), then `covariates`.
    pub(crate) fn trace_features(
        &self,
        graph: &mut Graph,
        images: Option<Value>,
        covariates: Option<Value>,
    ) -> Result<Value, Error> {
        let mut parts = Vec::new();
        if let (Some(images), Some(encoder)) = (images, &self.encoder) {
            let maps = encoder.trace(graph, images)?;
            let per_image = graph.mean_over_pixels(maps);
            parts.push(match (graph.shape(per_image).copies, self.pooling) {
                (1, _) => per_image,
                (_, Pooling::Mean) => graph.mean_over_copies(per_image),
                (_, Pooling::Max) => graph.max_over_copies(per_image),
            });
        }
        parts.extend(covariates);
        graph.concatenate(&parts)
    }

    /// [`RiskNetwork::forward`] of inference.
    pub(crate) fn trace(
        &self,
        graph: &mut Graph,
        images: Option<Value>,
        covariates: Option<Value>,
    ) -> Result<Value, Error> {
        let features = self.trace_features(graph, images, covariates)?;
        self.head.trace(graph, features)
    }

    /// Mean over positions, then mean or maximum over a subject's images: `[n, features]`.
    pub(crate) fn pool(&self, maps: Tensor<5>) -> Tensor<2> {
        let [n, per_subject, features, h, w] = maps.dims();
        let per_image = maps.reshape([n, per_subject, features, h * w]).mean_dim(3);
        let pooled = match self.pooling {
            Pooling::Mean => per_image.mean_dim(1),
            Pooling::Max => per_image.max_dim(1),
        };
        pooled.reshape([n, features])
    }
}
