//! A survival loss as a task of the training loop.
//!
//! The loss sees the network only through its outputs `h`: a log hazard for each subject, or the
//! logits of its hazards. A step reads them to the host, takes the exact gradient `g = dL/dh` there, and
//! back-propagates `sum(g h)`; cut into parts, each back-propagates its own slice of `g`. The gradient
//! is therefore that of the loss over the whole batch, however large. A batch larger than a micro-batch
//! takes the memory of one micro-batch and the price of one more forward pass.
//!
//! A batch is the whole cohort, or a mini-batch, whose risk sets are its own; or, of either, the
//! events and some of the others, drawn anew for each step, who count for all others: their case
//! weight is the inverse of the share that was drawn (a case-cohort design; Borgan et al.,
//! *Lifetime Data Anal.* 6:39-58, 2000, estimator II).
use crate::{
    Augmentation, Encoder, Error, Preprocessing, RiskInputs,
    inference::predict,
    network::{Dropout, RiskNetwork},
    objective::{Loss, Objective},
    preprocessing::{HostBatch, Standardised},
};
use burn::{
    module::{Module, ModuleMapper, Param},
    optim::{GradientsAccumulator, GradientsParams},
    tensor::{Device, Tensor, TensorData},
};
use std::marker::PhantomData;
use std::slice::Chunks;
use vertebra_run::shuffle;
use vertebra_survival::Outcomes;
use vertebra_training::{Seed, StepGradients, Task, TaskError, beside, even_parts};

/// Subjects with their outcomes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Labelled<'a> {
    pub(crate) inputs: &'a RiskInputs,
    pub(crate) outcomes: &'a Outcomes,
}

/// Everything a training step needs besides the network.
#[derive(Debug)]
pub(crate) struct RiskTask<'a, N> {
    pub(crate) inputs: Standardised<'a>,
    pub(crate) outcomes: &'a Outcomes,
    pub(crate) valid: Option<Labelled<'a>>,
    pub(crate) preprocessing: &'a Preprocessing,
    pub(crate) augmentation: Augmentation,
    pub(crate) dropout: f64,
    pub(crate) objective: &'a dyn Objective,
    /// What a run folder must have been made for.
    pub(crate) purpose: Option<String>,
    /// Whether mini-batches have equal shares of the events.
    pub(crate) spread_events: bool,
    pub(crate) controls_per_event: Option<f64>,
    pub(crate) micro_batch: usize,
    /// Most subjects that go through the network as one part.
    pub(crate) part: usize,
    pub(crate) device: Device,
    /// Networks with this encoder.
    pub(crate) encoder: PhantomData<fn() -> N>,
}

impl<N: Encoder> Task for RiskTask<'_, N> {
    type Model = RiskNetwork<N>;
    type Batch = Prepared;

    fn n_samples(&self) -> usize {
        self.outcomes.n_subjects()
    }

    fn purpose(&self) -> Option<String> {
        self.purpose.clone()
    }

    fn classes(&self) -> Option<&[bool]> {
        self.spread_events.then(|| self.outcomes.event())
    }

    /// Rows of a table are copied in less time than a thread takes to begin.
    fn prepares_ahead(&self) -> bool {
        self.inputs.images().is_some()
    }

    fn prepare(&self, batch: &[usize], seed: Seed) -> Result<Prepared, TaskError> {
        Ok(self.prepared(batch, seed)?)
    }

    fn gradients(
        &self,
        model: &RiskNetwork<N>,
        batch: Prepared,
    ) -> Result<StepGradients, TaskError> {
        let (loss, gradients) = self.exact_step(model, batch)?;
        Ok(StepGradients::new(loss, gradients))
    }

    fn validate(&self, model: &RiskNetwork<N>) -> Result<Option<f64>, TaskError> {
        let Some(valid) = self.valid else { return Ok(None) };
        let outputs = predict(model, self.preprocessing, valid.inputs)?;
        Ok(Some(self.objective.score(valid.outcomes, &outputs)?))
    }
}

/// The subjects of one step.
struct Drawn {
    subjects: Vec<usize>,
    /// `None` where they teach nothing.
    loss: Option<Loss>,
}

/// What a step needs besides the network, as far as it fits in memory: of several parts the first.
pub(crate) struct Prepared {
    drawn: Drawn,
    seed: Seed,
    first: Option<HostBatch>,
}

impl<N: Encoder> RiskTask<'_, N> {
    fn prepared(&self, batch: &[usize], seed: Seed) -> Result<Prepared, Error> {
        let drawn = match self.is_whole_table(batch) {
            true => self.drawn(&(0..batch.len()).collect::<Vec<_>>(), seed)?,
            false => self.drawn(batch, seed)?,
        };
        let first = drawn.loss.as_ref().and_then(|_| self.parts(&drawn.subjects).next());
        let first = first.map(|part| self.read(part, seed)).transpose()?;
        Ok(Prepared { drawn, seed, first })
    }

    /// Whether these are all rows of a table, in one micro-batch: then they are taken in the order of
    /// the table, in which they are read in half the time. A gradient differs by how its sum is
    /// rounded alone. Of pictures, and where normalisation sees a micro-batch of several, the order
    /// says what goes together.
    fn is_whole_table(&self, batch: &[usize]) -> bool {
        let n = self.outcomes.n_subjects();
        self.inputs.images().is_none() && batch.len() == n && n <= self.micro_batch
    }

    /// All subjects of a batch; or its events, and so many of the others for each of them.
    fn drawn(&self, batch: &[usize], seed: Seed) -> Result<Drawn, Error> {
        let outcomes = self.outcomes.subset(batch);
        let (events, mut others): (Vec<usize>, Vec<usize>) =
            (0..batch.len()).partition(|&k| outcomes.event()[k]);
        let wanted = self.controls_per_event.map(|ratio| (ratio * events.len() as f64).ceil());
        let fewer = |n: &usize| !events.is_empty() && *n < others.len();
        let Some(wanted) = wanted.map(|n| n as usize).filter(fewer) else {
            return self.compared(batch.to_vec(), outcomes);
        };
        shuffle(&mut others, &mut seed.named("controls").generator());
        let counts_for = others.len() as f64 / wanted.max(1) as f64;
        let chosen = [events, others[..wanted].to_vec()].concat();
        let outcomes = outcomes.subset(&chosen);
        let own = |i: usize| outcomes.weights().map_or(1.0, |weights| weights[i]);
        let weight = |i: usize| own(i) * if outcomes.event()[i] { 1.0 } else { counts_for };
        let weights = (0..chosen.len()).map(weight).collect();
        let subjects = chosen.into_iter().map(|k| batch[k]).collect();
        self.compared(subjects, outcomes.with_weights(weights)?)
    }

    fn compared(&self, subjects: Vec<usize>, outcomes: Outcomes) -> Result<Drawn, Error> {
        let loss = self.objective.loss_of(&subjects, &outcomes)?;
        Ok(Drawn { subjects, loss })
    }

    /// What goes through the network at once.
    fn parts<'s>(&self, subjects: &'s [usize]) -> Chunks<'s, usize> {
        subjects.chunks(even_parts(subjects.len(), self.micro_batch.min(self.part)))
    }

    /// Loss and gradient. Where a batch is larger than a micro-batch, the first pass runs in training
    /// mode too, so that batch normalisation and dropout do in it exactly what they do in the second;
    /// but its parameters ask for no gradient, or else what back-propagation needs of every part
    /// would stay in memory.
    fn exact_step(
        &self,
        model: &RiskNetwork<N>,
        Prepared { drawn: Drawn { subjects, loss }, seed, first }: Prepared,
    ) -> Result<(f64, GradientsParams), Error> {
        let Some(loss) = loss else { return Ok((0.0, GradientsParams::new())) };
        let once = subjects.len() <= self.micro_batch;
        let untracked = (!once).then(|| model.clone().map(&mut Untracked));
        let (mut host, mut kept) = (Vec::with_capacity(subjects.len()), Vec::new());
        self.each_part(&subjects, seed, first, |part, batch| {
            let outputs = self.forward(untracked.as_ref().unwrap_or(model), part, batch, seed)?;
            match once {
                true => kept.push(outputs),
                false => host.extend(to_host(outputs)?),
            }
            Ok(())
        })?;
        // Nothing waits for a device before all parts are on their way.
        for outputs in &kept {
            host.extend(to_host(outputs.clone().detach())?);
        }
        let exact = loss(&host)?;
        let mut slopes = exact.gradient.as_slice();
        let mut sum = GradientsAccumulator::<RiskNetwork<N>>::new();
        let mut take_back = |outputs: Tensor<2>| {
            let slope = slopes.split_off(..outputs.dims().iter().product()).unwrap_or_default();
            sum.accumulate(model, back_propagate(model, outputs, slope));
        };
        match once {
            true => kept.into_iter().for_each(&mut take_back),
            false => self.each_part(&subjects, seed, None, |part, batch| {
                take_back(self.forward(model, part, batch, seed)?);
                Ok(())
            })?,
        }
        Ok((exact.loss, sum.grads()))
    }

    /// Works on one part after the other; what the network reads of the next is made ready meanwhile.
    fn each_part(
        &self,
        subjects: &[usize],
        seed: Seed,
        first: Option<HostBatch>,
        mut work: impl FnMut(&[usize], HostBatch) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut ahead = first.map(Ok);
        let mut parts = self.parts(subjects).peekable();
        while let Some(part) = parts.next() {
            let batch = ahead.take().unwrap_or_else(|| self.read(part, seed))?;
            match parts.peek() {
                Some(next) if self.prepares_ahead() => {
                    beside(&mut ahead, || self.read(next, seed), || work(part, batch))?;
                }
                _ => work(part, batch)?,
            }
        }
        Ok(())
    }

    /// What the network reads of these subjects, augmented.
    fn read(&self, subjects: &[usize], seed: Seed) -> Result<HostBatch, Error> {
        let shape = self.inputs.images().map_or([0, 0], |i| [i.shape()[1], i.shape()[2]]);
        self.inputs.batch(subjects, |subject: usize, images: &[f32], out: &mut Vec<f32>| {
            self.augmentation.apply(images, shape, seed, subject, out);
        })
    }

    fn forward(
        &self,
        model: &RiskNetwork<N>,
        subjects: &[usize],
        batch: HostBatch,
        seed: Seed,
    ) -> Result<Tensor<2>, Error> {
        let probability = self.dropout;
        let dropout = Dropout { probability, seed, subjects: subjects.to_vec() };
        model.forward(batch.on(&self.device), Some(&dropout))
    }
}

/// Takes parameters out of the graph. The module's own `no_grad` would do so to the network that was
/// cloned too, as long as its parameters are drawn when they are first needed.
struct Untracked;

impl ModuleMapper for Untracked {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        parameter.map(|tensor| tensor.set_require_grad(false))
    }
}

/// Gradient of `sum(slope * outputs)`.
fn back_propagate<N: Encoder>(
    model: &RiskNetwork<N>,
    outputs: Tensor<2>,
    slope: &[f64],
) -> GradientsParams {
    let slope: Vec<f32> = slope.iter().map(|&g| g as f32).collect();
    let slope = Tensor::from_data(TensorData::new(slope, outputs.dims()), &outputs.device());
    GradientsParams::from_grads((outputs * slope).sum().backward(), model)
}

/// Reads a tensor to the host.
pub(crate) fn to_host<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f64>, Error> {
    let values =
        tensor.try_into_vec_as::<f32>().map_err(|e| Error::Device { source: Box::new(e) })?;
    Ok(values.into_iter().map(f64::from).collect())
}

#[cfg(test)]
mod tests;
