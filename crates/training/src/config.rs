//! The settings of a run.

use crate::batches::n_batches;
use crate::{Adam, Error, LearningRate};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{ModuleOptimizer, SgdConfig};
use serde::{Deserialize, Serialize};

/// Which optimiser; Adam and AdamW with beta 0.9 and 0.999 and epsilon 1e-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OptimizerKind {
    /// Adam (Kingma & Ba, ICLR 2015); weight decay is added to the gradient.
    #[default]
    Adam,
    /// AdamW (Loshchilov & Hutter, ICLR 2019); weight decay is apart from the gradient.
    AdamW,
    /// Stochastic gradient descent with [`TrainingConfig::momentum`] (Polyak 1964): `v = mu v + g`
    /// from `v = g` at the first step, `w = w - lr v`; weight decay is added to the gradient. Its
    /// steps scale with the gradient, so that learning rates are not those of Adam.
    Sgd,
}

/// Settings of one run; a run is a function of them, of the task and of the initial weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TrainingConfig {
    /// Passes over the training set.
    pub epochs: usize,
    /// Samples in one step; `None` is the whole training set. An epoch is cut into batches whose
    /// sizes differ by at most one, so that no batch is a small remainder.
    pub batch_size: Option<usize>,
    /// Learning rate.
    pub learning_rate: LearningRate,
    /// Optimiser.
    pub optimizer: OptimizerKind,
    /// Momentum of [`OptimizerKind::Sgd`], in \[0, 1); 0 for none. The others do not use it.
    pub momentum: f64,
    /// Weight decay; 0 for none.
    pub weight_decay: f64,
    /// Largest Euclidean norm of the whole gradient (Pascanu et al., ICML 2013); `None` for no
    /// clipping.
    pub clip_norm: Option<f64>,
    /// The first epoch that is averaged: from it on, what is validated and returned is the mean of
    /// the network, running statistics included, over the ends of the epochs since (stochastic
    /// weight averaging; Izmailov et al., UAI 2018, who average at a constant or cyclic learning
    /// rate and take the statistics anew); `None` for the network as the last step left it. With a
    /// validation set the best epoch is returned all the same, which may be one before the first
    /// that is averaged.
    pub average_from: Option<usize>,
    /// Epochs between two validations; the last epoch is always validated.
    pub validate_every: usize,
    /// Validations without a better score after which the run stops; `None` for never.
    pub patience: Option<usize>,
    /// Epochs between two checkpoints in the run folder; the last epoch always writes one.
    pub checkpoint_every: usize,
    /// Seconds since the last checkpoint after which one is written at the next step, in the middle
    /// of an epoch too; `None` for at the ends of epochs alone.
    pub checkpoint_seconds: Option<u64>,
    /// Seed of batch order and of the seeds given to the task.
    pub seed: u64,
}

impl Default for TrainingConfig {
    /// 100 epochs of the whole cohort at a constant 1e-3 with Adam; a checkpoint after each epoch,
    /// and every ten minutes in longer ones.
    fn default() -> Self {
        Self {
            epochs: 100,
            batch_size: None,
            learning_rate: LearningRate::constant(1e-3),
            optimizer: OptimizerKind::Adam,
            momentum: 0.9,
            weight_decay: 0.0,
            clip_norm: None,
            average_from: None,
            validate_every: 1,
            patience: None,
            checkpoint_every: 1,
            checkpoint_seconds: Some(600),
            seed: 0,
        }
    }
}

impl TrainingConfig {
    /// Sets the number of passes over the training set.
    #[must_use]
    pub fn with_epochs(mut self, epochs: usize) -> Self {
        self.epochs = epochs;
        self
    }

    /// Sets the samples in one step; `None` is the whole training set.
    #[must_use]
    pub fn with_batch_size(mut self, batch_size: impl Into<Option<usize>>) -> Self {
        self.batch_size = batch_size.into();
        self
    }

    /// Sets the learning rate.
    #[must_use]
    pub fn with_learning_rate(mut self, learning_rate: LearningRate) -> Self {
        self.learning_rate = learning_rate;
        self
    }

    /// Sets the optimiser.
    #[must_use]
    pub fn with_optimizer(mut self, optimizer: OptimizerKind) -> Self {
        self.optimizer = optimizer;
        self
    }

    /// Sets the momentum of [`OptimizerKind::Sgd`]; 0 for none.
    #[must_use]
    pub fn with_momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }

    /// Sets the weight decay; 0 for none.
    #[must_use]
    pub fn with_weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = weight_decay;
        self
    }

    /// Sets the largest norm of the gradient; `None` for no clipping.
    #[must_use]
    pub fn with_clip_norm(mut self, clip_norm: impl Into<Option<f64>>) -> Self {
        self.clip_norm = clip_norm.into();
        self
    }

    /// Sets the first epoch that is averaged; `None` for no average.
    #[must_use]
    pub fn with_average_from(mut self, average_from: impl Into<Option<usize>>) -> Self {
        self.average_from = average_from.into();
        self
    }

    /// Sets the epochs between two validations.
    #[must_use]
    pub fn with_validate_every(mut self, validate_every: usize) -> Self {
        self.validate_every = validate_every;
        self
    }

    /// Sets the validations without a better score before the run stops;
    /// `None` for never.
    #[must_use]
    pub fn with_patience(mut self, patience: impl Into<Option<usize>>) -> Self {
        self.patience = patience.into();
        self
    }

    /// Sets the epochs between two checkpoints.
    #[must_use]
    pub fn with_checkpoint_every(mut self, checkpoint_every: usize) -> Self {
        self.checkpoint_every = checkpoint_every;
        self
    }

    /// Sets the seconds after which a checkpoint is written in the middle of an epoch too; `None`
    /// for never.
    #[must_use]
    pub fn with_checkpoint_seconds(mut self, seconds: impl Into<Option<u64>>) -> Self {
        self.checkpoint_seconds = seconds.into();
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks every setting.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] with the first setting outside its domain.
    pub fn check(&self) -> Result<(), Error> {
        self.learning_rate.check()?;
        for (setting, value) in [
            ("epochs", self.epochs),
            ("batch_size", self.batch_size.unwrap_or(1)),
            ("validate_every", self.validate_every),
            ("checkpoint_every", self.checkpoint_every),
            ("patience", self.patience.unwrap_or(1)),
            ("average_from", self.average_from.unwrap_or(1)),
        ] {
            if value == 0 {
                return Err(Error::invalid(setting, "at least 1", value));
            }
        }
        if let Some(from) = self.average_from.filter(|&from| from > self.epochs) {
            let got = format!("{from} of {}", self.epochs);
            return Err(Error::invalid("average_from", "one of the epochs", got));
        }
        if !(0.0..1.0).contains(&self.momentum) {
            return Err(Error::invalid("momentum", "a number >= 0 and < 1", self.momentum));
        }
        if !(self.weight_decay.is_finite() && self.weight_decay >= 0.0) {
            return Err(Error::invalid("weight_decay", "a number >= 0", self.weight_decay));
        }
        match self.clip_norm {
            Some(norm) if !(norm.is_finite() && norm > 0.0) => {
                Err(Error::invalid("clip_norm", "a positive number", norm))
            }
            _ => Ok(()),
        }
    }

    /// Steps of a whole run on `n_samples` samples.
    #[must_use]
    pub fn n_steps(&self, n_samples: usize) -> usize {
        self.epochs * n_batches(n_samples, self.batch_size)
    }

    pub(crate) fn init_optimizer(&self) -> ModuleOptimizer {
        let decay = self.weight_decay as f32;
        match self.optimizer {
            OptimizerKind::Adam => Adam::coupled(decay).into(),
            OptimizerKind::AdamW => Adam::decoupled(decay).into(),
            OptimizerKind::Sgd => {
                let momentum = MomentumConfig::new().with_momentum(self.momentum);
                SgdConfig::new()
                    .with_momentum((self.momentum > 0.0).then(|| momentum.with_dampening(0.0)))
                    .with_weight_decay((decay > 0.0).then(|| WeightDecayConfig::new(decay)))
                    .init()
            }
        }
    }
}
