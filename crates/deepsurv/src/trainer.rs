//! Training of a risk model: warm start, and the way from data to a fitted model.

mod recalibrated;

use crate::{
    Encoder, EncoderConfig, EncoderSettings, Error, Preprocessing, RiskInputs, RiskModel,
    RiskModelConfig, RiskTraining, Seen,
    encoder::check_encoder,
    inference::{head_inputs, predict},
    network::RiskNetwork,
    task::{CoxTask, Labelled},
};
use burn::{module::Module, tensor::Device};
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::path::PathBuf;
use vertebra_survival::{Outcomes, breslow_baseline};
use vertebra_training::{EpochSummary, Event, Seed, StopReason, Trained, default_device};

/// A fitted model and how it came about.
#[derive(Debug, Clone)]
#[non_exhaustive] // only a trainer makes one
pub struct TrainedRiskModel<E: EncoderSettings = EncoderConfig> {
    /// The model of the best epoch (of the last one without validation).
    pub model: RiskModel<E>,
    /// The epoch it comes from, from 1.
    pub epoch: usize,
    /// Every epoch, in order.
    pub history: Vec<EpochSummary>,
    /// Why training ended.
    pub stopped: StopReason,
}

/// Where an image model's encoder comes from.
#[derive(Debug, Clone)]
struct WarmStart<'a, E: EncoderSettings> {
    model: &'a RiskModel<E>,
    frozen: bool,
}

/// Fits a [`RiskModel`] of one configuration.
///
/// # Examples
/// See the crate's front page.
#[derive(Debug, Clone)]
pub struct RiskTrainer<'a, E: EncoderSettings = EncoderConfig> {
    config: RiskModelConfig<E>,
    settings: RiskTraining,
    warm_start: Option<WarmStart<'a, E>>,
    encoder_weights: Option<PathBuf>,
    strata: Option<Vec<usize>>,
    run_folder: Option<PathBuf>,
    device: Option<Device>,
}

impl<'a, E: EncoderSettings> RiskTrainer<'a, E> {
    /// A trainer with the default settings on the
    /// [default device](vertebra_training::default_device).
    #[must_use]
    pub fn new(config: RiskModelConfig<E>) -> Self {
        Self {
            config,
            settings: RiskTraining::default(),
            warm_start: None,
            encoder_weights: None,
            strata: None,
            run_folder: None,
            device: None,
        }
    }

    /// Sets how to train.
    #[must_use]
    pub fn with_settings(mut self, settings: RiskTraining) -> Self {
        self.settings = settings;
        self
    }

    /// Sets the seed of initial weights, order, augmentation and dropout, in the place of the
    /// settings'.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.settings.training.seed = seed;
        self
    }

    /// Trains on `device`.
    #[must_use]
    pub fn with_device(mut self, device: &Device) -> Self {
        self.device = Some(device.clone());
        self
    }

    /// Starts from an image-only model of the same encoder: its encoder, and its head where the
    /// layers have the same widths; covariates are then learnt on top. The model must not have
    /// seen the validation or test subjects.
    #[must_use]
    pub fn with_warm_start(mut self, model: &'a RiskModel<E>) -> Self {
        self.warm_start = Some(WarmStart { model, frozen: false });
        self
    }

    /// As [`with_warm_start`](Self::with_warm_start), but the encoder stays as it is, so that an
    /// epoch costs no more than one of covariates alone. Images are then not augmented.
    #[must_use]
    pub fn with_frozen_encoder(mut self, model: &'a RiskModel<E>) -> Self {
        self.warm_start = Some(WarmStart { model, frozen: true });
        self
    }

    /// Starts the encoder from a published image classifier: a `.pth` or `.safetensors` file with
    /// torchvision's or timm's names, e.g. ResNet-18 trained on ImageNet. A warm start comes first.
    #[must_use]
    pub fn with_encoder_weights(mut self, file: impl Into<PathBuf>) -> Self {
        self.encoder_weights = Some(file.into());
        self
    }

    /// Compares subjects of the same label alone, e.g. of one hospital: one label per training
    /// subject. The baseline hazard of the model is that of all strata together.
    #[must_use]
    pub fn with_strata(mut self, strata: impl Into<Vec<usize>>) -> Self {
        self.strata = Some(strata.into());
        self
    }

    /// Keeps checkpoints in `folder` and goes on from those found there.
    #[must_use]
    pub fn with_run_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.run_folder = Some(folder.into());
        self
    }

    /// Fits the model; `valid` chooses the best epoch and stops early.
    ///
    /// Same seed, same numbers: bit-equal on one machine with the flex backend.
    ///
    /// # Errors
    /// Those of [`RiskModelConfig::check`]; [`Error::NoEvents`]; bad inputs by name;
    /// [`Error::WarmStart`]; [`Error::Diverged`]; [`Error::Training`], also where `on_event` ends
    /// the run.
    pub fn fit(
        &self,
        train: (&RiskInputs, &Outcomes),
        valid: Option<(&RiskInputs, &Outcomes)>,
        on_event: &mut dyn FnMut(&Event) -> ControlFlow<()>,
    ) -> Result<TrainedRiskModel<E>, Error> {
        self.check(train, valid)?;
        let preprocessing = match &self.warm_start {
            // The encoder was trained on pixels standardised in its own way.
            Some(start) => Preprocessing {
                pixel_mean: start.model.preprocessing().pixel_mean,
                pixel_sd: start.model.preprocessing().pixel_sd,
                ..Preprocessing::fit(&self.config, train.0)?
            },
            None => Preprocessing::fit(&self.config, train.0)?,
        };
        let first = self.initial_network()?;
        let frozen = self.warm_start.as_ref().is_some_and(|start| start.frozen);
        let data = (labelled(train), valid.map(labelled));
        let trained = match frozen {
            true => self.run_on_features(first, data, &preprocessing, on_event)?,
            false => self.run(first, data, &preprocessing, on_event)?,
        };
        let log_hazard = predict(&trained.model, &preprocessing, train.0)?;
        if let Some(encoder) = &trained.model.encoder {
            // The model lives on without further steps.
            encoder.release_buffers();
        }
        let center = log_hazard.iter().sum::<f64>() / log_hazard.len() as f64;
        let centered: Vec<f64> = log_hazard.iter().map(|h| h - center).collect();
        let baseline = breslow_baseline(train.1, &centered)?;
        let Trained { model: network, epoch, history, stopped, .. } = trained;
        let config = self.config.clone();
        let model = RiskModel::from_parts(config, preprocessing, center, baseline, network)
            .with_seen(Some(Seen::of(train.0, &centered)?));
        Ok(TrainedRiskModel { model, epoch, history, stopped })
    }

    fn check(
        &self,
        train: (&RiskInputs, &Outcomes),
        valid: Option<(&RiskInputs, &Outcomes)>,
    ) -> Result<(), Error> {
        self.config.check()?;
        self.settings.augmentation.check()?;
        if self.settings.micro_batch == 0 {
            return Err(Error::invalid("micro_batch", "at least 1", 0));
        }
        if let Some(ratio) = self.settings.controls_per_event.filter(|r| r.is_nan() || *r <= 0.0) {
            return Err(Error::invalid("controls_per_event", "a positive number", ratio));
        }
        check_labelled(&self.config, "training", train)?;
        if let Some(got) = self.strata.as_ref().map(Vec::len)
            && got != train.1.n_subjects()
        {
            let (name, unit, expected) = ("strata", "subjects", train.1.n_subjects());
            return Err(Error::LengthMismatch { name, unit, expected, got });
        }
        valid.map_or(Ok(()), |valid| check_labelled(&self.config, "validation", valid))
    }

    fn device(&self) -> Result<Device, Error> {
        self.device.clone().map_or_else(|| default_device().map_err(Error::Training), Ok)
    }

    fn initial_network(&self) -> Result<RiskNetwork<E::Encoder>, Error> {
        let device = self.device()?.autodiff();
        let seed = Seed::new(self.settings.training.seed).named("initial weights");
        let mut drawn = RiskNetwork::new(&self.config, seed, &device);
        if let (Some(file), Some(image)) = (&self.encoder_weights, &self.config.image) {
            drawn.encoder = Some(image.encoder.build_from(file, &device)?);
        }
        if let (Some(encoder), Some(image)) = (&drawn.encoder, &self.config.image) {
            let [_, height, width] = image.shape;
            check_encoder(encoder, [height, width], image.encoder.n_features())?;
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
        let head = match drawn.head.clone().started_from(&start.model.network().head) {
            Some(head) => head,
            None => drawn.head,
        };
        let plain = device.without_autodiff();
        // `valid` gives it running statistics of its own: those of the start stay where they are.
        let encoder = encoder.map(|e| e.valid().to_device(&plain).train());
        let attention = attention.map(|a| a.to_device(&plain).train());
        Ok(RiskNetwork::from_parts(&self.config, (encoder, attention), head))
    }

    fn run(
        &self,
        first: RiskNetwork<E::Encoder>,
        (train, valid): (Labelled<'_>, Option<Labelled<'_>>),
        preprocessing: &Preprocessing,
        on_event: &mut dyn FnMut(&Event) -> ControlFlow<()>,
    ) -> Result<Trained<RiskNetwork<E::Encoder>>, Error> {
        let settings = &self.settings;
        let task = CoxTask {
            train,
            valid,
            preprocessing,
            augmentation: settings.augmentation,
            dropout: self.config.dropout,
            ties: settings.ties,
            strata: self.strata.as_deref(),
            spread_events: settings.spread_events,
            controls_per_event: settings.controls_per_event,
            micro_batch: settings.micro_batch,
            score: settings.score,
            device: self.device()?.autodiff(),
            encoder: PhantomData,
        };
        let folder = self.run_folder.as_deref();
        vertebra_training::train(&settings.training, &task, first, folder, on_event)
            .map_err(own_error)
    }

    /// With a frozen encoder its pooled features are computed once, and only the head is trained.
    fn run_on_features(
        &self,
        first: RiskNetwork<E::Encoder>,
        (train, valid): (Labelled<'_>, Option<Labelled<'_>>),
        preprocessing: &Preprocessing,
        on_event: &mut dyn FnMut(&Event) -> ControlFlow<()>,
    ) -> Result<Trained<RiskNetwork<E::Encoder>>, Error> {
        let features = |data: Labelled<'_>| head_inputs(&first, preprocessing, data.inputs);
        let train_inputs = features(train)?;
        let valid_inputs = valid.map(features).transpose()?;
        let train = Labelled { inputs: &train_inputs, ..train };
        let valid = valid
            .zip(valid_inputs.as_ref())
            .map(|(data, inputs)| Labelled { inputs, outcomes: data.outcomes });
        let identity = Preprocessing::identity(self.config.n_features());
        let encoder = first.encoder.as_ref().map(Module::valid);
        let attention = first.attention.as_ref().map(Module::valid);
        let head_only = RiskNetwork::from_parts(&self.config, (None, None), first.head);
        let trained = self.run(head_only, (train, valid), &identity, on_event)?;
        let kept = (encoder, attention);
        Ok(trained.map(|model| RiskNetwork::from_parts(&self.config, kept, model.head)))
    }
}

fn labelled<'a>((inputs, outcomes): (&'a RiskInputs, &'a Outcomes)) -> Labelled<'a> {
    Labelled { inputs, outcomes }
}

fn check_labelled<E: EncoderSettings>(
    config: &RiskModelConfig<E>,
    set: &'static str,
    (inputs, outcomes): (&RiskInputs, &Outcomes),
) -> Result<(), Error> {
    let (expected, got) = (inputs.n_subjects(), outcomes.n_subjects());
    if expected != got {
        let (name, unit) = ("outcomes", "subjects");
        return Err(Error::LengthMismatch { name, unit, expected, got });
    }
    if outcomes.n_events() == 0 {
        return Err(Error::NoEvents { set, n: got });
    }
    crate::preprocessing::check_inputs(config, inputs)
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

#[cfg(test)]
mod tests;
