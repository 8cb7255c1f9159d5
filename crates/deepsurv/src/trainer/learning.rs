//! The way from initial weights to a trained network, whatever it is trained for.

use super::{Kept, RiskTrainer, WarmStart};
use crate::{
    EncoderSettings, Error, Preprocessing, RiskInputs, RiskModelConfig,
    encoder::check_encoder,
    fitted::Fitted,
    inference::head_inputs,
    network::{Outputs, RiskNetwork},
    objective::Objective,
    preprocessing::Standardised,
    task::{Labelled, RiskTask},
};
use burn::{module::Module, tensor::Device};
use std::marker::PhantomData;
use std::ops::ControlFlow;
use vertebra_survival::Outcomes;
use vertebra_training::{Event, Seed, Trained, default_device};

/// Rows of a table that go through the network at once: what its layers give for them stays in the
/// cache of a processor until it is needed for the gradient.
const TABLE_PART: usize = 2048;

impl<E: EncoderSettings> RiskTrainer<'_, E> {
    /// Trains a network with these outputs for that objective; settings and data were checked.
    pub(super) fn learn(
        &self,
        (objective, outputs): (&dyn Objective, Outputs),
        train: (&RiskInputs, &Outcomes),
        valid: Option<(&RiskInputs, &Outcomes)>,
        on_event: &mut dyn FnMut(&Event) -> ControlFlow<()>,
    ) -> Result<Trained<Fitted<E>>, Error> {
        let preprocessing = match &self.warm_start {
            // The encoder was trained on pixels standardised in its own way.
            Some(start) => Preprocessing {
                pixel_mean: start.model.preprocessing().pixel_mean,
                pixel_sd: start.model.preprocessing().pixel_sd,
                ..Preprocessing::fit(&self.config, train.0)?
            },
            None => Preprocessing::fit(&self.config, train.0)?,
        };
        let first = (self.initial_network(outputs)?, objective);
        let data = (labelled(train), valid.map(labelled));
        let trained = match &self.warm_start {
            Some(WarmStart { model, kept: Kept::LogHazard(out_of_fold) }) => {
                self.run_stacked(first, data, (model, out_of_fold), &preprocessing, on_event)?
            }
            Some(WarmStart { kept: Kept::Encoder, .. }) => {
                self.run_on_features(first, data, &preprocessing, on_event)?
            }
            Some(WarmStart { kept: Kept::Nothing, .. }) | None => {
                self.run(first, data, &preprocessing, on_event)?
            }
        };
        Ok(trained.map(|network| Fitted::new(self.config.clone(), preprocessing, network)))
    }

    pub(super) fn device(&self) -> Result<Device, Error> {
        self.device.clone().map_or_else(|| default_device().map_err(Error::Training), Ok)
    }

    fn initial_network(&self, outputs: Outputs) -> Result<RiskNetwork<E::Encoder>, Error> {
        let device = self.device()?.autodiff();
        let seed = Seed::new(self.settings.training.seed).named("initial weights");
        let mut drawn = RiskNetwork::new(&self.config, outputs, seed, &device);
        if let (Some(file), Some(image)) = (&self.encoder_weights, &self.config.image) {
            drawn.encoder = Some(image.encoder.build_from(file, &device)?);
        }
        if let (Some(encoder), Some(image)) = (&drawn.encoder, &self.config.image) {
            let [_, height, width] = image.shape;
            check_encoder(encoder, [height, width], image.encoder.n_features())?;
        }
        if let Some(start) = &self.start {
            let network = start.valid().to_device(&device.without_autodiff()).train();
            return Ok(network);
        }
        let Some(start) = &self.warm_start else { return Ok(drawn) };
        let encoder_of =
            |config: &RiskModelConfig<E>| config.image.as_ref().map(|i| i.encoder.clone());
        let RiskNetwork { encoder, attention, .. } = start.model.network().clone();
        if encoder.is_none() || encoder_of(&self.config) != encoder_of(start.model.config()) {
            let reason = "its encoder has another configuration, or none";
            return Err(Error::WarmStart { reason });
        }
        if !start.model.config().covariates.is_empty() {
            let reason = "it uses covariates; expected an image-only model";
            return Err(Error::WarmStart { reason });
        }
        let head = match (&start.kept, outputs) {
            (Kept::LogHazard(_), _) => self.stacked_head(start, drawn.head)?,
            (_, Outputs::LogHazard) => {
                drawn.head.clone().started_from(&start.model.network().head).unwrap_or(drawn.head)
            }
            (_, Outputs::Hazards(_)) => drawn.head,
        };
        let plain = device.without_autodiff();
        // `valid` gives it running statistics of its own: those of the start stay where they are.
        let encoder = encoder.map(|e| e.valid().to_device(&plain).train());
        let attention = attention.map(|a| a.to_device(&plain).train());
        Ok(RiskNetwork::from_parts(&self.config, (encoder, attention), head))
    }

    fn run(
        &self,
        (first, objective): (RiskNetwork<E::Encoder>, &dyn Objective),
        (train, valid): (Labelled<'_>, Option<Labelled<'_>>),
        preprocessing: &Preprocessing,
        on_event: &mut dyn FnMut(&Event) -> ControlFlow<()>,
    ) -> Result<Trained<RiskNetwork<E::Encoder>>, Error> {
        let settings = &self.settings;
        let task = RiskTask {
            inputs: Standardised::new(preprocessing, train.inputs),
            outcomes: train.outcomes,
            valid,
            preprocessing,
            augmentation: settings.augmentation,
            dropout: self.config.dropout,
            objective,
            purpose: self.purpose(objective),
            spread_events: settings.spread_events,
            controls_per_event: settings.controls_per_event,
            micro_batch: settings.micro_batch,
            // Batch normalisation must see a micro-batch as a whole, and pictures gain nothing.
            part: match train.inputs.images().is_none() && !self.config.batch_norm {
                true => TABLE_PART,
                false => usize::MAX,
            },
            device: self.device()?.autodiff(),
            encoder: PhantomData,
        };
        let folder = self.run_folder.as_deref();
        let first = self.in_training_precision(first)?;
        vertebra_training::train(&settings.training, &task, first, folder, on_event)
            .map_err(own_error)?
            .try_map(|network| self.in_float32(network))
    }

    /// With a frozen encoder its pooled features are computed once, and only the head is trained.
    fn run_on_features(
        &self,
        first: (RiskNetwork<E::Encoder>, &dyn Objective),
        (train, valid): (Labelled<'_>, Option<Labelled<'_>>),
        preprocessing: &Preprocessing,
        on_event: &mut dyn FnMut(&Event) -> ControlFlow<()>,
    ) -> Result<Trained<RiskNetwork<E::Encoder>>, Error> {
        let features = |data: Labelled<'_>| head_inputs(&first.0, preprocessing, data.inputs);
        let tables = (features(train)?, valid.map(features).transpose()?);
        self.run_head(first, (train, valid), tables, on_event)
    }

    /// Trains the head alone, on tables of what it reads of the same subjects; the rest of the
    /// network stays as it is.
    pub(super) fn run_head(
        &self,
        (first, objective): (RiskNetwork<E::Encoder>, &dyn Objective),
        (train, valid): (Labelled<'_>, Option<Labelled<'_>>),
        tables: (RiskInputs, Option<RiskInputs>),
        on_event: &mut dyn FnMut(&Event) -> ControlFlow<()>,
    ) -> Result<Trained<RiskNetwork<E::Encoder>>, Error> {
        let train = Labelled { inputs: &tables.0, ..train };
        let valid = valid
            .zip(tables.1.as_ref())
            .map(|(data, inputs)| Labelled { inputs, outcomes: data.outcomes });
        let identity = Preprocessing::identity(tables.0.n_covariates());
        let encoder = first.encoder.as_ref().map(Module::valid);
        let attention = first.attention.as_ref().map(Module::valid);
        let head_only = RiskNetwork::from_parts(&self.config, (None, None), first.head);
        let trained = self.run((head_only, objective), (train, valid), &identity, on_event)?;
        let kept = (encoder, attention);
        Ok(trained.map(|model| RiskNetwork::from_parts(&self.config, kept, model.head)))
    }
}

fn labelled<'a>((inputs, outcomes): (&'a RiskInputs, &'a Outcomes)) -> Labelled<'a> {
    Labelled { inputs, outcomes }
}

/// An error of our own that travelled through the loop comes out as itself.
fn own_error(error: vertebra_training::Error) -> Error {
    match error {
        vertebra_training::Error::Task { epoch, source } => match source.downcast::<Error>() {
            Ok(own) => *own,
            Err(source) => Error::Training(vertebra_training::Error::Task { epoch, source }),
        },
        other => Error::Training(other),
    }
}
