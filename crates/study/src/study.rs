//! The protocol from a cohort folder to results, pictures and a model folder.

use crate::films::variant_pictures::VariantPictures;
use crate::input::covariates::Covariates;
use crate::input::subjects::StudyData;
use crate::input::table_one::table_one;
use crate::input::usable_models::usable_models;
use crate::input::{tables, timing};
use crate::model::model_folder::{ModelDescription, TrainedModel};
use crate::progress::{Observer, Tell};
use crate::stages::keypoints::Keypoints;
use crate::stages::models::{Clinical, Explained};
use crate::stages::render::{PossibleVariants, render};
use crate::stages::{Context, decode, evaluate_models, heat_maps, keypoints, models, variants};
use crate::{Error, Progress, StudyConfig};
use burn::tensor::Device;
use std::path::{Path, PathBuf};
use std::time::Instant;
use vertebra_hrnet::KeypointDetector;
use vertebra_report::results::{RunRecord, SaliencyResults, StudyResults};

/// A study of one cohort: keypoints, image variants, models, their comparison, and the model that
/// is kept.
///
/// ```no_run
/// use vertebra_study::{Preset, Study, StudyConfig};
/// let results = Study::new("cohort")
///     .config(StudyConfig::preset(Preset::Standard))
///     .on_progress(|message| println!("{message:?}"))
///     .run("runs/mine".as_ref())?;
/// println!("{} models", results.models.len());
/// # Ok::<(), vertebra_study::Error>(())
/// ```
pub struct Study<'a> {
    cohort: PathBuf,
    config: StudyConfig,
    device: Device,
    on_progress: Box<Observer<'a>>,
}

impl<'a> Study<'a> {
    /// A study of a cohort folder with the quick preset, on the default device, in silence.
    #[must_use]
    pub fn new(cohort: impl Into<PathBuf>) -> Self {
        Self {
            cohort: cohort.into(),
            config: StudyConfig::default(),
            device: Device::default(),
            on_progress: Box::new(|_| {}),
        }
    }

    /// The study with these settings.
    #[must_use]
    pub fn config(mut self, config: StudyConfig) -> Self {
        self.config = config;
        self
    }

    /// The study with its networks on this device.
    #[must_use]
    pub fn device(mut self, device: Device) -> Self {
        self.device = device;
        self
    }

    /// The study with a function that is told what is being done, from the thread that runs it.
    #[must_use]
    pub fn on_progress(mut self, observer: impl FnMut(Progress) + 'a) -> Self {
        self.on_progress = Box::new(observer);
        self
    }

    /// Runs the protocol and writes `results.json`, `pictures/` and `model/` into a folder, which
    /// is made when absent.
    ///
    /// The input is checked as a whole before anything is computed. `results.json` is written after
    /// everything else that this function writes, and at once: it is whole or absent.
    ///
    /// # Errors
    /// Every problem of the input at once; too few subjects or events for the folds; whatever a
    /// stage cannot do, naming the film or the statistic.
    pub fn run(mut self, folder: &Path) -> Result<StudyResults, Error> {
        let mut clock = Clock::start();
        let data = self.read()?;
        let (context, observer) = self.stages(&data, folder);
        let covariates = Covariates::of(&data, context.config.covariates())?;
        let load = |folder: &PathBuf| KeypointDetector::load(folder, context.device);
        let detector = context.config.keypoint_model.as_ref().map(load).transpose()?;
        observer.note(data.summary());
        let pictures = folder.join("pictures");
        std::fs::create_dir_all(&pictures).map_err(Error::io(&pictures))?;
        let mut results = protocol(context, &covariates, detector, &mut clock, observer)?;
        results.run.seconds = clock.laps;
        results.write(&folder.join("results.json"))?;
        Ok(results)
    }

    /// Checks the settings and reads the cohort.
    pub(crate) fn read(&mut self) -> Result<StudyData, Error> {
        self.config.check()?;
        self.on_progress.stage("reading the cohort", None);
        let mut data = StudyData::read(&self.cohort, &self.config)?;
        let (models, notes) = usable_models(&self.config, &data)?;
        self.config.clinical_models = models;
        data.notes.extend(notes);
        Ok(data)
    }

    /// What the stages need.
    pub(crate) fn stages<'s>(
        &'s mut self,
        data: &'s StudyData,
        run_folder: &'s Path,
    ) -> (Context<'s>, &'s mut Observer<'a>) {
        let Self { cohort, config, device, on_progress } = self;
        (Context { data, config, cohort, run_folder, device }, &mut **on_progress)
    }
}

/// All stages, in order; each fills its part of the results.
fn protocol(
    context: Context<'_>,
    covariates: &Covariates,
    detector: Option<KeypointDetector>,
    clock: &mut Clock,
    observer: &mut Observer<'_>,
) -> Result<StudyResults, Error> {
    let mut results = of_subjects(context, covariates)?;
    let possible = PossibleVariants::of(context)?;
    let decoded = decode::films(context, observer)?;
    clock.lap("reading");

    let mut found = keypoints::find(context, &decoded.films, detector, observer)?;
    let reader_notes = decoded.notes();
    let aligned = leave_unaligned(context, &mut found)?;
    let (context, covariates) = match &aligned {
        Some((data, covariates)) => (Context { data, ..context }, covariates),
        None => (context, covariates),
    };
    if aligned.is_some() {
        results = of_subjects(context, covariates)?;
    }
    results.run.inputs.extend(decoded.digests);
    drop(decoded.films);
    clock.lap("keypoints");

    let rendered = render(context, &possible.variants, &found.keypoints, observer)?;
    clock.lap("pictures of the variants");
    let compared = variants::compare(context, &rendered, observer)?;
    clock.lap("comparison of variants");
    let models = context.config.clinical_models.iter().zip(1..);
    let clinical: Vec<Clinical> =
        models.map(|(model, number)| Clinical::new(covariates, number, model)).collect();
    let chosen = &rendered[compared.chosen];
    let grid = models::fit(context, &clinical, chosen, compared.networks, observer)?;
    clock.lap("models");
    let evaluated = evaluate_models::evaluate(context, &grid.models, observer)?;
    let kept = grid.largest_with_images(&clinical);
    results.saliency =
        kept.map(|kept| explain(context, kept, chosen, &found, observer)).transpose()?;
    clock.lap("evaluation");

    results.keypoints = found.results;
    results.variants = compared.results;
    results.models = evaluated.models;
    results.comparisons = evaluated.comparisons;
    results.risk_groups = evaluated.risk_groups;
    let notes = [evaluated.notes, possible.notes, grid.notes, found.notes, reader_notes];
    results.notes.extend(notes.into_iter().flatten());
    Ok(results)
}

/// The subjects without those whose film cannot be aligned, where there are some: the detector put
/// its points where no axis runs through them, and nobody annotated the film.
fn leave_unaligned(
    context: Context<'_>,
    found: &mut Keypoints,
) -> Result<Option<(StudyData, Covariates)>, Error> {
    if found.lost.is_empty() {
        return Ok(None);
    }
    let reason = "No usable points found on the film";
    let data = context.data.without(&found.lost, reason, context.config)?;
    let mut position = 0..;
    found.keypoints.retain(|_| position.next().is_none_or(|i| !found.lost.contains(&i)));
    let covariates = Covariates::of(&data, context.config.covariates())?;
    Ok(Some((data, covariates)))
}

/// What is known of the run and its subjects before anything is computed.
fn of_subjects(context: Context<'_>, covariates: &Covariates) -> Result<StudyResults, Error> {
    let (data, config) = (context.data, context.config);
    let name = context.run_folder.file_name().unwrap_or_default().to_string_lossy();
    let mut run = RunRecord::new(name, &config.preset, config.seed);
    run.phantom = data.truth.is_some();
    run.revision = option_env!("VERTEBRA_REVISION").map(str::to_owned);
    run.device = format!("{:?}", context.device);
    run.config = config.to_toml()?;
    run.inputs = tables::digests(context.cohort, config)?;
    let (flow, outcome) = (data.flow.clone(), data.outcome_summary.clone());
    let mut results = StudyResults::new(run, flow, data.split_summary(), table_one(data)?, outcome);
    results.missing = covariates.missing(data);
    results.notes.clone_from(&data.notes);
    if let Some(known) = &data.known {
        let truth = data.true_outcomes.as_ref();
        let found = timing::compare(known, &data.outcomes, truth, &config.horizons)?;
        results.outcome_timing = Some(found);
    }
    Ok(results)
}

/// Heat maps of the model that is kept, and its folder.
fn explain(
    context: Context<'_>,
    kept: Explained<'_>,
    pictures: &VariantPictures,
    found: &Keypoints,
    observer: &mut Observer<'_>,
) -> Result<SaliencyResults, Error> {
    let saliency = heat_maps::make(context, kept, pictures, &found.keypoints, observer)?;
    let description = ModelDescription::of(context, kept, pictures.variant);
    let model = TrainedModel::new(description, found.detector.clone(), kept.network.clone());
    model.save(&context.run_folder.join("model"))?;
    Ok(saliency)
}

/// Wall-clock time by stage.
struct Clock {
    began: Instant,
    laps: Vec<(String, f64)>,
}

impl Clock {
    fn start() -> Self {
        Self { began: Instant::now(), laps: Vec::new() }
    }

    fn lap(&mut self, stage: &str) {
        self.laps.push((stage.to_owned(), self.began.elapsed().as_secs_f64()));
        self.began = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_data::{Scene, config, folder};

    #[test]
    fn settings_are_checked_before_anything_is_read_or_written() {
        let out = tempfile::tempdir().unwrap().path().join("out");
        let mut heard = 0;
        let config = StudyConfig { folds: 1, ..config() };
        let study = Study::new("no-such-folder").config(config).on_progress(|_| heard += 1);
        let error = study.run(&out).unwrap_err();
        assert!(matches!(error, Error::InvalidSetting { .. }), "{error}");
        assert!(heard == 0 && !out.exists());
    }

    #[test]
    fn a_keypoint_model_that_is_not_there_is_named_before_films_are_decoded() {
        let out = tempfile::tempdir().unwrap().path().join("out");
        let mut stages = Vec::new();
        let hear = |message| {
            if let Progress::Stage { name, .. } = message {
                stages.push(name);
            }
        };
        let config = StudyConfig { keypoint_model: Some("no-such-model".into()), ..config() };
        let error = Study::new(folder()).config(config).on_progress(hear).run(&out).unwrap_err();
        assert!(error.to_string().contains("no-such-model"), "{error}");
        assert_eq!(stages, ["reading the cohort"]);
        assert!(!out.exists());
    }

    #[test]
    fn results_begin_with_the_run_and_its_subjects() {
        let scene = Scene::new();
        let covariates = Covariates::of(&scene.data, scene.config.covariates()).unwrap();
        let results = of_subjects(scene.context(), &covariates).unwrap();
        assert_eq!(results.flow.remaining(), scene.data.n());
        assert!(results.run.phantom && results.run.preset == "quick, changed");
        for file in ["cohort.csv", "visits.csv", "annotations.json", "truth.csv"] {
            assert!(results.run.inputs.contains_key(file), "{file}");
        }
        let back = StudyConfig::from_toml(crate::Preset::Quick, &results.run.config).unwrap();
        assert_eq!(back.folds, scene.config.folds);
        assert!(results.models.is_empty() && results.notes.is_empty());
        assert_eq!(results.outcome_timing, None);
        let outcome = crate::OutcomeTiming::Interval;
        let config = StudyConfig { outcome, ..scene.config.clone() };
        let data = crate::test_data::read(&config);
        let context = Context { config: &config, data: &data, ..scene.context() };
        let timing = of_subjects(context, &covariates).unwrap().outcome_timing.unwrap();
        assert_eq!((timing.n, timing.risks.len()), (scene.data.n(), 2));
        assert!(timing.risks.iter().all(|risk| risk.truth.is_some()));
        assert!(timing.risks[0].interval.is_some() && timing.median_gap.is_some());
    }
}
