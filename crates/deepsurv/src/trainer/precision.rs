//! The numbers that an encoder computes in while it is trained.

use super::RiskTrainer;
use crate::{EncoderSettings, Error, network::RiskNetwork};
use burn::module::Module;
use vertebra_conv::{Layers, Precision};

impl<E: EncoderSettings> RiskTrainer<'_, E> {
    /// The network as it is trained.
    pub(super) fn in_training_precision(
        &self,
        network: RiskNetwork<E::Encoder>,
    ) -> Result<RiskNetwork<E::Encoder>, Error> {
        let (precision, device) = (self.settings.precision, self.device()?);
        if network.encoder.is_some() && !precision.is_supported_on(&device) {
            let got = format!("{device:?}");
            return Err(Error::invalid("precision", "a device that computes in bfloat16", got));
        }
        self.with_encoder_of(network, &Layers::on(&device.autodiff()).with_precision(precision))
    }

    /// The trained network, in f32.
    pub(super) fn in_float32(
        &self,
        network: RiskNetwork<E::Encoder>,
    ) -> Result<RiskNetwork<E::Encoder>, Error> {
        self.with_encoder_of(network, &Layers::on(&self.device()?.without_autodiff()))
    }

    /// The network with its encoder built anew of these layers, with its weights; as it is where all
    /// is f32.
    fn with_encoder_of(
        &self,
        mut network: RiskNetwork<E::Encoder>,
        layers: &Layers,
    ) -> Result<RiskNetwork<E::Encoder>, Error> {
        if self.settings.precision == Precision::Float32 {
            return Ok(network);
        }
        network.encoder = match (network.encoder.take(), &self.config.image) {
            (Some(encoder), Some(image)) => {
                let made = image.encoder.build(layers);
                let expected = "an encoder with the weights that its settings build";
                let cannot = |error| Error::invalid("precision", expected, error);
                Some(made.try_load_record(encoder.into_record()).map_err(cannot)?)
            }
            (encoder, _) => encoder,
        };
        Ok(network)
    }
}
