use super::task::KeypointTask;
use crate::{DetectorConfig, Error, FilmSample, Hrnet, KeypointDetector, WeightScope};
use burn::tensor::Device;
use std::path::Path;
use vertebra_training::{EpochSummary, Event, StopReason, TrainingConfig, train};

/// A detector and the record of its training.
#[derive(Debug, Clone)]
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

/// Trains a detector from first weights drawn from `seed`, the backbone's from the file that
/// [`DetectorConfig::pretrained`] names, if any.
///
/// With a `run_folder` the run writes checkpoints there and goes on from the last one.
///
/// # Errors
/// [`Error::EmptyTrainingSet`], an error of the first bad film, [`Error::InvalidSetting`],
/// [`Error::Training`]; those of [`Hrnet::load_weights`].
pub fn train_detector(
    config: &DetectorConfig,
    train_films: &[FilmSample],
    valid_films: &[FilmSample],
    device: &Device,
    seed: u64,
    run_folder: Option<&Path>,
    on_event: &mut dyn FnMut(&Event),
) -> Result<TrainedDetector, Error> {
    config.check()?;
    let mut network = config.network.init(device)?.with_initial_weights(seed);
    if let Some(weights) = &config.pretrained {
        network = network.load_weights(weights, WeightScope::Backbone)?;
    }
    train_network(config, network, train_films, valid_films, seed, run_folder, on_event)
}

/// Trains a given network on, e.g. one with published weights.
///
/// # Errors
/// As [`train_detector`].
pub fn train_network(
    config: &DetectorConfig,
    network: Hrnet,
    train_films: &[FilmSample],
    valid_films: &[FilmSample],
    seed: u64,
    run_folder: Option<&Path>,
    on_event: &mut dyn FnMut(&Event),
) -> Result<TrainedDetector, Error> {
    config.check()?;
    let task = KeypointTask::new(config, train_films, valid_films)?;
    let training = TrainingConfig { seed, ..config.training.clone() };
    let trained = train(&training, &task, network, run_folder, on_event)?;
    let config = DetectorConfig { training, ..config.clone() };
    let detector = KeypointDetector::new(trained.model, config)?;
    let (epoch, history) = (trained.epoch, trained.history);
    Ok(TrainedDetector { detector, epoch, history, stopped: trained.stopped })
}
