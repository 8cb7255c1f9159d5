//! Covariates that change how the features of the images are read.
use crate::EncoderSettings;
use crate::config::RiskModelConfig;
use burn::{
    module::Module,
    nn::{Linear, LinearConfig},
    tensor::Device,
};
use vertebra_conv::Vectors;
use vertebra_training::{Seed, WeightScale, initialize};

/// Features `h` of the images, scaled and shifted by covariates `x`: `h + (W x + b) h + V x + c`
/// (feature-wise linear modulation; Perez et al., AAAI 2018).
#[derive(Module, Debug)]
pub(super) struct Modulation {
    scale: Linear,
    shift: Linear,
    /// Features, which stand before the covariates.
    #[module(skip)]
    features: usize,
}

impl Modulation {
    /// So small that training starts from the features as they are.
    pub(super) fn drawn<E: EncoderSettings>(
        config: &RiskModelConfig<E>,
        seed: Seed,
        device: &Device,
    ) -> Self {
        let features = config.n_image_features();
        let drawn = |name| {
            let linear = LinearConfig::new(config.covariates.len(), features).init(device);
            initialize(linear, WeightScale::Normal(0.01), seed.named(name))
        };
        Self { scale: drawn("scale of features"), shift: drawn("shift of features"), features }
    }

    /// Of features and then covariates, `[n, features + p]`, the modulated features.
    pub(super) fn modulated<V: Vectors>(&self, joined: V) -> V {
        let features = joined.clone().columns(0..self.features);
        let covariates = joined.columns(self.features..self.features + self.n_covariates());
        let scaled = features.clone().times(covariates.clone().linear(&self.scale));
        features.plus(scaled).plus(covariates.linear(&self.shift))
    }

    fn n_covariates(&self) -> usize {
        self.scale.weight.dims()[0]
    }
}
