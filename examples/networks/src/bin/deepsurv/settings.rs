//! How each network of the program is trained: one rule for all tables, unless the options or a
//! search say otherwise.

use clap::{Args, ValueEnum};
use rand::RngExt;
use serde::Serialize;
use vertebra_deepsurv::{Activation, RiskModelConfig, RiskTrainer, RiskTraining, ValidationScore};
use vertebra_training::{LearningRate, OptimizerKind, Schedule, Seed};

/// The learning rate at the end over that at the start.
const LAST_RATE: f64 = 0.1;

/// The settings of one network, all with a default.
#[derive(Debug, Clone, PartialEq, Args, Serialize)]
pub(crate) struct Settings {
    /// Widths of the hidden layers.
    #[arg(long, value_delimiter = ',', default_value = "64,64,64")]
    pub(crate) hidden: Vec<usize>,
    /// Probability that a unit is dropped in training.
    #[arg(long, default_value_t = 0.1)]
    pub(crate) dropout: f64,
    /// Normalise the hidden layers by the batch.
    #[arg(long)]
    pub(crate) batch_norm: bool,
    /// Learning rate after the warm-up; it falls along a cosine to a tenth.
    #[arg(long, default_value_t = 1e-2)]
    pub(crate) rate: f64,
    /// Share of the epochs in which the learning rate rises from 0.
    #[arg(long, default_value_t = 0.0)]
    pub(crate) warm_up: f64,
    /// Optimiser. The rate is meant for those of Adam; `sgd` needs one of its own.
    #[arg(long, value_enum, default_value = "adam-w")]
    pub(crate) optimizer: Optimizer,
    /// Momentum of `--optimizer sgd`, which alone uses it; 0 for none.
    #[arg(long, default_value_t = 0.9)]
    pub(crate) momentum: f64,
    /// Weight decay.
    #[arg(long, default_value_t = 1e-2)]
    pub(crate) decay: f64,
    /// Rows in a step, each with its share of the events; all rows if absent.
    #[arg(long)]
    pub(crate) batch: Option<usize>,
    /// Largest number of epochs of each network.
    #[arg(long, default_value_t = 600)]
    pub(crate) epochs: usize,
    /// The first epoch from which on the network is the mean over the ends of epochs; none if absent.
    #[arg(long, value_name = "EPOCH")]
    pub(crate) average_from: Option<usize>,
    /// Epochs without a better score on the rows held out that end a training.
    #[arg(long, default_value_t = 100)]
    pub(crate) patience: usize,
    /// What an epoch is judged by on the rows held out.
    #[arg(long, value_enum, default_value = "concordance")]
    pub(crate) stop: Stop,
}

/// The optimisers that can be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Optimizer {
    /// AdamW: weight decay apart from the gradient.
    AdamW,
    /// Adam: weight decay added to the gradient.
    Adam,
    /// Stochastic gradient descent with momentum; weight decay added to the gradient.
    Sgd,
}

impl From<Optimizer> for OptimizerKind {
    fn from(optimizer: Optimizer) -> Self {
        match optimizer {
            Optimizer::AdamW => Self::AdamW,
            Optimizer::Adam => Self::Adam,
            Optimizer::Sgd => Self::Sgd,
        }
    }
}

/// What an epoch is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stop {
    /// Harrell's C; Antolini's with --intervals.
    Concordance,
    /// The log partial likelihood; that of the hazards with --intervals.
    Likelihood,
}

impl Settings {
    /// A trainer of a network on these covariates.
    pub(crate) fn trainer(&self, names: &[String], seed: Seed) -> RiskTrainer<'static> {
        let config = RiskModelConfig::clinical(names.to_vec())
            .with_activation(Activation::Relu)
            .with_dropout(self.dropout)
            .with_batch_norm(self.batch_norm)
            .with_hidden(self.hidden.clone());
        let rate = LearningRate::new(self.rate, LAST_RATE * self.rate, Schedule::Cosine);
        let settings = RiskTraining::default();
        let training = settings
            .training
            .clone()
            .with_epochs(self.epochs)
            .with_patience(self.patience)
            .with_batch_size(self.batch)
            .with_average_from(self.average_from)
            .with_optimizer(self.optimizer.into())
            .with_momentum(self.momentum)
            .with_weight_decay(self.decay)
            .with_learning_rate(rate.with_warmup(self.warm_up))
            .with_seed(seed.value());
        let score = match self.stop {
            Stop::Concordance => ValidationScore::Concordance,
            Stop::Likelihood => ValidationScore::Likelihood,
        };
        let settings = settings
            .with_training(training)
            .with_spread_events(true)
            .with_micro_batch(usize::MAX)
            .with_score(score);
        RiskTrainer::new(config).with_settings(settings)
    }

    /// Other settings, drawn at random around the usual ones.
    pub(crate) fn drawn(&self, seed: Seed) -> Self {
        let mut random = seed.generator();
        let mut one_of = |n: usize| random.random_range(0..n);
        let hidden = [vec![32], vec![32, 32], vec![64, 64, 64], vec![128, 128]];
        let hidden = hidden[one_of(4)].clone();
        let dropout = [0.0, 0.1, 0.3, 0.5][one_of(4)];
        let batch = [None, Some(64), Some(256)][one_of(3)];
        let mut between = |least: f64, most: f64| least * (most / least).powf(random.random());
        let (rate, decay) = (between(0.1 * self.rate, 2.0 * self.rate), between(1e-3, 1.0));
        Self { hidden, dropout, batch, rate, decay, ..self.clone() }
    }
}
