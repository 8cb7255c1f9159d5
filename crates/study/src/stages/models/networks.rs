//! DeepSurv networks as this study fits them.

use crate::Error;
use crate::config::{EncoderStart, StudyConfig};
use crate::progress::stepping;
use crate::stages::Context;
use crate::stages::folds::{FitOn, Part};
use crate::work_folder::WorkFolder;
use burn::tensor::Device;
use vertebra_deepsurv::{
    Fusion, ImageSet, RiskInputs, RiskModel, RiskModelConfig, RiskTrainer, RiskTraining,
};
use vertebra_survival::Outcomes;
use vertebra_training::TrainingConfig;

/// What a stopped study loses at most of a network, s.
const SECONDS: u64 = 60;

/// One network: the subjects it is fitted on, its purpose, from which its seed derives, and who is
/// told of its steps.
#[derive(Clone, Copy)]
pub(crate) struct Fit<'a> {
    pub(crate) train: &'a [usize],
    pub(crate) purpose: &'a str,
    pub(crate) on_step: &'a dyn Fn(),
}

/// What a network on pictures and covariates may start from.
#[derive(Clone, Copy)]
pub(crate) struct ImageStart<'a> {
    /// Fitted on the same subjects.
    pub(crate) image_only: &'a RiskModel,
    /// What such networks say of these subjects without having seen them, where images are stacked.
    pub(crate) out_of_fold: &'a [f64],
}

/// What all networks of a study share.
#[derive(Clone, Copy)]
pub(crate) struct Networks<'a> {
    pub(crate) config: &'a StudyConfig,
    pub(crate) outcomes: &'a Outcomes,
    pub(crate) device: &'a Device,
    pub(crate) work: &'a WorkFolder,
}

impl<'a> Networks<'a> {
    pub(crate) fn of(context: Context<'a>) -> Self {
        let Context { data, config, device, work, .. } = context;
        Self { config, outcomes: &data.outcomes, device, work }
    }
}

impl Networks<'_> {
    /// Steps of a network on covariates alone.
    pub(crate) fn clinical_steps(&self, part: &Part) -> usize {
        steps(&self.config.risk.clinical_training, part)
    }

    /// Steps of a network on pictures alone.
    pub(crate) fn image_steps(&self, part: &Part) -> usize {
        steps(&self.config.risk.image_training, part)
    }

    /// The same of so many subjects.
    pub(crate) fn image_steps_on(&self, n: usize) -> usize {
        self.config.risk.image_training.training.n_steps(n)
    }

    /// Steps of a network on pictures and covariates.
    pub(crate) fn fused_steps(&self, part: &Part) -> usize {
        match self.config.risk.encoder_start {
            EncoderStart::Stacked | EncoderStart::Frozen => self.clinical_steps(part),
            EncoderStart::Scratch | EncoderStart::FineTuned => self.image_steps(part),
        }
    }

    /// A network on covariates alone.
    pub(crate) fn clinical(
        &self,
        names: &[String],
        inputs: &RiskInputs,
        fit: Fit<'_>,
    ) -> Result<RiskModel, Error> {
        let risk = &self.config.risk;
        let config = RiskModelConfig::clinical(names)
            .with_hidden(risk.clinical_hidden.clone())
            .with_dropout(risk.dropout);
        let settings = self.settings(&risk.clinical_training, fit.purpose);
        self.fit(RiskTrainer::new(config).with_settings(settings), inputs, fit)
    }

    /// A network on pictures alone.
    pub(crate) fn image_only(
        &self,
        images: &ImageSet,
        inputs: &RiskInputs,
        fit: Fit<'_>,
    ) -> Result<RiskModel, Error> {
        let settings = self.settings(&self.config.risk.image_training, fit.purpose);
        let trainer = RiskTrainer::new(self.image_config(images)).with_settings(settings);
        self.fit(trainer, inputs, fit)
    }

    /// A network on pictures and covariates.
    pub(crate) fn fused(
        &self,
        names: &[String],
        inputs: &RiskInputs,
        ImageStart { image_only, out_of_fold }: ImageStart<'_>,
        fit: Fit<'_>,
    ) -> Result<RiskModel, Error> {
        let risk = &self.config.risk;
        let config = image_only.config().clone().with_covariates(names).with_fusion(risk.fusion);
        let config = config.with_image_hidden(risk.image_hidden.clone());
        let trainer = RiskTrainer::new(config.clone());
        let trainer = match risk.encoder_start {
            EncoderStart::Stacked => {
                let config = config.with_fusion(Fusion::LogHazard);
                RiskTrainer::new(config.with_hidden(risk.clinical_hidden.clone()))
                    .with_settings(self.settings(&risk.clinical_training, fit.purpose))
                    .with_stacked_images(image_only, out_of_fold)
            }
            EncoderStart::Scratch => {
                trainer.with_settings(self.settings(&risk.image_training, fit.purpose))
            }
            EncoderStart::FineTuned => trainer
                .with_settings(self.settings(&risk.image_training, fit.purpose))
                .with_warm_start(image_only),
            EncoderStart::Frozen => trainer
                .with_settings(self.settings(&risk.clinical_training, fit.purpose))
                .with_frozen_encoder(image_only),
        };
        self.fit(trainer, inputs, fit)
    }

    fn image_config(&self, images: &ImageSet) -> RiskModelConfig {
        let risk = &self.config.risk;
        RiskModelConfig::image_only(risk.encoder.clone(), images.shape())
            .with_hidden(risk.image_hidden.clone())
            .with_dropout(risk.dropout)
    }

    fn settings(&self, settings: &RiskTraining, purpose: &str) -> RiskTraining {
        let mut settings = settings.clone();
        settings.training.seed = self.config.seed_for(purpose);
        settings.training = in_work_folder(settings.training);
        settings
    }

    fn fit(
        &self,
        trainer: RiskTrainer<'_>,
        inputs: &RiskInputs,
        Fit { train, purpose, on_step }: Fit<'_>,
    ) -> Result<RiskModel, Error> {
        let trainer = match self.work.network(purpose) {
            Some(folder) => trainer.with_run_folder(folder),
            None => trainer,
        };
        let (inputs, outcomes) = (inputs.subset(train), self.outcomes.subset(train));
        let trainer = trainer.with_device(self.device);
        Ok(trainer.fit((&inputs, &outcomes), None, &mut stepping(on_step))?.model)
    }
}

fn steps(training: &RiskTraining, part: &Part) -> usize {
    training.training.n_steps(part.subjects.len())
}

/// A loop whose checkpoints are written by time alone: many epochs of small networks are over in
/// seconds.
pub(crate) fn in_work_folder(training: TrainingConfig) -> TrainingConfig {
    let epochs = training.epochs;
    training.with_checkpoint_every(epochs).with_checkpoint_seconds(SECONDS)
}

/// The purpose of a network, from which its seed derives.
pub(crate) fn purpose(model: &str, on: FitOn) -> String {
    format!("{model}, {}", on.label())
}

/// Scores some subjects.
pub(crate) fn log_hazard(
    model: &RiskModel,
    inputs: &RiskInputs,
    subjects: &[usize],
) -> Result<Vec<f64>, Error> {
    Ok(model.log_hazard(&inputs.subset(subjects))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_data::Scene;

    #[test]
    fn a_network_depends_on_its_purpose_and_on_nothing_else() {
        let scene = Scene::new();
        let networks = Networks::of(scene.context());
        let clinical = scene.clinical();
        let (inputs, names) = (clinical.inputs().unwrap(), clinical.names());
        let development = scene.data.development();
        let scores = |purpose: &str| {
            let fit = Fit { train: development, purpose, on_step: &|| {} };
            let model = networks.clinical(&names, &inputs, fit).unwrap();
            log_hazard(&model, &inputs, scene.data.test()).unwrap()
        };
        let first = scores("a, fold 1");
        assert_eq!(first.len(), scene.data.test().len());
        assert_eq!(first, scores("a, fold 1"));
        assert_ne!(first, scores("a, fold 2"));
    }

    #[test]
    fn a_purpose_names_the_model_and_its_part() {
        assert_eq!(purpose("Model 1, DeepSurv", FitOn::AllBut(1)), "Model 1, DeepSurv, fold 2");
        assert_eq!(purpose("x", FitOn::Development), "x, development set");
    }
}
