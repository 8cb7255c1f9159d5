//! Which images of a subject matter how much.
use burn::{
    module::Module,
    nn::{Linear, LinearConfig},
    tensor::Device,
};
use vertebra_conv::Vectors;
use vertebra_training::{Seed, WeightScale, initialize};

/// Attention over the images of a subject: weights `softmax_k(w' selu(V h_k + b))` for features
/// `h_k`, after Ilse, Tomczak & Welling (ICML 2018).
#[derive(Module, Debug)]
pub(crate) struct Attention {
    hidden: Linear,
    score: Linear,
}

impl Attention {
    /// For vectors of `features` values. Scores so small that training starts from the mean.
    pub(crate) fn drawn(features: usize, seed: Seed, device: &Device) -> Self {
        let width = features.div_ceil(4);
        let hidden = LinearConfig::new(features, width).init(device);
        let score = LinearConfig::new(width, 1).with_bias(false).init(device);
        Self {
            hidden: initialize(hidden, WeightScale::HeFanIn, seed.named("attention")),
            score: initialize(score, WeightScale::Normal(0.01), seed.named("attention score")),
        }
    }

    /// What the softmax over images is taken of, `[n copies, 1]`, of features `[n copies, features]`.
    pub(super) fn scores<V: Vectors>(&self, features: V) -> V {
        features.linear(&self.hidden).selu().linear(&self.score)
    }
}
