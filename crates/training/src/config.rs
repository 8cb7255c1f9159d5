use crate::batches::n_batches;
use crate::learning_rate::invalid;
use crate::{Adam, Error, LearningRate};
use burn::optim::ModuleOptimizer;
use serde::{Deserialize, Serialize};

/// Which optimiser; both with beta 0.9 and 0.999 and epsilon 1e-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptimizerKind {
    /// Adam (Kingma & Ba, ICLR 2015); weight decay is added to the gradient.
    #[default]
    Adam,
    /// AdamW (Loshchilov & Hutter, ICLR 2019); weight decay is apart from the gradient.
    AdamW,
}

/// Settings of one run; a run is a function of them, of the task and of the first weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
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
    /// Weight decay; 0 for none.
    pub weight_decay: f64,
    /// Largest Euclidean norm of the whole gradient (Pascanu et al., ICML 2013); `None` for no
    /// clipping.
    pub clip_norm: Option<f64>,
    /// Epochs between two validations; the last epoch is always validated.
    pub validate_every: usize,
    /// Validations without a better score after which the run stops; `None` for never.
    pub patience: Option<usize>,
    /// Epochs between two checkpoints in the run folder; the last epoch always writes one.
    pub checkpoint_every: usize,
    /// Seed of batch order and of the seeds given to the task.
    pub seed: u64,
}

impl Default for TrainingConfig {
    /// 100 epochs of the whole cohort at a constant 1e-3 with Adam.
    fn default() -> Self {
        Self {
            epochs: 100,
            batch_size: None,
            learning_rate: LearningRate::constant(1e-3),
            optimizer: OptimizerKind::Adam,
            weight_decay: 0.0,
            clip_norm: None,
            validate_every: 1,
            patience: None,
            checkpoint_every: 1,
            seed: 0,
        }
    }
}

impl TrainingConfig {
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
        ] {
            if value == 0 {
                return Err(invalid(setting, "at least 1", value));
            }
        }
        if !(self.weight_decay.is_finite() && self.weight_decay >= 0.0) {
            return Err(invalid("weight_decay", "a number >= 0", self.weight_decay));
        }
        match self.clip_norm {
            Some(norm) if !(norm.is_finite() && norm > 0.0) => {
                Err(invalid("clip_norm", "a positive number", norm))
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
        ModuleOptimizer::from(match self.optimizer {
            OptimizerKind::Adam => Adam::coupled(decay),
            OptimizerKind::AdamW => Adam::decoupled(decay),
        })
    }
}
