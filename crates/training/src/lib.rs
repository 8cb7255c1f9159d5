//! One deterministic, resumable training loop for burn networks.
//!
//! A [`Task`] says what is learnt: a network, numbered samples, which it makes ready for a step while
//! the step before is computed, and a loss whose gradients it computes. [`train`] owns the rest: the
//! order of samples, the learning rate ([`LearningRate`]), clipping by the norm of the whole gradient
//! ([`clip_global_norm`]), the optimiser ([`OptimizerKind`]), averaging of weights, validation with
//! early stopping, and checkpoints in a run folder. Progress comes as [`Event`]s to a callback that
//! may end the run; nothing is printed.
//!
//! A run is a function of its [`TrainingConfig`], its task and its initial weights
//! ([`initialize`] draws those from a seed): the batch order depends on the seed and the epoch
//! only, each step hands the task a seed of its own, and a run that was interrupted goes on from
//! its last checkpoint to the same bits.
//!
#![doc = include_str!("../README.md")]

mod adam;
mod average;
mod batches;
mod beside;
mod checkpoint;
mod clip;
mod config;
mod default_device;
mod error;
mod event;
mod initialize;
mod kept_memory;
mod learning_rate;
mod progress;
mod snapshot;
mod task;
mod train;

/// The version of burn whose types stand in this crate's signatures.
pub use burn;

/// Seeds, as a [`Task`] is given them.
pub use vertebra_run::Seed;

pub use adam::Adam;
pub use batches::even_parts;
pub use beside::beside;
pub use checkpoint::epoch_losses;
pub use clip::clip_global_norm;
pub use config::{OptimizerKind, TrainingConfig};
pub use default_device::default_device;
pub use error::{Error, TaskError};
pub use event::{EpochSummary, Event, StopReason, keep_going};
pub use initialize::{WeightScale, initialize};
pub use kept_memory::keep_freed_memory;
pub use learning_rate::{LearningRate, Schedule};
pub use task::{StepGradients, StepLoss, Task};
pub use train::{Trained, train};
