//! Finished models on a cohort that took no part in making them: read as a study reads it, asked as
//! `predict` asks, judged by `vertebra-evaluation`.

mod candidates;
mod case_mix;
mod columns;
mod overlap;
mod pooled;
mod predictions;
mod recalibration;
mod subgroups;
mod subject_table;

use crate::device::{NamedDevice, opened};
use crate::input::sets::Sets;
use crate::input::subjects::StudyData;
use crate::input::tables;
use crate::model::model_folder::ModelFolder;
use crate::progress::{Observer, Tell};
use crate::records::{self, run_files};
use crate::stages::protocol::Clock;
use crate::{Error, KeypointModel, Progress, StudyConfig};
use candidates::Candidate;
use columns::Columns;
pub use pooled::pool_validations;
use predictions::Predictions;
use std::path::{Path, PathBuf};
use vertebra_report::results::{RunFile, RunRecord, ValidationResults};
use vertebra_run::Machine;

/// The validation of a model folder on another cohort.
///
/// ```no_run
/// use vertebra_study::Validation;
/// let results = Validation::new("runs/mine/model", "other-hospital")
///     .on_progress(|message| println!("{message:?}"))
///     .run("runs/validated".as_ref())?;
/// println!("{} models on {} subjects", results.models.len(), results.size.n);
/// # Ok::<(), vertebra_study::Error>(())
/// ```
pub struct Validation<'a> {
    model: PathBuf,
    cohort: PathBuf,
    config: StudyConfig,
    names: Option<Vec<String>>,
    annotated_points: bool,
    force: bool,
    device: Option<NamedDevice>,
    command: Vec<String>,
    on_progress: Box<Observer<'a>>,
}

impl<'a> Validation<'a> {
    /// The validation of all models of a model folder on a cohort folder, on the default device, in
    /// silence.
    #[must_use]
    pub fn new(model: impl Into<PathBuf>, cohort: impl Into<PathBuf>) -> Self {
        Self {
            model: model.into(),
            cohort: cohort.into(),
            config: StudyConfig::default(),
            names: None,
            annotated_points: false,
            force: false,
            device: None,
            command: Vec::new(),
            on_progress: Box::new(|_| {}),
        }
    }

    /// How the cohort is read: who may be analysed, when a vertebra counts as fractured, declared
    /// covariates; the horizon of calibration, bootstrap samples and the seed. Nothing is trained.
    #[must_use]
    pub fn config(mut self, config: StudyConfig) -> Self {
        self.config = config;
        self
    }

    /// These models of the folder, by name, instead of all that fit.
    #[must_use]
    pub fn models(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.names = Some(names.into_iter().collect());
        self
    }

    /// Aligns films by their annotated points, where they have some, instead of detected ones.
    #[must_use]
    pub fn annotated_points(mut self, annotated: bool) -> Self {
        self.annotated_points = annotated;
        self
    }

    /// Takes predictions against the verdict too.
    #[must_use]
    pub fn force(mut self, force: bool) -> Self {
        self.force = force;
        self
    }

    /// The validation with its networks on this device.
    #[must_use]
    pub fn device(mut self, device: impl Into<NamedDevice>) -> Self {
        self.device = Some(device.into());
        self
    }

    /// The validation with the command line that asked for it, for the record of the run.
    #[must_use]
    pub fn command(mut self, words: impl IntoIterator<Item = String>) -> Self {
        self.command = words.into_iter().collect();
        self
    }

    /// The validation with a function that is told what is being done, from the thread that runs
    /// it.
    #[must_use]
    pub fn on_progress(mut self, observer: impl FnMut(Progress) + 'a) -> Self {
        self.on_progress = Box::new(observer);
        self
    }

    /// Predicts for every analysed subject, judges the predictions, and writes `results.json`, the
    /// table of subjects and the recalibrated models into a folder, which is made when absent.
    ///
    /// # Errors
    /// Every problem of the input at once; [`Error::UnfitModel`] for a model that was asked for by
    /// name, or for all where none fits; whatever a stage cannot do.
    pub fn run(mut self, folder: &Path) -> Result<ValidationResults, Error> {
        let mut clock = Clock::start();
        self.config.check()?;
        self.on_progress.stage("reading the models", None);
        let models = ModelFolder::open(&self.model)?;
        self.on_progress.stage("reading the cohort", None);
        // Its detector stands in for annotations, as in a study with a given one.
        self.config.keypoint_model = Some(KeypointModel::Folder(self.model.clone()));
        let data = StudyData::read_with(&self.cohort, &self.config, |_, flow, _, _| {
            Ok(Sets::evaluation_alone(flow.remaining()))
        })?;
        let device = &opened(&mut self.device)?.device;
        let chosen = candidates::choose(&models, self.names.as_deref(), &data, device)?;
        chosen.notes.iter().for_each(|note| self.on_progress.note(note));
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
        clock.lap("reading");
        let predictions = predictions::of_all(&mut self, &data, &chosen.candidates)?;
        clock.lap("predictions");
        let judged = Judged { data: &data, candidates: &chosen.candidates, predictions };
        let mut results = self.judge(&models, &judged, folder)?;
        results.notes.splice(0..0, data.notes.iter().chain(&chosen.notes).cloned());
        clock.lap("evaluation");
        results.run.seconds = clock.into_laps();
        results.files = self.write_tables(&results, &judged, folder)?;
        results.write(&folder.join("results.json"))?;
        records::write_run(&results.run, folder)?;
        Ok(results)
    }

    /// The figures of all models, and the recalibrated models.
    fn judge(
        &mut self,
        models: &ModelFolder,
        judged: &Judged<'_>,
        folder: &Path,
    ) -> Result<ValidationResults, Error> {
        let (data, config) = (judged.data, &self.config);
        let columns = Columns::of(judged, config.main_horizon);
        self.on_progress.stage("evaluating", None);
        let groupings = subgroups::groupings(judged);
        let evaluation = columns.evaluate(data, config, &groupings, models)?;
        let marks = overlap::marks(judged, &self.cohort);
        let mut development = models.development()?;
        let took_part = overlap::taken_part(development.as_ref(), &marks);
        development.iter_mut().for_each(|development| development.films.clear());
        let case_mix = case_mix::beside(development.as_ref(), judged);
        let about = (data.size(data.test()), data.outcome_summary.clone());
        let run = self.record(judged, folder)?;
        let mut results =
            ValidationResults::new(run, data.flow.clone(), about, case_mix, evaluation);
        results.main_horizon = columns.main_horizon;
        results.annotated_points = self.annotated_points;
        (results.development, results.took_part) = (development, took_part);
        results.refused = judged.predictions.refused_films(data);
        results.missing = candidates::missing(judged);
        results.models = columns.models(judged, config)?;
        results.subgroups = subgroups::figures(&columns, data, &groupings)?;
        self.on_progress.stage("recalibrating", None);
        let device = &opened(&mut self.device)?.device;
        let recalibration = recalibration::Recalibrator { judged, columns: &columns, config };
        let (recalibrated, notes) = recalibration.run((models, &marks), device, folder)?;
        results.recalibrated = recalibrated;
        results.notes = notes;
        if let Some(n) = took_part.filter(|&n| n > 0) {
            let warning = overlap::warning(n, data.n());
            self.on_progress.note(&warning);
            results.notes.push(warning);
        }
        if data.competing.is_some() {
            let note = "The models' risks are those of subjects who do not die; what is observed \
                        is the cumulative incidence, which deaths make smaller.";
            results.notes.push(note.to_owned());
        }
        Ok(results)
    }

    fn record(&self, judged: &Judged<'_>, folder: &Path) -> Result<RunRecord, Error> {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let mut run = RunRecord::new(name, "validation", self.config.seed);
        run.phantom = judged.data.truth.is_some();
        run.revision = option_env!("VERTEBRA_REVISION").map(str::to_owned);
        run.device = self.device.as_ref().map(|device| device.name.clone()).unwrap_or_default();
        run.machine = Machine::this();
        run.command.clone_from(&self.command);
        run.config = self.config.to_toml()?;
        run.inputs = tables::digests(&self.cohort, &self.config)?;
        for candidate in judged.candidates {
            run.inputs
                .insert(format!("model/{}/model.json", candidate.name), candidate.digest.clone());
        }
        run.inputs.extend(judged.predictions.digests(judged.data));
        Ok(run)
    }

    fn write_tables(
        &self,
        results: &ValidationResults,
        judged: &Judged<'_>,
        folder: &Path,
    ) -> Result<Vec<RunFile>, Error> {
        let tables = folder.join("tables");
        std::fs::create_dir_all(&tables).map_err(Error::io(&tables))?;
        let mut files = run_files::write(&results.run, folder)?;
        files.push(subject_table::write(judged, folder)?);
        files.extend(recalibration::files(results));
        Ok(files)
    }
}

/// The subjects, the models, and what these say of those.
struct Judged<'a> {
    data: &'a StudyData,
    candidates: &'a [Candidate],
    predictions: Predictions,
}
