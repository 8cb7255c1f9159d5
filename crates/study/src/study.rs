//! The protocol from a cohort folder to results, pictures and a model folder.

use crate::device::{NamedDevice, opened};
use crate::input::covariates::Covariates;
use crate::input::subgroups::groupings;
use crate::input::subjects::StudyData;
use crate::input::tables::annotations_in;
use crate::input::unreadable;
use crate::input::usable_models::usable_models;
use crate::progress::{Observer, Tell};
use crate::stages::Context;
use crate::stages::protocol::{Clock, Protocol};
use crate::work_folder::{WorkFolder, fingerprint};
use crate::{Error, FitShare, FitsLeft, KeypointModel, Progress, StudyConfig, UnreadableFilms};
use std::path::{Path, PathBuf};
use vertebra_report::results::StudyResults;

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
    device: Option<NamedDevice>,
    command: Vec<String>,
    on_progress: Box<Observer<'a>>,
}

impl<'a> Study<'a> {
    /// A study of a cohort folder with the quick preset, on the default device, in silence.
    #[must_use]
    pub fn new(cohort: impl Into<PathBuf>) -> Self {
        Self {
            cohort: cohort.into(),
            config: StudyConfig::default(),
            device: None,
            command: Vec::new(),
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
    pub fn device(mut self, device: impl Into<NamedDevice>) -> Self {
        self.device = Some(device.into());
        self
    }

    /// The study with the command line that asked for it, for the record of the run.
    #[must_use]
    pub fn command(mut self, words: impl IntoIterator<Item = String>) -> Self {
        self.command = words.into_iter().collect();
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
    /// The input is checked as a whole before anything is computed. `results.json` and the tables
    /// of subjects and films are written before models and pictures; every file is whole or absent.
    ///
    /// While it runs, `work/` of the folder keeps finished networks, checkpoints of those in
    /// training, and the points that were found. A call that was stopped, in whatever way, goes on
    /// by the same call: its results are those of a call that was not stopped, but for the seconds.
    ///
    /// # Errors
    /// [`Error::OtherRun`] for the folder of an unfinished study with other settings or inputs.
    /// Every problem of the input at once; too few subjects or events for the folds; whatever a
    /// stage cannot do, naming the film or the statistic.
    pub fn run(self, folder: &Path) -> Result<StudyResults, Error> {
        let (work, results) =
            self.begun(folder, None, |study, clock, observer| study.run(clock, observer))?;
        work.remove()?;
        Ok(results)
    }

    /// Does a share of the networks of the study, so that several calls, on one machine or on many
    /// that see the folder, do all of them; [`run`](Self::run) then finds them done, and its results
    /// are those of a call that did everything. What no share has done it does itself.
    ///
    /// Networks of one stage wait for those of the stage before, of every share: a call does what
    /// it can and says what it waits for. It writes no results. The calls may run at the same time
    /// as each other and as [`run`](Self::run); the file system of the folder must know locks.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    ///
    /// # Examples
    /// ```no_run
    /// use vertebra_study::Study;
    /// let left = Study::new("cohort").fit_share("runs/mine".as_ref(), "2/5".parse()?)?;
    /// if left.pending > 0 {
    ///     println!("{}: {} fits of other shares are pending", left.stage, left.pending);
    /// }
    /// # Ok::<(), vertebra_study::Error>(())
    /// ```
    pub fn fit_share(self, folder: &Path, share: FitShare) -> Result<FitsLeft, Error> {
        let done =
            self.begun(folder, Some(share), |study, clock, observer| study.fits(clock, observer));
        match done {
            Ok(_) => Ok(FitsLeft::NONE),
            Err(Error::PendingFits { stage, pending }) => Ok(FitsLeft { stage, pending }),
            Err(error) => Err(error),
        }
    }

    /// Reads the cohort, opens the work folder, and begins.
    fn begun<R>(
        mut self,
        folder: &Path,
        share: Option<FitShare>,
        go_on: impl FnOnce(Protocol<'_>, &mut Clock, &mut Observer<'_>) -> Result<R, Error>,
    ) -> Result<(WorkFolder, R), Error> {
        let mut clock = Clock::start();
        let data = self.read()?;
        let (context, observer) = self.stages(&data, folder)?;
        let covariates = Covariates::of(&data, context.config.covariates())?;
        let given = context.config.keypoint_model.as_ref();
        let detector = given.map(|model| model.load(context.device)).transpose()?;
        let work = WorkFolder::open(folder, &fingerprint(context.cohort, context.config, &data)?)?;
        if work.goes_on() {
            observer.note("an earlier call began this run; this one goes on with what it finished");
        }
        let context = Context { work: &work, share, ..context };
        observer.note(data.summary());
        let pictures = folder.join("pictures");
        std::fs::create_dir_all(&pictures).map_err(Error::io(&pictures))?;
        let protocol = Protocol { context, covariates: &covariates, detector };
        let done = go_on(protocol, &mut clock, observer)?;
        Ok((work, done))
    }

    /// Checks the settings and reads the cohort.
    pub(crate) fn read(&mut self) -> Result<StudyData, Error> {
        self.config.check()?;
        self.on_progress.stage("reading the cohort", None);
        let stands_in = self.shipped_detector_stands_in();
        let mut data = StudyData::read(&self.cohort, &self.config)?;
        data.notes.extend(stands_in);
        if self.config.unreadable_films == UnreadableFilms::Exclude {
            let (context, observer) = self.stages(&data, Path::new(""))?;
            data = unreadable::leave(context, observer)?.unwrap_or(data);
        }
        groupings(&data.cohort, &[], &self.config)?;
        let (models, notes) = usable_models(&self.config, &data)?;
        self.config.clinical_models = models;
        data.notes.extend(notes);
        Ok(data)
    }

    /// Without annotations no detector can be trained: the one of the project finds the points.
    fn shipped_detector_stands_in(&mut self) -> Option<String> {
        let path = annotations_in(&self.cohort);
        if self.config.keypoint_model.is_some() || path.exists() {
            return None;
        }
        self.config.keypoint_model = Some(KeypointModel::Shipped);
        let file = path.file_name().unwrap_or_default().display();
        Some(format!(
            "The cohort has no {file}: the points are those that the detector of the project \
             finds, which was trained on drawn films alone and has no figure of accuracy here."
        ))
    }

    /// What the stages need.
    pub(crate) fn stages<'s>(
        &'s mut self,
        data: &'s StudyData,
        run_folder: &'s Path,
    ) -> Result<(Context<'s>, &'s mut Observer<'a>), Error> {
        let Self { cohort, config, device, command, on_progress } = self;
        let (work, device) = (WorkFolder::NONE, opened(device)?);
        let NamedDevice { device, name: device_name } = device;
        let context = Context {
            data,
            config,
            cohort,
            run_folder,
            device,
            device_name,
            command,
            work,
            share: None,
        };
        Ok((context, &mut **on_progress))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_data::{self, config, folder};
    use vertebra_alignment::ImageVariant;

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
    fn without_annotations_the_detector_of_the_project_finds_the_points() {
        let time = |k: usize, _: &str| format!("{}.5", 1 + k % 6);
        let event = |k: usize, _: &str| usize::from(k.is_multiple_of(3)).to_string();
        let cohort = test_data::edited("cohort.csv", |text| {
            test_data::with_cells(&test_data::with_cells(text, "time", time), "event", event)
        });
        std::fs::remove_file(cohort.path().join("annotations.json")).unwrap();
        let config = StudyConfig { variants: vec![ImageVariant::Patches], ..config() };
        let checked = Study::new(cohort.path()).config(config.clone()).check().unwrap();
        assert!(checked.analysed > 40 && checked.annotated == 0);
        assert!(checked.notes.iter().any(|note| note.contains("no annotations.json")));

        let mut study = Study::new(cohort.path()).config(config);
        study.read().unwrap();
        assert_eq!(study.config.keypoint_model, Some(KeypointModel::Shipped));
    }
}
