//! A keypoint detector trained on annotated films and tested on those of other subjects, without
//! the rest of the protocol.

mod continued;
mod tested;

use crate::device::{NamedDevice, opened};
use crate::progress::{Observer, Tell};
use crate::{AnnotatedFilms, Error, Progress};
use serde::Serialize;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tested::{draw_worst, relative, rows};
use vertebra_hrnet::{DetectorCalibration, DetectorConfig, DetectorTrainer, FilmFolds, FilmSample};
use vertebra_hrnet::{KeypointDetector, SpineFinding, TrainedDetector, folds_by_subject};
use vertebra_keypoints::{ConfidenceCalibration, LocatedFilm, OksOptions, ReliabilityTable};
use vertebra_training::{EpochSummary, Event};

pub use continued::ContinuedTest;
pub use tested::{DetectorFigures, TestedFilmErrors};

/// Groups of the reliability table.
const RELIABILITY_ROWS: usize = 5;

/// The training of a detector, or of one per fold, and its test.
///
/// ```no_run
/// use vertebra_study::{AnnotatedFilms, DetectorStudy, FilmCache};
/// let cache = FilmCache::new(None);
/// let films = AnnotatedFilms::read("cohort".as_ref(), [160, 128], &cache, &mut |_| {})?;
/// let tested = DetectorStudy::new(&films).run("runs/detector".as_ref())?;
/// println!("{}", tested.figures.precision);
/// # Ok::<(), vertebra_study::Error>(())
/// ```
pub struct DetectorStudy<'a> {
    films: &'a AnnotatedFilms,
    config: DetectorConfig,
    n_folds: usize,
    every_fold: bool,
    oks: OksOptions,
    start: Option<KeypointDetector>,
    device: Option<NamedDevice>,
    on_progress: Box<Observer<'a>>,
}

/// What a detector finds on films of subjects that it has not seen.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive] // only a study makes one
pub struct DetectorTest {
    /// Tested films.
    pub n: usize,
    /// What was found beside the marks.
    #[serde(flatten)]
    pub figures: DetectorFigures,
    /// Of every training its name and its epochs.
    #[serde(skip)]
    pub trainings: Vec<(String, Vec<EpochSummary>)>,
    /// Where the detectors were saved.
    #[serde(skip)]
    pub folders: Vec<PathBuf>,
}

/// A film's least confidence against the share of films on which all points lie within
/// [`DetectorCalibration::WITHIN_MM`].
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive] // only a study makes one
pub struct Reliability {
    /// As the detector states it.
    pub stated: ReliabilityTable,
    /// As a probability that was learnt from the films of other subjects.
    pub calibrated: ReliabilityTable,
}

/// Detectors and the folders they belong in.
type Trained = Vec<(PathBuf, TrainedDetector)>;

/// A film's truth, what was found on it, and whose it is.
struct TestedFilm<'a> {
    name: &'a str,
    film: &'a FilmSample,
    found: SpineFinding,
    subject: &'a str,
}

impl<'a> DetectorStudy<'a> {
    /// Films of known spacing from which a probability is learnt: if all points were found on all
    /// of so many films, the share of such films is above 0.90 (95 % confidence).
    pub const LEAST_TO_CALIBRATE: usize = 30;

    /// The quick detector, one fold of five held out, on the default device, in silence.
    #[must_use]
    pub fn new(films: &'a AnnotatedFilms) -> Self {
        Self {
            films,
            config: DetectorConfig::quick(),
            n_folds: 5,
            every_fold: false,
            oks: OksOptions::default(),
            start: None,
            device: None,
            on_progress: Box::new(|_| {}),
        }
    }

    /// The study with these settings; the seed of the training is that of the folds too.
    #[must_use]
    pub fn config(mut self, config: DetectorConfig) -> Self {
        self.config = config;
        self
    }

    /// The study with this many folds of subjects.
    #[must_use]
    pub fn folds(mut self, n_folds: usize) -> Self {
        self.n_folds = n_folds;
        self
    }

    /// The study with a detector for every fold, so that every film is tested.
    #[must_use]
    pub fn every_fold(mut self, every_fold: bool) -> Self {
        self.every_fold = every_fold;
        self
    }

    /// The study with this OKS behind the average precision.
    #[must_use]
    pub fn oks(mut self, oks: OksOptions) -> Self {
        self.oks = oks;
        self
    }

    /// The study whose trainings start from the weights of `detector`, head included; its network
    /// must be the configuration's.
    #[must_use]
    pub fn start(mut self, detector: KeypointDetector) -> Self {
        self.start = Some(detector);
        self
    }

    /// The study on this device.
    #[must_use]
    pub fn device(mut self, device: impl Into<NamedDevice>) -> Self {
        self.device = Some(device.into());
        self
    }

    /// The study with a function that is told what is being done.
    #[must_use]
    pub fn on_progress(mut self, observer: impl FnMut(Progress) + 'a) -> Self {
        self.on_progress = Box::new(observer);
        self
    }

    /// Trains and tests. Checkpoints are kept in the folder, and the same call goes on from them;
    /// detectors are saved in `model/`, or in `fold-N/model/` of every fold, with what their
    /// confidence is worth, and sheets of the films with the largest errors are drawn.
    ///
    /// # Errors
    /// [`Error::Detector`] for settings, folds or films that cannot be used; [`Error::Io`].
    pub fn run(mut self, folder: &Path) -> Result<DetectorTest, Error> {
        let seed = self.config.training.seed;
        let films = self.films;
        let fold_of = folds_by_subject(&films.subjects, self.n_folds, seed)?;
        let folds = FilmFolds::new(&films.samples, &fold_of)?;
        let (trained, tested) = self.train(&folds, folder)?;
        let (calibration, reliability) = calibrated(&tested, seed)?.unzip();
        let mut folders = Vec::with_capacity(trained.len());
        for (path, trained) in &trained {
            let detector = trained.detector.clone();
            match &calibration {
                Some(calibration) => detector.with_calibration(calibration.clone()).save(path)?,
                None => detector.save(path)?,
            }
            folders.push(path.clone());
        }
        draw_worst(&tested, folder)?;
        let name = |i: usize| match self.every_fold {
            true => format!("fold {}", i + 1),
            false => "training".to_owned(),
        };
        let trainings = (0..).zip(&trained).map(|(i, (_, t))| (name(i), t.history.clone()));
        Ok(DetectorTest {
            n: tested.len(),
            figures: DetectorFigures::of(&tested, &self.oks, reliability)?,
            trainings: trainings.collect(),
            folders,
        })
    }

    /// Detectors, and the films they were tested on.
    fn train(
        &mut self,
        folds: &FilmFolds<'_>,
        folder: &Path,
    ) -> Result<(Trained, Vec<TestedFilm<'a>>), Error> {
        let films = self.films;
        let tested = |i: usize, found| TestedFilm {
            name: &films.names[i],
            film: &films.samples[i],
            found,
            subject: &films.subjects[i],
        };
        let mut trainer = DetectorTrainer::new(self.config.clone())
            .with_device(&opened(&mut self.device)?.device)
            .with_run_folder(folder);
        if let Some(start) = &self.start {
            trainer = trainer.with_network(start.network().clone());
        }
        let observer = &mut *self.on_progress;
        let mut steps = 0;
        if !self.every_fold {
            let mut show =
                |event: &Event| tell(observer, "training the detector", event, &mut steps);
            let fold = trainer.fit_fold(folds, 0, &mut show)?;
            let pairs = fold.held_out.into_iter().zip(fold.detected);
            let tested = pairs.map(|(i, found)| tested(i, found)).collect();
            return Ok((vec![(folder.join("model"), fold.trained)], tested));
        }
        let mut show = |fold: usize, event: &Event| {
            let name = format!("training fold {} of {}", fold + 1, folds.n_folds());
            tell(observer, &name, event, &mut steps)
        };
        let validated = trainer.cross_validate(folds, &mut show)?;
        let path = |fold: usize| folder.join(format!("fold-{}/model", fold + 1));
        let trained = (0..).zip(validated.folds).map(|(fold, trained)| (path(fold), trained));
        let pairs = validated.detected.into_iter().enumerate();
        let tested = pairs.map(|(i, found)| tested(i, found)).collect();
        Ok((trained.collect(), tested))
    }
}

/// One stage of progress for one run of the training loop.
fn tell(
    observer: &mut Observer<'_>,
    name: &str,
    event: &Event,
    steps: &mut usize,
) -> ControlFlow<()> {
    match event {
        Event::Started { epochs_done, epochs, steps_per_epoch } => {
            *steps = epochs_done * steps_per_epoch;
            observer.stage(name, Some(epochs * steps_per_epoch));
            observer.done(*steps);
        }
        Event::Step { .. } => {
            *steps += 1;
            observer.done(*steps);
        }
        _ => {}
    }
    ControlFlow::Continue(())
}

/// What a film's confidence is worth: learnt from all tested films, and tested with what the films
/// of the other subjects teach.
fn calibrated(
    tested: &[TestedFilm<'_>],
    seed: u64,
) -> Result<Option<(DetectorCalibration, Reliability)>, Error> {
    let within_mm = DetectorCalibration::WITHIN_MM;
    let films = tested.iter().filter_map(|one| Some((one.located()?, one.subject)));
    let (films, subjects): (Vec<LocatedFilm>, Vec<&str>) = films.unzip();
    let different = subjects.iter().collect::<HashSet<_>>().len();
    if different < 2 || films.len() < DetectorStudy::LEAST_TO_CALIBRATE {
        return Ok(None);
    }
    let confidence: Vec<f64> = films.iter().map(|f| f.detected.least_confidence()).collect();
    let success: Vec<bool> = films.iter().map(|film| film.is_within(within_mm)).collect();
    let group = folds_by_subject(&subjects, different.min(5), seed)?;
    let probability = ConfidenceCalibration::cross_fitted(&confidence, &success, &group)?;
    let reliability = Reliability {
        stated: ReliabilityTable::new(&confidence, &success, RELIABILITY_ROWS)?,
        calibrated: ReliabilityTable::new(&probability, &success, RELIABILITY_ROWS)?,
    };
    Ok(Some((DetectorCalibration::fit(within_mm, &films)?, reliability)))
}
