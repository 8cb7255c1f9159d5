//! What every fitted model is made of: a network, what it reads, and how that is prepared.
use crate::{
    Encoder, EncoderSettings, Error, Preprocessing, RiskInputs, RiskModelConfig,
    inference::{Inference, InputShapes},
    network::{Inputs, RiskNetwork},
    preprocessing::check_inputs,
};
use burn::{module::Module, tensor::Device};
use std::sync::{Arc, OnceLock};
use vertebra_conv::{Graph, Traced, Tracer};

/// How a user of the exported network prepares its inputs.
const PREPROCESSING: &str = "Images as the model was trained on, bone bright, usually in [0, 1]; \
covariates in natural units, in the order of the property `covariates`. Standardisation \
is part of the network. With an input `present`, it is 1 for each image of a subject \
that is there and 0 for one that is missing, in whose place any finite grey stands, e.g. 0.";

/// A network in inference mode with its configuration and the constants of its training subjects.
#[derive(Debug, Clone)]
pub(crate) struct Fitted<E: EncoderSettings> {
    pub(crate) config: RiskModelConfig<E>,
    pub(crate) preprocessing: Preprocessing,
    pub(crate) network: RiskNetwork<E::Encoder>,
    pub(crate) device: Device,
    /// Made at the first prediction.
    inference: Arc<OnceLock<Inference<E::Encoder>>>,
}

impl<E: EncoderSettings> Fitted<E> {
    pub(crate) fn new(
        config: RiskModelConfig<E>,
        preprocessing: Preprocessing,
        network: RiskNetwork<E::Encoder>,
    ) -> Self {
        let network = network.valid();
        let device = network.devices().into_iter().next().unwrap_or_default();
        Self { config, preprocessing, network, device, inference: Arc::default() }
    }

    /// The same with another network of this configuration.
    pub(crate) fn with_network(&self, network: RiskNetwork<E::Encoder>) -> Self {
        Self::new(self.config.clone(), self.preprocessing.clone(), network)
    }

    /// Gives back what only further training steps would use: the model lives on without them.
    pub(crate) fn release_buffers(&self) {
        if let Some(encoder) = &self.network.encoder {
            encoder.release_buffers();
        }
    }

    /// What the network gives for all subjects, `[n, outputs]`.
    ///
    /// # Errors
    /// Inputs that are not what the model reads, by name; [`Error::Diverged`].
    pub(crate) fn outputs(&self, inputs: &RiskInputs) -> Result<Vec<f64>, Error> {
        check_inputs(&self.config, inputs)?;
        self.inference()?.outputs(&self.preprocessing, inputs)
    }

    fn inference(&self) -> Result<&Inference<E::Encoder>, Error> {
        if let Some(inference) = self.inference.get() {
            return Ok(inference);
        }
        let inference = Inference::new(&self.network, self.input_shapes())?;
        Ok(self.inference.get_or_init(|| inference))
    }

    fn input_shapes(&self) -> InputShapes {
        let images = self.config.image.as_ref().map(|image| image.shape);
        let missing_images = self.config.image.as_ref().is_some_and(|image| image.missing_images);
        InputShapes { n_covariates: self.config.covariates.len(), images, missing_images }
    }

    /// What the network gives for inputs in natural units, on its way into a graph.
    pub(crate) fn traced(&self, tracer: &Tracer) -> Result<Traced, Error> {
        self.network.outputs(self.standardised(self.input_shapes().trace(tracer)))
    }

    /// Inputs in natural units, standardised within the graph.
    fn standardised(&self, inputs: Inputs<Traced>) -> Inputs<Traced> {
        let constants = &self.preprocessing;
        let scale = |x: Traced, means: &[f64], sds: &[f64]| {
            let pairs = means.iter().zip(sds).map(|(mean, sd)| (1.0 / sd, -mean / sd));
            let (scale, shift): (Vec<f64>, Vec<f64>) = pairs.unzip();
            x.then(|graph, x| graph.scale(x, &scale, &shift))
        };
        let pixels = |x| scale(x, &[constants.pixel_mean], &[constants.pixel_sd]);
        let covariates = |x| scale(x, &constants.means, &constants.sds);
        Inputs {
            maps: inputs.maps.map(pixels),
            covariates: inputs.covariates.map(covariates),
            ..inputs
        }
    }

    /// A graph of this network as an `.onnx` file, with what its user has to know of the inputs, and
    /// further metadata.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a configuration that cannot be written.
    pub(crate) fn to_onnx(
        &self,
        graph: &Graph,
        further: &[(&str, &str)],
    ) -> Result<Vec<u8>, Error> {
        let config = serde_json::to_string(&self.config)
            .map_err(|e| Error::invalid("model", "finite numbers", e))?;
        let covariates = self.config.covariates.join(",");
        let inputs =
            [("preprocessing", PREPROCESSING), ("covariates", &*covariates), ("config", &*config)];
        Ok(graph.to_onnx("risk", &[&inputs, further].concat())?)
    }
}
