//! Training of a risk model: what it starts from, and the way from data to a fitted model.

mod curves;
mod ensemble;
mod intervals;
mod learning;
mod precision;
mod recalibrated;
mod stacked;

use crate::{
    EncoderConfig, EncoderSettings, Error, RiskInputs, RiskModel, RiskModelConfig, RiskTraining,
    Seen,
    fitted::Fitted,
    network::{Outputs, RiskNetwork},
    objective::{CoxObjective, Objective},
};
use burn::tensor::Device;
use std::ops::ControlFlow;
use std::path::PathBuf;
use vertebra_conv::Precision;
use vertebra_run::Digest;
use vertebra_survival::{BaselineHazard, Outcomes, breslow_baseline};
use vertebra_training::{Event, Seed, Trained};

pub use ensemble::TrainedEnsemble;

/// Where an image model's encoder comes from.
#[derive(Debug, Clone)]
struct WarmStart<'a, E: EncoderSettings> {
    model: &'a RiskModel<E>,
    kept: Kept,
}

/// What of a start stays as it is.
#[derive(Debug, Clone, PartialEq)]
enum Kept {
    Nothing,
    Encoder,
    /// Encoder and head; with what such networks say of training subjects that they never saw.
    LogHazard(Vec<f64>),
}

/// Fits a [`RiskModel`], or a [`CurveModel`](crate::CurveModel), of one configuration.
///
/// # Examples
/// See the crate's front page.
#[derive(Debug, Clone)]
pub struct RiskTrainer<'a, E: EncoderSettings = EncoderConfig> {
    config: RiskModelConfig<E>,
    settings: RiskTraining,
    warm_start: Option<WarmStart<'a, E>>,
    /// Of the same configuration, from which a further cycle goes on.
    start: Option<RiskNetwork<E::Encoder>>,
    /// The digest of the numbers of the subjects, where they are a part.
    part: Option<Digest>,
    encoder_weights: Option<PathBuf>,
    strata: Option<Vec<usize>>,
    run_folder: Option<PathBuf>,
    device: Option<Device>,
}

impl<'a, E: EncoderSettings> RiskTrainer<'a, E> {
    /// A trainer with the default settings on the
    /// [default device](vertebra_training::default_device).
    #[must_use]
    pub fn new(config: RiskModelConfig<E>) -> Self {
        Self {
            config,
            settings: RiskTraining::default(),
            warm_start: None,
            start: None,
            part: None,
            encoder_weights: None,
            strata: None,
            run_folder: None,
            device: None,
        }
    }

    /// Sets how to train.
    #[must_use]
    pub fn with_settings(mut self, settings: RiskTraining) -> Self {
        self.settings = settings;
        self
    }

    /// Sets the seed of initial weights, order, augmentation and dropout, in the place of the
    /// settings'.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.settings.training.seed = seed;
        self
    }

    /// Trains on `device`.
    #[must_use]
    pub fn with_device(mut self, device: &Device) -> Self {
        self.device = Some(device.clone());
        self
    }

    /// Starts from an image-only model of the same encoder: its encoder, and its head where the
    /// layers have the same widths; covariates are then learnt on top. The model must not have
    /// seen the validation or test subjects.
    #[must_use]
    pub fn with_warm_start(mut self, model: &'a RiskModel<E>) -> Self {
        self.warm_start = Some(WarmStart { model, kept: Kept::Nothing });
        self
    }

    /// As [`with_warm_start`](Self::with_warm_start), but the encoder stays as it is, so that an
    /// epoch costs no more than one of covariates alone. Images are then not augmented.
    #[must_use]
    pub fn with_frozen_encoder(mut self, model: &'a RiskModel<E>) -> Self {
        self.warm_start = Some(WarmStart { model, kept: Kept::Encoder });
        self
    }

    /// Keeps an image-only model as it is and lets its log hazard join the covariates
    /// ([`Fusion::LogHazard`](crate::Fusion::LogHazard), with the image-only model's layers as
    /// [`image_hidden`](RiskModelConfig::image_hidden)). How much it is worth beside them is learnt
    /// from `out_of_fold`: log hazards of the training subjects, each by an image-only model of the
    /// same kind that was fitted without that subject, and not recalibrated (stacked generalisation;
    /// Wolpert, *Neural Netw.* 5:241-259, 1992). What `model` itself says of subjects it was
    /// trained on is too good to learn that from.
    #[must_use]
    pub fn with_stacked_images(
        mut self,
        model: &'a RiskModel<E>,
        out_of_fold: impl Into<Vec<f64>>,
    ) -> Self {
        self.warm_start = Some(WarmStart { model, kept: Kept::LogHazard(out_of_fold.into()) });
        self
    }

    /// Starts the encoder from a published image classifier: a `.pth` or `.safetensors` file with
    /// torchvision's or timm's names, e.g. ResNet-18 trained on ImageNet. A warm start comes first.
    #[must_use]
    pub fn with_encoder_weights(mut self, file: impl Into<PathBuf>) -> Self {
        self.encoder_weights = Some(file.into());
        self
    }

    /// Compares subjects of the same label alone, e.g. of one hospital: one label per training
    /// subject. The baseline hazard of the model is that of all strata together;
    /// [`fit_curves`](Self::fit_curves) and [`fit_intervals`](Self::fit_intervals) refuse them.
    #[must_use]
    pub fn with_strata(mut self, strata: impl Into<Vec<usize>>) -> Self {
        self.strata = Some(strata.into());
        self
    }

    /// Keeps checkpoints in `folder` and goes on from those found there.
    #[must_use]
    pub fn with_run_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.run_folder = Some(folder.into());
        self
    }

    /// Fits the model; `valid` chooses the best epoch and stops early.
    ///
    /// Same seed, same numbers: bit-equal on one machine with the flex backend.
    ///
    /// # Errors
    /// Those of [`RiskModelConfig::check`]; [`Error::NoEvents`]; bad inputs by name;
    /// [`Error::WarmStart`]; [`Error::Diverged`]; [`Error::Training`], also where `on_event` ends
    /// the run.
    pub fn fit(
        &self,
        train: (&RiskInputs, &Outcomes),
        valid: Option<(&RiskInputs, &Outcomes)>,
        on_event: &mut dyn FnMut(&Event) -> ControlFlow<()>,
    ) -> Result<Trained<RiskModel<E>>, Error> {
        self.check(train, valid)?;
        let objective = CoxObjective {
            ties: self.settings.ties,
            strata: self.strata.as_deref(),
            score: self.settings.score,
        };
        let wanted = (&objective as &dyn Objective, Outputs::LogHazard);
        self.learn(wanted, train, valid, on_event)?.try_map(|fitted| {
            self.model_of(fitted, train.0, |log_hazard| Ok(breslow_baseline(train.1, log_hazard)?))
        })
    }

    /// The model of a trained network, with its mean over the training subjects taken out and the
    /// baseline hazard that goes with their log hazards.
    fn model_of(
        &self,
        fitted: Fitted<E>,
        inputs: &RiskInputs,
        baseline: impl FnOnce(&[f64]) -> Result<BaselineHazard, Error>,
    ) -> Result<RiskModel<E>, Error> {
        let log_hazard = match self.stacked_table(&fitted.preprocessing, inputs)? {
            Some(table) => self.outputs_of_table(&fitted, &table)?,
            None => fitted.outputs(inputs)?,
        };
        fitted.release_buffers();
        let center = log_hazard.iter().sum::<f64>() / log_hazard.len() as f64;
        let centered: Vec<f64> = log_hazard.iter().map(|h| h - center).collect();
        let baseline = baseline(&centered)?;
        let seen = Seen::of(inputs, &centered)?;
        Ok(RiskModel::from_parts(fitted, center, baseline).with_seen(Some(seen)))
    }

    /// What trains on some of the subjects, with a seed and a subfolder of its own.
    fn of_part(&self, seed: Seed, subjects: &[usize], name: &str) -> Self {
        let mut trainer = self.clone().with_seed(seed.value());
        if let Some(strata) = &self.strata {
            trainer.strata = Some(subjects.iter().map(|&i| strata[i]).collect());
        }
        let numbers: Vec<u8> = subjects.iter().flat_map(|i| i.to_le_bytes()).collect();
        trainer.part = Some(Digest::of(&numbers));
        trainer.in_subfolder(name)
    }

    /// What a run folder goes on with, as far as settings and the number of subjects do not say.
    fn purpose(&self, objective: &dyn Objective) -> Option<String> {
        let of_part = self.part.map(|digest| format!("subjects {digest}"));
        let of_stack = match self.warm_start.as_ref().map(|start| &start.kept) {
            Some(Kept::LogHazard(out_of_fold)) => {
                let values: Vec<u8> = out_of_fold.iter().flat_map(|h| h.to_le_bytes()).collect();
                Some(format!("log hazards of images {}", Digest::of(&values)))
            }
            _ => None,
        };
        let precision = self.settings.precision;
        let coarse = (precision != Precision::Float32).then(|| format!("{precision:?}"));
        let said: Vec<String> =
            [objective.purpose(), of_part, of_stack, coarse].into_iter().flatten().collect();
        (!said.is_empty()).then(|| said.join("; "))
    }

    fn in_subfolder(self, name: &str) -> Self {
        let run_folder = self.run_folder.as_ref().map(|folder| folder.join(name));
        Self { run_folder, ..self }
    }

    fn check(
        &self,
        train: (&RiskInputs, &Outcomes),
        valid: Option<(&RiskInputs, &Outcomes)>,
    ) -> Result<(), Error> {
        self.config.check()?;
        self.settings.augmentation.check()?;
        if self.settings.micro_batch == 0 {
            return Err(Error::invalid("micro_batch", "at least 1", 0));
        }
        if let Some(ratio) = self.settings.controls_per_event.filter(|r| r.is_nan() || *r <= 0.0) {
            return Err(Error::invalid("controls_per_event", "a positive number", ratio));
        }
        check_labelled(&self.config, "training", train)?;
        if let Some(got) = self.strata.as_ref().map(Vec::len)
            && got != train.1.n_subjects()
        {
            let (name, unit, expected) = ("strata", "subjects", train.1.n_subjects());
            return Err(Error::LengthMismatch { name, unit, expected, got });
        }
        self.check_stacked(train.1.n_subjects())?;
        valid.map_or(Ok(()), |valid| check_labelled(&self.config, "validation", valid))
    }
}

fn check_labelled<E: EncoderSettings>(
    config: &RiskModelConfig<E>,
    set: &'static str,
    (inputs, outcomes): (&RiskInputs, &Outcomes),
) -> Result<(), Error> {
    let (expected, got) = (inputs.n_subjects(), outcomes.n_subjects());
    if expected != got {
        let (name, unit) = ("outcomes", "subjects");
        return Err(Error::LengthMismatch { name, unit, expected, got });
    }
    if outcomes.n_events() == 0 {
        return Err(Error::NoEvents { set, n: got });
    }
    crate::preprocessing::check_inputs(config, inputs)
}

#[cfg(test)]
mod tests;
