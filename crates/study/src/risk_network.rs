//! One risk network trained on a cohort's development set, without the rest of the protocol.

use crate::input::covariates::Covariates;
use crate::input::subjects::StudyData;
use crate::progress::{Observer, Tell};
use crate::stages::evaluation::{Evaluator, Group, discrimination};
use crate::stages::models::Clinical;
use crate::stages::{Context, keypoints, render};
use crate::work_folder::{claim, fingerprint};
use crate::{Error, Study};
use std::ops::ControlFlow;
use std::path::Path;
use vertebra_alignment::ImageVariant;
use vertebra_cohort::Covariate;
use vertebra_deepsurv::{RiskInputs, RiskModel, RiskModelConfig, RiskTrainer};
use vertebra_evaluation::{OverFolds, Reason, Undefined};
use vertebra_keypoints::VertebraKeypoints;
use vertebra_report::results::{Discrimination, EvaluationSet, Subgroup};
use vertebra_training::Event;

/// What a risk network looks at; at least one of the two.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct RiskNetworkInputs {
    /// The radiograph, as this variant.
    pub variant: Option<ImageVariant>,
    /// Covariates.
    pub covariates: Vec<Covariate>,
}

impl RiskNetworkInputs {
    /// The inputs with the radiograph as this variant.
    #[must_use]
    pub fn with_variant(mut self, variant: ImageVariant) -> Self {
        self.variant = Some(variant);
        self
    }

    /// The inputs with these covariates.
    #[must_use]
    pub fn with_covariates(mut self, covariates: impl Into<Vec<Covariate>>) -> Self {
        self.covariates = covariates.into();
        self
    }
}

impl RiskNetworkInputs {
    /// With a covariate for each level but the reference in the place of a category.
    fn designed(mut self, data: &StudyData) -> Result<Self, Error> {
        let design = self.covariates.iter().map(|covariate| data.cohort.design(covariate));
        self.covariates = design.collect::<Result<Vec<_>, _>>()?.concat();
        Ok(self)
    }
}

/// A trained risk network and how it ranks the test set.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TrainedRiskNetwork {
    /// The network, with its preprocessing and baseline hazard.
    pub model: RiskModel,
    /// Concordance on the test set.
    pub test: Discrimination,
}

impl Study<'_> {
    /// Trains one risk network on the development set and tests it, without the rest of the
    /// protocol. One more network for each fold of the study recalibrates it. Checkpoints are kept
    /// in `checkpoints/` of the folder, and the same call goes on from them; the model is written
    /// to `model/`.
    ///
    /// Keypoints are those of the annotations, or of `config.keypoint_model` where it is given;
    /// of the shipped detector where the cohort has no annotations.
    /// Detected points that cannot be aligned give way to the annotated ones, as in a study; the
    /// observer is told on how many films and on which.
    ///
    /// # Errors
    /// Every problem of the input at once; films without annotation and no detector given, or one
    /// whose points cannot be aligned; no input asked for; [`Error::OtherRun`] for the folder of
    /// another run; what training cannot do.
    ///
    /// # Examples
    /// ```no_run
    /// use vertebra_cohort::Covariate;
    /// use vertebra_study::{RiskNetworkInputs, Study};
    /// let covariates: Vec<Covariate> = vec!["age".parse()?, "sex".parse()?];
    /// let inputs = RiskNetworkInputs::default().with_covariates(covariates);
    /// let study = Study::new("cohort");
    /// let trained = study.train_risk_network(&inputs, "runs/age-sex".as_ref())?;
    /// println!("{} subjects tested", trained.test.size.n);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn train_risk_network(
        mut self,
        inputs: &RiskNetworkInputs,
        folder: &Path,
    ) -> Result<TrainedRiskNetwork, Error> {
        let data = self.read()?;
        let inputs = &inputs.clone().designed(&data)?;
        let (context, observer) = self.stages(&data, folder)?;
        let read = read_inputs(context, inputs, observer)?;
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
        claim(&folder.join("run.txt"), &of_run(context, inputs)?)?;
        let trainer = trainer(context, inputs, &read);
        let model = train(context, trainer, &read, observer)?;
        model.save(&folder.join("model"))?;
        let test = test(context, &model, &read)?;
        Ok(TrainedRiskNetwork { model, test })
    }
}

fn train(
    context: Context<'_>,
    trainer: RiskTrainer<'_>,
    inputs: &RiskInputs,
    observer: &mut Observer<'_>,
) -> Result<RiskModel, Error> {
    let development = context.data.development();
    let outcomes = context.data.outcomes.subset(development);
    let mut steps = 0;
    let mut on_event = |event: &Event| {
        match event {
            Event::Started { epochs, epochs_done, steps_per_epoch } => {
                steps = epochs_done * steps_per_epoch;
                observer.stage("training the risk network", Some(epochs * steps_per_epoch));
            }
            Event::Step { .. } => {
                steps += 1;
                observer.done(steps);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    };
    let data = (&inputs.subset(development), &outcomes);
    let trainer = trainer.with_device(context.device);
    let fold = context.data.sets.folds.fold_of();
    Ok(trainer.fit_recalibrated(data, fold, &mut on_event)?.model)
}

/// What the run depends on besides the training settings, which checkpoints hold themselves.
fn of_run(context: Context<'_>, wanted: &RiskNetworkInputs) -> Result<String, Error> {
    let of_study = fingerprint(context.cohort, context.config, context.data)?;
    Ok(format!("{of_study}{wanted:?}\n"))
}

fn trainer(
    context: Context<'_>,
    wanted: &RiskNetworkInputs,
    inputs: &RiskInputs,
) -> RiskTrainer<'static> {
    let names: Vec<String> = wanted.covariates.iter().map(|c| c.name().to_owned()).collect();
    let risk = &context.config.risk;
    let (network, settings) = match inputs.images() {
        Some(images) => (
            RiskModelConfig::image_only(risk.encoder.clone(), images.shape())
                .with_hidden(risk.image_hidden.clone())
                .with_covariates(names)
                .with_fusion(risk.fusion)
                .with_image_hidden(risk.image_hidden.clone()),
            &risk.image_training,
        ),
        None => (
            RiskModelConfig::clinical(names).with_hidden(risk.clinical_hidden.clone()),
            &risk.clinical_training,
        ),
    };
    let mut settings = settings.clone();
    settings.training.seed = context.config.seed_for("risk network");
    RiskTrainer::new(network.with_dropout(risk.dropout))
        .with_settings(settings)
        .with_run_folder(context.run_folder.join("checkpoints"))
}

fn read_inputs(
    context: Context<'_>,
    wanted: &RiskNetworkInputs,
    observer: &mut Observer<'_>,
) -> Result<RiskInputs, Error> {
    let covariates = Covariates::of(context.data, &wanted.covariates)?;
    let clinical = Clinical::new(&covariates, 1, &wanted.covariates);
    let Some(variant) = wanted.variant else {
        return match wanted.covariates.is_empty() {
            true => Err(vertebra_deepsurv::Error::NoInputs.into()),
            false => clinical.inputs(),
        };
    };
    let keypoints = match &context.config.keypoint_model {
        Some(model) => {
            let detector = model.load(context.device)?;
            keypoints::by_one_detector(context, &detector, observer)?
        }
        None => annotated(context.data)?,
    };
    let rendered = render::render(context, &[variant], &keypoints, observer)?;
    let images = rendered.into_iter().next().map(|pictures| pictures.images);
    let images = images.ok_or(vertebra_deepsurv::Error::NoInputs)?;
    Ok(match wanted.covariates.is_empty() {
        true => RiskInputs::from_images(images),
        false => clinical.inputs()?.with_images(images)?,
    })
}

/// The annotated points of every subject's film.
fn annotated(data: &StudyData) -> Result<Vec<VertebraKeypoints>, Error> {
    let missing = (0..data.n()).filter(|&i| data.annotation(i).is_none());
    let problem = |i: usize| Error::NotAnnotated {
        film: data.films[i].clone(),
        expected: "an annotation, or a keypoint model",
    };
    Error::check(missing.map(problem).collect())?;
    Ok((0..data.n()).filter_map(|i| Some(data.annotation(i)?.keypoints)).collect())
}

fn test(
    context: Context<'_>,
    model: &RiskModel,
    inputs: &RiskInputs,
) -> Result<Discrimination, Error> {
    let scores = model.log_hazard(inputs)?.into_iter().map(Some).collect::<Vec<_>>();
    let evaluator = Evaluator::of(context);
    let members = context.data.test().to_vec();
    let group = Group {
        set: EvaluationSet::Test,
        subgroup: Subgroup::All,
        strata: vec![0; members.len()],
        members,
    };
    let evaluation =
        evaluator.evaluate(&group, &[("risk network".to_owned(), scores)], Vec::new())?;
    let found = match evaluation.scores.first() {
        Some(score) => discrimination(&group, &score.figures, OverFolds::of(Vec::new(), 0.95)),
        None => Err(Undefined::new(Reason::NoSubjects, "there is no score")),
    };
    found.map_err(|why| Error::undefined("C on the test set", &why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_data::{Scene, config, folder};

    fn covariates(names: &[&str]) -> RiskNetworkInputs {
        let parsed: Vec<Covariate> = names.iter().map(|name| name.parse().unwrap()).collect();
        RiskNetworkInputs::default().with_covariates(parsed)
    }

    fn run(inputs: RiskNetworkInputs, to: &Path) -> Result<TrainedRiskNetwork, Error> {
        Study::new(folder()).config(config()).train_risk_network(&inputs, to)
    }

    #[test]
    fn the_same_call_goes_on_and_another_is_sent_to_another_folder() {
        let to = tempfile::tempdir().unwrap();
        let first = run(covariates(&["age", "sex"]), to.path()).unwrap();
        assert!(first.test.size.n > 0 && to.path().join("model/risk.json").is_file());
        let learnt = *first.model.recalibration().unwrap();
        assert!(learnt.factor > 0.0 && learnt.n > first.test.size.n, "{learnt:?}");
        assert!(to.path().join("checkpoints/fold-1").is_dir());
        let again = run(covariates(&["age", "sex"]), to.path()).unwrap();
        assert_eq!(again.test, first.test);
        let error = run(covariates(&["age"]), to.path()).unwrap_err();
        assert!(matches!(error, Error::OtherRun { .. }), "{error}");
        assert!(error.to_string().ends_with("give another folder"), "{error}");
    }

    #[test]
    fn a_network_needs_an_input() {
        let to = tempfile::tempdir().unwrap();
        let error = run(RiskNetworkInputs::default(), &to.path().join("out")).unwrap_err();
        assert!(matches!(error, Error::RiskModel { .. }), "{error}");
        assert!(!to.path().join("out").exists());
    }

    #[test]
    fn the_fingerprint_changes_with_settings_inputs_and_tables() {
        let mut scene = Scene::new();
        let inputs = covariates(&["age"]);
        let first = of_run(scene.context(), &inputs).unwrap();
        assert_eq!(first, of_run(scene.context(), &inputs).unwrap());
        let with_variant = inputs.clone().with_variant(ImageVariant::L1L5);
        assert_ne!(first, of_run(scene.context(), &with_variant).unwrap());
        scene.config.seed += 1;
        assert_ne!(first, of_run(scene.context(), &inputs).unwrap());
        let edited = crate::test_data::edited("visits.csv", |text| format!("{text}\n"));
        let mut scene = Scene::new();
        scene.cohort = edited.path().to_owned();
        assert_ne!(first, of_run(scene.context(), &inputs).unwrap());
    }

    #[test]
    fn films_without_annotation_are_listed_when_no_detector_is_given() {
        let mut scene = Scene::new();
        let name = scene.data.films[4].clone();
        scene.data.annotations.films.retain(|film| film.file_name != name);
        let inputs = RiskNetworkInputs::default().with_variant(ImageVariant::Patches);
        let error = read_inputs(scene.context(), &inputs, &mut |_| {}).unwrap_err().to_string();
        let expected = format!("{name}: expected an annotation, or a keypoint model, got none");
        assert!(error.ends_with(&expected), "{error}");
    }
}
