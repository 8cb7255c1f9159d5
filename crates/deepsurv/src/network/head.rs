//! Fully connected layers from features to what a network gives for each subject.
use super::{dropout::Dropout, image_head::ImageHead, modulation::Modulation};
use crate::EncoderSettings;
use crate::config::{Activation, RiskModelConfig};
use burn::{
    module::{Module, Param},
    nn::{Linear, LinearConfig},
    tensor::{Device, Tensor},
};
use vertebra_conv::{BatchNorm, Layers, Vectors};
use vertebra_training::{Seed, WeightScale, initialize};

/// What a network gives for each subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outputs {
    /// One log hazard.
    LogHazard,
    /// By how much the logits of the hazards of so many intervals differ from those of all.
    Hazards(usize),
}

/// The multilayer perceptron of DeepSurv (Katzman et al., *BMC Med. Res. Methodol.* 18:24, 2018).
///
/// Of a log hazard the last layer has no bias: adding a constant to all of them leaves the partial
/// likelihood as it is.
#[derive(Module, Debug)]
pub struct Head {
    /// With [`Fusion::Modulation`](crate::Fusion::Modulation).
    modulation: Option<Modulation>,
    /// With [`Fusion::LogHazard`](crate::Fusion::LogHazard).
    image: Option<ImageHead>,
    hidden: Vec<Linear>,
    /// One for each hidden layer, or none.
    norms: Vec<BatchNorm>,
    output: Linear,
    #[module(skip)]
    activation: Activation,
}

impl Head {
    /// Hidden layers drawn as He et al. (ICCV 2015) say; an output so small that training starts
    /// from equal hazards.
    pub(crate) fn drawn<E: EncoderSettings>(
        config: &RiskModelConfig<E>,
        outputs: Outputs,
        seed: Seed,
        device: &Device,
    ) -> Self {
        let modulation = config.modulates().then(|| Modulation::drawn(config, seed, device));
        let image = config.joins_log_hazard().then(|| ImageHead::drawn(config, seed, device));
        let read = match (&modulation, &image) {
            (Some(_), _) => config.n_image_features(),
            (_, Some(_)) => 1 + config.covariates.len(),
            _ => config.n_features(),
        };
        let widths: Vec<usize> =
            std::iter::once(read).chain(config.hidden.iter().copied()).collect();
        let linear = |w: &[usize]| LinearConfig::new(w[0], w[1]).init(device);
        let hidden: Vec<Linear> = widths.windows(2).map(linear).collect();
        let n = match outputs {
            Outputs::LogHazard => 1,
            Outputs::Hazards(n) => n,
        };
        let output = LinearConfig::new(widths[widths.len() - 1], n)
            .with_bias(outputs != Outputs::LogHazard)
            .init(device);
        let layers = Layers::on(device);
        let norms = match config.batch_norm {
            true => config.hidden.iter().map(|&width| layers.batch_norm(width)).collect(),
            false => Vec::new(),
        };
        Self {
            modulation,
            image,
            norms,
            hidden: initialize(hidden, WeightScale::HeFanIn, seed.named("hidden")),
            output: initialize(output, WeightScale::Normal(0.01), seed.named("output")),
            activation: config.activation,
        }
    }

    /// What the network gives for each subject.
    ///
    /// # Shapes
    /// - `features`: `[n, features]`, image features before covariates
    /// - output: `[n, outputs]`: one log hazard, or what is added to the logit of each interval's
    ///   hazard
    #[must_use]
    pub fn forward(&self, features: Tensor<2>, dropout: Option<&Dropout>) -> Tensor<2> {
        let masked = |layer: usize, x: Tensor<2>| match dropout {
            Some(dropout) if dropout.probability > 0.0 => {
                let mask = dropout.mask(layer, x.dims()[1], &x.device());
                x * mask
            }
            _ => x,
        };
        self.through(features, masked)
    }

    /// `[n, outputs]`; what comes out of each hidden layer goes through `then` with the layer's number.
    pub(super) fn through<V: Vectors>(&self, features: V, then: impl Fn(usize, V) -> V) -> V {
        let features = match (&self.modulation, &self.image) {
            (Some(modulation), _) => modulation.modulated(features),
            (_, Some(image)) => image.read(features, self.hidden.len(), &then),
            _ => features,
        };
        let hidden = self.hidden.iter().enumerate();
        let last = hidden.fold(features, |x, (layer, linear)| {
            let x = activated(x.linear(linear), self.activation);
            let x = match self.norms.get(layer) {
                Some(norm) => x.batch_norm(norm),
                None => x,
            };
            then(layer, x)
        });
        last.linear(&self.output)
    }

    /// This head with the weights of `other`, which reads the same features without the covariates
    /// that follow them here; what reads those covariates is kept. `None` where the layers
    /// differ in any other way.
    pub(crate) fn started_from(self, other: &Self) -> Option<Self> {
        if self.image.is_some() {
            // An image-only head is what comes before the covariates.
            return self.stacked_on(other, [0.0, 1.0]);
        }
        let layers = |head: &Self| (head.hidden.len(), head.norms.len(), head.activation);
        if layers(&self) != layers(other) {
            return None;
        }
        let hidden = self.hidden.into_iter().zip(&other.hidden);
        let device = self.output.weight.device().without_autodiff();
        // `valid` gives them running statistics of their own, as the encoder has.
        let norms = other.norms.iter().map(|norm| norm.valid().to_device(&device).train());
        Some(Self {
            modulation: self.modulation,
            image: self.image,
            norms: norms.collect(),
            hidden: hidden
                .map(|(to, from)| linear_started_from(to, from))
                .collect::<Option<_>>()?,
            output: linear_started_from(self.output, &other.output)?,
            activation: self.activation,
        })
    }
}

impl Head {
    /// This head with the layers of an image-only network's head as those of its images, whose log
    /// hazard is `center` on average and is divided by `scale`. `None` where they are not of one
    /// kind.
    pub(crate) fn stacked_on(self, images: &Self, standard: [f64; 2]) -> Option<Self> {
        let image = self.image?;
        let same = images.norms.is_empty() && images.activation == self.activation;
        if !same || images.modulation.is_some() || images.image.is_some() {
            return None;
        }
        let image = image.of_layers((&images.hidden, &images.output), standard)?;
        Some(Self { image: Some(image), ..self })
    }

    /// What reads the log hazard of the images as if it were a covariate.
    pub(crate) fn without_images(self) -> Self {
        Self { image: None, ..self }
    }

    /// This head behind the layers that `other` has for the images.
    pub(crate) fn behind_images_of(self, other: &Self) -> Self {
        Self { image: other.image.clone(), ..self }
    }
}

/// What goes on to the next layer.
pub(super) fn activated<V: Vectors>(x: V, activation: Activation) -> V {
    match activation {
        Activation::Relu => x.relu(),
        Activation::Selu => x.selu(),
    }
}

/// `to` with its first rows (inputs) and its bias taken from `from`.
fn linear_started_from(to: Linear, from: &Linear) -> Option<Linear> {
    let ([rows, columns], [rows_to, columns_to]) = (from.weight.dims(), to.weight.dims());
    if columns != columns_to || rows > rows_to {
        return None;
    }
    let device = to.weight.device().without_autodiff();
    let plain = |weight: &Param<Tensor<2>>| weight.val().without_autodiff().to_device(&device);
    let weight = plain(&to.weight).slice_assign([0..rows, 0..columns], plain(&from.weight));
    let bias = to.bias.map(|bias| match &from.bias {
        Some(from) => replaced(bias, from.val().without_autodiff().to_device(&device)),
        None => bias,
    });
    Some(Linear { weight: replaced(to.weight, weight), bias })
}

/// `param` with another value, given without autodiff.
fn replaced<const D: usize>(param: Param<Tensor<D>>, value: Tensor<D>) -> Param<Tensor<D>> {
    param.map(|old| match old.device().is_autodiff() {
        true => value.autodiff().set_require_grad(old.is_require_grad()),
        false => value,
    })
}
