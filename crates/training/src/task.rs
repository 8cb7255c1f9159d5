//! What is learnt, as the loop sees it.

use crate::TaskError;
use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use vertebra_run::Seed;

/// The loss of a step.
///
/// A tensor is read when the device has all the work of the step, so that it does not wait for the
/// processor between the passes.
#[derive(Debug)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant)] // one for each step
pub enum StepLoss {
    /// A number.
    Known(f64),
    /// One value that a device may still be computing.
    OnDevice(Tensor<1>),
}

impl From<f64> for StepLoss {
    fn from(loss: f64) -> Self {
        Self::Known(loss)
    }
}

impl From<Tensor<1>> for StepLoss {
    fn from(loss: Tensor<1>) -> Self {
        Self::OnDevice(loss.detach())
    }
}

impl StepLoss {
    pub(crate) fn read(self) -> Result<f64, TaskError> {
        match self {
            Self::Known(loss) => Ok(loss),
            Self::OnDevice(loss) => Ok(f64::from(loss.try_into_scalar::<f32>()?)),
        }
    }
}

/// The gradient of one step, and the loss it belongs to.
#[derive(Debug)]
#[non_exhaustive]
pub struct StepGradients {
    /// Loss of this batch, for the log and for the check that it is finite.
    pub loss: StepLoss,
    /// Gradients of the parameters that take part; others stay as they are.
    pub gradients: GradientsParams,
}

impl StepGradients {
    /// The loss of a batch, a number or a tensor, and its gradients.
    #[must_use]
    pub fn new(loss: impl Into<StepLoss>, gradients: GradientsParams) -> Self {
        Self { loss: loss.into(), gradients }
    }
}

/// What is learnt: a network, samples addressed by number, and a loss.
///
/// The loop owns order, optimiser, schedule and checkpoints; the task owns data and loss. A task
/// must draw every random number (augmentation, dropout) from the `seed` it is given: then a run
/// is a function of its settings, and resuming one is exact.
///
/// A step is taken in two parts, so that the samples of the next one are read and augmented while
/// a device computes.
pub trait Task: Sync {
    /// The network.
    type Model: Module;

    /// The samples of one step, as the processor makes them ready.
    type Batch: Send;

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

    /// Whether a batch takes so long to make ready that the next one is worth a thread beside the
    /// step, and the memory of two batches; true by default.
    fn prepares_ahead(&self) -> bool {
        true
    }

    /// Makes the samples `batch` of one step ready; `seed` is unique to the step.
    ///
    /// # Errors
    /// Whatever the task cannot do; it ends the run.
    fn prepare(&self, batch: &[usize], seed: Seed) -> Result<Self::Batch, TaskError>;

    /// Loss and gradients of `model` (on its autodiff device) on a batch.
    ///
    /// # Errors
    /// Whatever the task cannot do; it ends the run.
    fn gradients(
        &self,
        model: &Self::Model,
        batch: Self::Batch,
    ) -> Result<StepGradients, TaskError>;

    /// Score of `model` (an inference copy) on the validation set, higher is better; `None`
    /// without a validation set.
    ///
    /// # Errors
    /// Whatever the task cannot do; it ends the run.
    fn validate(&self, model: &Self::Model) -> Result<Option<f64>, TaskError>;
}
