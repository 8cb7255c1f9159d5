//! What a run reports while it goes on.

use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// One finished epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive] // only a run makes one
pub struct EpochSummary {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Mean loss over its steps, each weighted by its number of samples.
    pub loss: f64,
    /// Learning rate of its last step.
    pub learning_rate: f64,
    /// Validation score, higher is better; `None` where it was not asked for.
    pub score: Option<f64>,
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StopReason {
    /// All epochs are done.
    Finished,
    /// The validation score did not get better for as long as the settings allow.
    Patience,
}

/// Progress of a run, for a bar or a log.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The run begins, or goes on after `epochs_done` epochs found in the run folder.
    Started {
        /// Epochs already in the run folder.
        epochs_done: usize,
        /// Epochs in the settings.
        epochs: usize,
        /// Steps in one epoch.
        steps_per_epoch: usize,
    },
    /// One step is done.
    Step {
        /// Epoch, from 1.
        epoch: usize,
        /// Step within the epoch, from 1.
        step: usize,
        /// Loss of the batch.
        loss: f64,
        /// Learning rate of the step.
        learning_rate: f64,
        /// Norm of the gradient before clipping; `None` without clipping.
        gradient_norm: Option<f64>,
    },
    /// One epoch is done; `best` is true where its score is the best so far.
    Epoch {
        /// Its figures.
        summary: EpochSummary,
        /// Whether its score is the best so far.
        best: bool,
    },
    /// The run ended.
    Stopped(StopReason),
}

/// The callback of whoever neither watches a run nor stops it.
///
/// A callback that returns [`ControlFlow::Break`] ends the run with
/// [`Error::Cancelled`](crate::Error::Cancelled).
pub fn keep_going(_: &Event) -> ControlFlow<()> {
    ControlFlow::Continue(())
}
