//! From annotated films to a detector.

use super::precision::in_precision;
use super::task::KeypointTask;
use crate::{DetectorConfig, Error, FilmSample, Hrnet, KeypointDetector, WeightScope};
use burn::module::Module;
use burn::tensor::Device;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use vertebra_conv::Precision;
use vertebra_training::{EpochSummary, Event, StopReason, default_device, train};

/// A detector and the record of its training.
#[derive(Debug, Clone)]
#[non_exhaustive] // only a trainer makes one
pub struct TrainedDetector {
    /// The detector of the best epoch on the validation films, or of the last one without any.
    pub detector: KeypointDetector,
    /// The epoch it comes from, from 1.
    pub epoch: usize,
    /// Every epoch; the score is the mean OKS on the validation films.
    pub history: Vec<EpochSummary>,
    /// Why training ended.
    pub stopped: StopReason,
}

/// Trains detectors of one configuration.
///
/// # Examples
/// ```
/// use vertebra_hrnet::{DetectorConfig, DetectorTrainer, Error, FilmSample};
/// use vertebra_training::keep_going;
/// fn detector(train: &[FilmSample], valid: &[FilmSample]) -> Result<(), Error> {
///     let trainer = DetectorTrainer::new(DetectorConfig::quick()).with_seed(1);
///     let trained = trainer.fit(train, valid, &mut keep_going)?;
///     trained.detector.save("detector".as_ref())
/// }
/// assert!(matches!(detector(&[], &[]), Err(Error::EmptyTrainingSet)));
/// ```
#[derive(Debug, Clone)]
pub struct DetectorTrainer {
    pub(super) config: DetectorConfig,
    network: Option<Hrnet>,
    device: Option<Device>,
    pub(super) run_folder: Option<PathBuf>,
}

impl DetectorTrainer {
    /// A trainer on the [default device](default_device), without a run folder.
    #[must_use]
    pub fn new(config: DetectorConfig) -> Self {
        Self { config, network: None, device: None, run_folder: None }
    }

    /// Trains on `device`.
    #[must_use]
    pub fn with_device(mut self, device: &Device) -> Self {
        self.device = Some(device.clone());
        self
    }

    /// Sets the seed of the initial weights, the order of films and their augmentation, in the
    /// place of the configuration's.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.config.training.seed = seed;
        self
    }

    /// Trains `network` on, e.g. one with published weights, on the device where it is, in the
    /// place of one with initial weights.
    #[must_use]
    pub fn with_network(mut self, network: Hrnet) -> Self {
        self.network = Some(network);
        self
    }

    /// Writes checkpoints into `folder` and goes on from those found there.
    #[must_use]
    pub fn with_run_folder(mut self, folder: &Path) -> Self {
        self.run_folder = Some(folder.to_owned());
        self
    }

    /// Trains a detector on `train`; the films of `valid`, if any, choose the best epoch and, with
    /// patience, stop the training. Its backbone starts from the file that
    /// [`DetectorConfig::pretrained`] names, if any.
    ///
    /// # Errors
    /// [`Error::EmptyTrainingSet`], an error of the first bad film, [`Error::InvalidSetting`],
    /// [`Error::Training`], also where `on_event` ends the run; those of [`Hrnet::load_weights`].
    pub fn fit(
        &self,
        train: &[FilmSample],
        valid: &[FilmSample],
        on_event: &mut dyn FnMut(&Event) -> ControlFlow<()>,
    ) -> Result<TrainedDetector, Error> {
        self.fit_in(self.run_folder.as_deref(), train, valid, on_event)
    }

    pub(super) fn fit_in(
        &self,
        run_folder: Option<&Path>,
        train_films: &[FilmSample],
        valid_films: &[FilmSample],
        on_event: &mut dyn FnMut(&Event) -> ControlFlow<()>,
    ) -> Result<TrainedDetector, Error> {
        self.config.check()?;
        let network = in_precision(self.initial_network()?, self.config.precision)?;
        let layers = network.layers().clone();
        let task = KeypointTask::new(&self.config, train_films, valid_films)?;
        let trained = train(&self.config.training, &task, network, run_folder, on_event);
        layers.release_buffers();
        let trained = trained?;
        let network = in_precision(trained.model, Precision::Float32)?;
        let detector = KeypointDetector::new(network, self.config.clone())?;
        let (epoch, history) = (trained.epoch, trained.history);
        Ok(TrainedDetector { detector, epoch, history, stopped: trained.stopped })
    }

    fn initial_network(&self) -> Result<Hrnet, Error> {
        if let Some(network) = &self.network {
            // A clone would share the running statistics with the caller's network.
            let device = network.devices().into_iter().next().unwrap_or_default();
            return Ok(network.clone().fork(&device));
        }
        let seed = self.config.training.seed;
        let device = self.device.clone().map_or_else(default_device, Ok)?;
        let network = self.config.network.init(&device)?.with_initial_weights(seed);
        match &self.config.pretrained {
            Some(weights) => network.load_weights(weights, WeightScope::Backbone),
            None => Ok(network),
        }
    }
}
