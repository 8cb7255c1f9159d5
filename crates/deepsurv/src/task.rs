//! The Cox loss as a task of the training loop.
//!
//! The partial likelihood sees the network only through its `n` log hazards. A step reads them to
//! the host, takes the exact gradient `g = dL/dh` there, and back-propagates `sum(g h)`; cut into
//! micro-batches, each back-propagates its own slice of `g`. The gradient is therefore that of the
//! loss over the whole batch, however large, at the memory of one micro-batch and the price of one
//! more forward pass.
use crate::{
    Augmentation, Error, Preprocessing, RiskInputs, ValidationScore,
    inference::predict,
    network::{Dropout, RiskNetwork},
};
use burn::{
    optim::{GradientsAccumulator, GradientsParams},
    tensor::{Device, Tensor, TensorData},
};
use vertebra_survival::{Outcomes, Ties, concordance, cox_partial_likelihood};
use vertebra_training::{Seed, StepGradients, Task, TaskError};

/// Subjects with their outcomes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Labelled<'a> {
    pub(crate) inputs: &'a RiskInputs,
    pub(crate) outcomes: &'a Outcomes,
}

/// Everything a training step needs besides the network.
#[derive(Debug)]
pub(crate) struct CoxTask<'a> {
    pub(crate) train: Labelled<'a>,
    pub(crate) valid: Option<Labelled<'a>>,
    pub(crate) preprocessing: &'a Preprocessing,
    pub(crate) augmentation: Augmentation,
    pub(crate) dropout: f64,
    pub(crate) ties: Ties,
    pub(crate) micro_batch: usize,
    pub(crate) score: ValidationScore,
    pub(crate) device: Device,
}

impl Task for CoxTask<'_> {
    type Model = RiskNetwork;

    fn n_samples(&self) -> usize {
        self.train.outcomes.n_subjects()
    }

    fn gradients(
        &self,
        model: &RiskNetwork,
        batch: &[usize],
        seed: Seed,
    ) -> Result<StepGradients, TaskError> {
        Ok(self.step(model, batch, seed)?)
    }

    fn validate(&self, model: &RiskNetwork) -> Result<Option<f64>, TaskError> {
        let Some(valid) = self.valid else { return Ok(None) };
        let log_hazard = predict(model, self.preprocessing, valid.inputs)?;
        let score = match self.score {
            ValidationScore::Concordance => {
                concordance(valid.outcomes, &log_hazard).map_err(Error::from)?.index()
            }
            ValidationScore::PartialLikelihood => {
                -cox_partial_likelihood(valid.outcomes, &log_hazard, self.ties)
                    .map_err(Error::from)?
                    .loss
            }
        };
        Ok(Some(score))
    }
}

impl CoxTask<'_> {
    fn step(
        &self,
        model: &RiskNetwork,
        batch: &[usize],
        seed: Seed,
    ) -> Result<StepGradients, Error> {
        let outcomes = self.train.outcomes.subset(batch);
        if outcomes.n_events() == 0 {
            // The partial likelihood of a mini-batch without events is an empty product.
            return Ok(StepGradients::new(0.0, GradientsParams::new()));
        }
        match batch.len() <= self.micro_batch {
            true => self.step_in_one(model, batch, &outcomes, seed),
            false => self.step_in_parts(model, batch, &outcomes, seed),
        }
    }

    fn step_in_one(
        &self,
        model: &RiskNetwork,
        batch: &[usize],
        outcomes: &Outcomes,
        seed: Seed,
    ) -> Result<StepGradients, Error> {
        let log_hazard = self.forward(model, batch, seed)?;
        let host = to_host(log_hazard.clone().detach())?;
        let exact = cox_partial_likelihood(outcomes, &host, self.ties)?;
        let gradients = back_propagate(model, log_hazard, &exact.gradient);
        Ok(StepGradients::new(exact.loss, gradients))
    }

    /// The first pass runs in training mode too, so that batch normalisation and dropout do in it
    /// exactly what they do in the second.
    fn step_in_parts(
        &self,
        model: &RiskNetwork,
        batch: &[usize],
        outcomes: &Outcomes,
        seed: Seed,
    ) -> Result<StepGradients, Error> {
        let mut host = Vec::with_capacity(batch.len());
        for part in batch.chunks(self.micro_batch) {
            host.extend(to_host(self.forward(model, part, seed)?.detach())?);
        }
        let exact = cox_partial_likelihood(outcomes, &host, self.ties)?;
        let mut sum = GradientsAccumulator::<RiskNetwork>::new();
        let slices = exact.gradient.chunks(self.micro_batch);
        for (part, slice) in batch.chunks(self.micro_batch).zip(slices) {
            sum.accumulate(model, back_propagate(model, self.forward(model, part, seed)?, slice));
        }
        Ok(StepGradients::new(exact.loss, sum.grads()))
    }

    fn forward(
        &self,
        model: &RiskNetwork,
        subjects: &[usize],
        seed: Seed,
    ) -> Result<Tensor<1>, Error> {
        let shape = self.train.inputs.images().map_or([0, 0], |i| [i.shape()[1], i.shape()[2]]);
        let augmented = |subject: usize, images: &[f32], out: &mut Vec<f32>| {
            self.augmentation.apply(images, shape, seed, subject, out);
        };
        let inputs = self.train.inputs;
        let batch = self.preprocessing.batch(inputs, subjects, &self.device, augmented);
        let probability = self.dropout;
        model.forward(batch, Some(&Dropout { probability, seed, subjects: subjects.to_vec() }))
    }
}

/// Gradient of `sum(slope * log_hazard)`.
fn back_propagate(model: &RiskNetwork, log_hazard: Tensor<1>, slope: &[f64]) -> GradientsParams {
    let slope: Vec<f32> = slope.iter().map(|&g| g as f32).collect();
    let n = slope.len();
    let slope = Tensor::from_data(TensorData::new(slope, [n]), &log_hazard.device());
    GradientsParams::from_grads((log_hazard * slope).sum().backward(), model)
}

/// Reads a tensor to the host.
pub(crate) fn to_host<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f64>, Error> {
    let values =
        tensor.try_into_vec_as::<f32>().map_err(|e| Error::Device { source: Box::new(e) })?;
    Ok(values.into_iter().map(f64::from).collect())
}

#[cfg(test)]
mod tests;
