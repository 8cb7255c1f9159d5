//! Features of the images as one number, which joins the covariates.
use super::head::activated;
use crate::EncoderSettings;
use crate::config::{Activation, RiskModelConfig};
use burn::{
    module::{Module, Param},
    nn::{Linear, LinearConfig},
    tensor::{Device, Tensor},
};
use vertebra_conv::Vectors;
use vertebra_training::{Seed, WeightScale, initialize};

/// The fully connected layers of an image-only network, from features to a log hazard `h`, and its
/// standardisation: with covariates `x` the head reads `(h - center) / scale, x`.
#[derive(Module, Debug)]
pub(super) struct ImageHead {
    hidden: Vec<Linear>,
    /// With the standardisation in its weight and bias.
    output: Linear,
    #[module(skip)]
    activation: Activation,
    /// Covariates, which stand behind the features.
    #[module(skip)]
    n_covariates: usize,
}

impl ImageHead {
    pub(super) fn drawn<E: EncoderSettings>(
        config: &RiskModelConfig<E>,
        seed: Seed,
        device: &Device,
    ) -> Self {
        let widths = std::iter::once(config.n_image_features()).chain(config.image_hidden.clone());
        let widths: Vec<usize> = widths.collect();
        let linear = |w: &[usize]| LinearConfig::new(w[0], w[1]).init(device);
        let hidden: Vec<Linear> = widths.windows(2).map(linear).collect();
        let output = LinearConfig::new(widths[widths.len() - 1], 1).init(device);
        Self {
            hidden: initialize(hidden, WeightScale::HeFanIn, seed.named("image hidden")),
            output: initialize(output, WeightScale::Normal(0.01), seed.named("image output")),
            activation: config.activation,
            n_covariates: config.covariates.len(),
        }
    }

    /// These layers with the weights of an image-only network's, whose log hazard is `center` on
    /// average and is divided by `scale`; `None` where the layers differ.
    pub(super) fn of_layers(
        self,
        (hidden, output): (&[Linear], &Linear),
        [center, scale]: [f64; 2],
    ) -> Option<Self> {
        let shapes = |hidden: &[Linear], output: &Linear| {
            hidden.iter().chain([output]).map(|linear| linear.weight.dims()).collect::<Vec<_>>()
        };
        if shapes(hidden, output) != shapes(&self.hidden, &self.output) {
            return None;
        }
        let device = self.output.weight.device().without_autodiff();
        let plain = |x: &Param<Tensor<2>>| x.val().without_autodiff().to_device(&device);
        let bias = match &output.bias {
            Some(bias) => bias.val().without_autodiff().to_device(&device),
            None => Tensor::zeros([1], &device),
        };
        let output = Linear {
            weight: Param::from_tensor(plain(&output.weight) / scale),
            bias: Some(Param::from_tensor((bias - center) / scale)),
        };
        let copied = |linear: &Linear| Linear {
            weight: Param::from_tensor(plain(&linear.weight)),
            bias: linear
                .bias
                .as_ref()
                .map(|bias| Param::from_tensor(bias.val().without_autodiff().to_device(&device))),
        };
        Some(Self { hidden: hidden.iter().map(copied).collect(), output, ..self })
    }

    /// Of features and then covariates, `[n, features + p]`: the log hazard, then the covariates,
    /// `[n, 1 + p]`. What comes out of each hidden layer goes through `then` with its number, from
    /// `first` on.
    pub(super) fn read<V: Vectors>(
        &self,
        joined: V,
        first: usize,
        then: &impl Fn(usize, V) -> V,
    ) -> V {
        let features = self.hidden.first().unwrap_or(&self.output).weight.dims()[0];
        let covariates = joined.clone().columns(features..features + self.n_covariates);
        let layers = (first..).zip(&self.hidden);
        let last = layers.fold(joined.columns(0..features), |x, (layer, linear)| {
            then(layer, activated(x.linear(linear), self.activation))
        });
        last.linear(&self.output).followed_by(covariates)
    }
}
