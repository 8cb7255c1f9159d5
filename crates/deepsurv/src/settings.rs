//! How a risk model is trained.
use crate::Augmentation;
use serde::{Deserialize, Serialize};
use vertebra_conv::Precision;
use vertebra_survival::Ties;
use vertebra_training::{LearningRate, OptimizerKind, Schedule, TrainingConfig};

/// What the best epoch is chosen by, on the validation subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ValidationScore {
    /// Harrell's concordance; Antolini's of curves.
    #[default]
    Concordance,
    /// The log partial likelihood per event, or the log likelihood per subject of curves: less noisy
    /// with few subjects.
    Likelihood,
}

/// Settings of training that are not the network's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RiskTraining {
    /// The loop: epochs, batch size (`None`: the risk sets are the whole cohort; otherwise those
    /// of each mini-batch), learning rate, weight decay, patience, seed.
    pub training: TrainingConfig,
    /// Largest number of subjects in memory at once; the gradient is that of the whole batch
    /// whatever it is, save with batch normalisation, whose statistics are those of a micro-batch.
    pub micro_batch: usize,
    /// Tied event times; in `Breslow` or `Efron`'s way.
    pub ties: Ties,
    /// Whether each mini-batch has its share of the events, so that none is without.
    pub spread_events: bool,
    /// Subjects without the event that a step draws for each of its events; those drawn count for
    /// all of them. `None` for all.
    pub controls_per_event: Option<f64>,
    /// Changes to training images.
    pub augmentation: Augmentation,
    /// What the best epoch is chosen by.
    pub score: ValidationScore,
    /// The numbers that the encoder's convolutions are computed in during training; predictions are
    /// f32. Other than f32, an encoder is built by its settings and then given its weights: what of
    /// it is no parameter, and whether a parameter is trained, is as the settings build it.
    pub precision: Precision,
}

impl Default for RiskTraining {
    /// For covariates: the whole cohort in each of 300 steps, AdamW. Up to 131,072 subjects go
    /// through the network once, for two layers of 32 units with 1 KB held of each; larger cohorts go
    /// through it twice.
    fn default() -> Self {
        let training = TrainingConfig::default()
            .with_epochs(300)
            .with_learning_rate(LearningRate::new(5e-3, 5e-4, Schedule::Cosine))
            .with_optimizer(OptimizerKind::AdamW)
            .with_weight_decay(1e-2)
            .with_patience(60);
        Self {
            training,
            micro_batch: 131_072,
            ties: Ties::default(),
            spread_events: false,
            controls_per_event: None,
            augmentation: Augmentation::default(),
            score: ValidationScore::default(),
            precision: Precision::default(),
        }
    }
}

impl RiskTraining {
    /// For image networks on a CPU: 14 epochs in mini-batches of 64 subjects, AdamW from 3e-3 down
    /// to 3e-5 along a cosine, no early stopping; at most 256 subjects at once.
    ///
    /// Found on phantom cohorts (273 subjects with 85 events to learn from, 1,000 others to test
    /// on) for [`EncoderConfig::small(8)`](crate::EncoderConfig::small), one hidden layer of 16
    /// and dropout 0.2; mini-batches reach in 14 epochs what the whole cohort's gradient needs many
    /// more for. Twice the learning rate, fewer epochs or a linear head change the test concordance
    /// by 0.015 or less.
    #[must_use]
    pub fn for_images() -> Self {
        let default = Self::default();
        let rate = LearningRate::new(3e-3, 3e-5, Schedule::Cosine);
        let training = default.training.with_epochs(14).with_batch_size(64);
        let training = training.with_learning_rate(rate).with_patience(None);
        Self { training, micro_batch: 256, ..default }
    }

    /// Sets the loop.
    #[must_use]
    pub fn with_training(self, training: TrainingConfig) -> Self {
        Self { training, ..self }
    }

    /// Sets the largest number of subjects in memory at once.
    #[must_use]
    pub fn with_micro_batch(self, micro_batch: usize) -> Self {
        Self { micro_batch, ..self }
    }

    /// Sets how tied event times count.
    #[must_use]
    pub fn with_ties(self, ties: Ties) -> Self {
        Self { ties, ..self }
    }

    /// Sets whether each mini-batch has its share of the events.
    #[must_use]
    pub fn with_spread_events(self, spread_events: bool) -> Self {
        Self { spread_events, ..self }
    }

    /// Sets how many subjects without the event a step draws for each event; `None` for all.
    #[must_use]
    pub fn with_controls_per_event(self, controls: impl Into<Option<f64>>) -> Self {
        Self { controls_per_event: controls.into(), ..self }
    }

    /// Sets the changes to training images.
    #[must_use]
    pub fn with_augmentation(self, augmentation: Augmentation) -> Self {
        Self { augmentation, ..self }
    }

    /// Sets what the best epoch is chosen by.
    #[must_use]
    pub fn with_score(self, score: ValidationScore) -> Self {
        Self { score, ..self }
    }

    /// Sets the numbers that convolutions are computed in during training.
    #[must_use]
    pub fn with_precision(self, precision: Precision) -> Self {
        Self { precision, ..self }
    }
}
