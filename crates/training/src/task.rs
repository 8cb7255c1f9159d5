//! What is learnt, as the loop sees it.

use crate::TaskError;
use burn::module::Module;
use burn::optim::GradientsParams;
use vertebra_run::Seed;

/// The gradient of one step, and the loss it belongs to.
#[derive(Debug)]
#[non_exhaustive]
pub struct StepGradients {
    /// Loss of this batch, for the log and for the check that it is finite.
    pub loss: f64,
    /// Gradients of the parameters that take part; others stay as they are.
    pub gradients: GradientsParams,
}

impl StepGradients {
    /// The loss of a batch and its gradients.
    #[must_use]
    pub fn new(loss: f64, gradients: GradientsParams) -> Self {
        Self { loss, gradients }
    }
}

/// What is learnt: a network, samples addressed by number, and a loss.
///
/// The loop owns order, optimiser, schedule and checkpoints; the task owns data and loss. A task
/// must draw every random number (augmentation, dropout) from the `seed` it is given: then a run
/// is a function of its settings, and resuming one is exact.
pub trait Task {
    /// The network.
    type Model: Module;

    /// Number of training samples.
    fn n_samples(&self) -> usize;

    /// What the network is trained for, as far as settings and number of samples do not say: a run
    /// folder of another purpose is refused. Nothing by default.
    fn purpose(&self) -> Option<String> {
        None
    }

    /// A class per sample, of which every mini-batch gets its share; `None`, as it is by default,
    /// for mini-batches at random.
    fn classes(&self) -> Option<&[bool]> {
        None
    }

    /// Loss and gradients of `model` (on its autodiff device) on the samples `batch`.
    ///
    /// `seed` is unique to the step.
    ///
    /// # Errors
    /// Whatever the task cannot do; it ends the run.
    fn gradients(
        &self,
        model: &Self::Model,
        batch: &[usize],
        seed: Seed,
    ) -> Result<StepGradients, TaskError>;

    /// Score of `model` (an inference copy) on the validation set, higher is better; `None`
    /// without a validation set.
    ///
    /// # Errors
    /// Whatever the task cannot do; it ends the run.
    fn validate(&self, model: &Self::Model) -> Result<Option<f64>, TaskError>;
}
