//! Training of what joins covariates with the log hazard of an image-only model.

use super::{Kept, RiskTrainer, WarmStart};
use crate::{
    EncoderSettings, Error, Preprocessing, RiskInputs, RiskModel,
    fitted::Fitted,
    inference::predict,
    network::{Head, RiskNetwork},
    objective::Objective,
    task::Labelled,
};
use burn::module::Module;
use std::ops::ControlFlow;
use vertebra_training::{Event, Trained};

impl<E: EncoderSettings> RiskTrainer<'_, E> {
    /// That a stacked training has what it needs.
    pub(super) fn check_stacked(&self, n_subjects: usize) -> Result<(), Error> {
        let Some((start, out_of_fold)) = self.stacked() else { return Ok(()) };
        if !self.config.joins_log_hazard() {
            let reason = "stacked images need covariates and `Fusion::LogHazard`";
            return Err(Error::WarmStart { reason });
        }
        if start.model.recalibration().is_some() {
            let reason = "it is recalibrated; expected an image-only model as it was trained";
            return Err(Error::WarmStart { reason });
        }
        if start.model.config().batch_norm
            || start.model.config().activation != self.config.activation
        {
            let reason = "its fully connected layers are normalised, or of another nonlinearity";
            return Err(Error::WarmStart { reason });
        }
        let (expected, got) = (n_subjects, out_of_fold.len());
        if expected != got {
            let (name, unit) = ("log hazards out of fold", "subjects");
            return Err(Error::LengthMismatch { name, unit, expected, got });
        }
        match out_of_fold.iter().position(|h| !h.is_finite()) {
            Some(subject) => Err(Error::Diverged { subject, value: out_of_fold[subject] }),
            None => Ok(()),
        }
    }

    fn stacked(&self) -> Option<(&WarmStart<'_, E>, &[f64])> {
        match self.warm_start.as_ref()? {
            start @ WarmStart { kept: Kept::LogHazard(out_of_fold), .. } => {
                Some((start, out_of_fold))
            }
            _ => None,
        }
    }

    /// `head` behind the layers of the image-only model.
    pub(super) fn stacked_head(&self, start: &WarmStart<'_, E>, head: Head) -> Result<Head, Error> {
        let spread = self.stacked().map_or(1.0, |(_, out_of_fold)| spread(out_of_fold));
        let images = &start.model.network().head;
        head.stacked_on(images, [start.model.center(), spread]).ok_or(Error::WarmStart {
            reason: "the widths of its fully connected layers are not those of `image_hidden`",
        })
    }

    /// What the head behind the images reads of the training subjects: the standardised log hazard
    /// out of fold, then standardised covariates. `None` where nothing is stacked.
    pub(super) fn stacked_table(
        &self,
        preprocessing: &Preprocessing,
        inputs: &RiskInputs,
    ) -> Result<Option<RiskInputs>, Error> {
        let Some((_, out_of_fold)) = self.stacked() else { return Ok(None) };
        table(preprocessing, inputs, out_of_fold, spread(out_of_fold)).map(Some)
    }

    /// What the head behind the images of a fitted network gives for such a table.
    pub(super) fn outputs_of_table(
        &self,
        fitted: &Fitted<E>,
        inputs: &RiskInputs,
    ) -> Result<Vec<f64>, Error> {
        let head = fitted.network.head.clone().without_images();
        let network = RiskNetwork::<E::Encoder>::from_parts(&self.config, (None, None), head);
        predict(&network, &Preprocessing::identity(inputs.n_covariates()), inputs)
    }

    /// Trains the head behind the images; the rest stays as it is.
    pub(super) fn run_stacked(
        &self,
        (first, objective): (RiskNetwork<E::Encoder>, &dyn Objective),
        (train, valid): (Labelled<'_>, Option<Labelled<'_>>),
        (start, out_of_fold): (&RiskModel<E>, &[f64]),
        preprocessing: &Preprocessing,
        on_event: &mut dyn FnMut(&Event) -> ControlFlow<()>,
    ) -> Result<Trained<RiskNetwork<E::Encoder>>, Error> {
        let spread = spread(out_of_fold);
        let of_valid = |valid: Labelled<'_>| {
            let images = valid.inputs.images().cloned().ok_or(Error::MissingImages)?;
            let log_hazard = start.log_hazard(&RiskInputs::from_images(images))?;
            table(preprocessing, valid.inputs, &log_hazard, spread)
        };
        let of_train = table(preprocessing, train.inputs, out_of_fold, spread)?;
        let tables = (of_train, valid.map(of_valid).transpose()?);
        let images = first.head.valid();
        let first = (first.map_head(Head::without_images), objective);
        let trained = self.run_head(first, (train, valid), tables, on_event)?;
        Ok(trained.map(|trained| trained.map_head(|head| head.behind_images_of(&images))))
    }
}

/// By what log hazards around 0 are divided.
fn spread(log_hazard: &[f64]) -> f64 {
    let squares: f64 = log_hazard.iter().map(|h| h * h).sum();
    let spread = (squares / log_hazard.len().max(1) as f64).sqrt();
    // What says less than this says nothing, and shall not be blown up.
    if spread > 1e-3 { spread } else { 1.0 }
}

fn table(
    preprocessing: &Preprocessing,
    inputs: &RiskInputs,
    log_hazard: &[f64],
    spread: f64,
) -> Result<RiskInputs, Error> {
    let rows = inputs.covariates().iter().zip(log_hazard);
    let row = |(covariates, h): (&Vec<f32>, &f64)| {
        std::iter::once((h / spread) as f32).chain(preprocessing.standardised(covariates)).collect()
    };
    RiskInputs::from_covariates(rows.map(row).collect())
}
