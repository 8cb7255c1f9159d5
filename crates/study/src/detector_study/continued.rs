//! A detector that goes on from its weights on a few films of one's own: what that gains is told on
//! films held out in turn, and the detector that is kept has seen them all.

use super::{DetectorStudy, TestedFilmErrors, calibrated, draw_worst, relative, rows, tell};
use crate::device::opened;
use crate::{Error, Reliability};
use serde::Serialize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use vertebra_hrnet::{DetectorTrainer, FilmFolds, KeypointDetector, folds_by_subject};
use vertebra_keypoints::RelativeReport;
use vertebra_raster::Film;
use vertebra_training::{EpochSummary, Event};

/// What a detector gained on films that it had not seen.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive] // only a study makes one
pub struct ContinuedTest {
    /// The detector as it came.
    pub before: RelativeReport,
    /// Each film by a detector continued on the films of other subjects.
    pub after: RelativeReport,
    /// What the confidence is worth, where there are films enough; see
    /// [`DetectorFigures::reliability`](crate::DetectorFigures::reliability).
    pub reliability: Option<Reliability>,
    /// Each film by a detector that has not seen its subject.
    #[serde(skip)]
    pub films: Vec<TestedFilmErrors>,
    /// Of every training its name and its epochs.
    #[serde(skip)]
    pub trainings: Vec<(String, Vec<EpochSummary>)>,
    /// Where the detector that was continued on all films was saved.
    pub folder: PathBuf,
}

impl DetectorStudy<'_> {
    /// Goes on from a detector that has seen none of the films: tests it as it is, continues it
    /// once without each fold and tests that on the fold, then on all films, and saves the last in
    /// `model/` with what its confidence is worth, learnt from the folds, and with the first one's
    /// [`trust`](KeypointDetector::trust). The configuration is that
    /// of [`DetectorConfig::continued_on`](vertebra_hrnet::DetectorConfig::continued_on), as a
    /// rule. Checkpoints are kept in the folder, and the same call goes on from them.
    ///
    /// # Errors
    /// As [`DetectorStudy::run`].
    pub fn run_continued(
        mut self,
        start: &KeypointDetector,
        folder: &Path,
    ) -> Result<ContinuedTest, Error> {
        let films = self.films;
        let seed = self.config.training.seed;
        self.start = Some(start.clone());
        let views: Vec<Film<'_>> = films.samples.iter().map(|film| film.as_film()).collect();
        let before = start.find(&views)?;
        let fold_of = folds_by_subject(&films.subjects, self.n_folds, seed)?;
        let folds = FilmFolds::new(&films.samples, &fold_of)?;
        self.every_fold = true;
        let (held_out, tested) = self.train(&folds, folder)?;
        let (calibration, reliability) = calibrated(&tested, seed)?.unzip();
        draw_worst(&tested, folder)?;
        let trainer = DetectorTrainer::new(self.config.clone())
            .with_device(&opened(&mut self.device)?.device)
            .with_network(start.network().clone())
            .with_run_folder(&folder.join("all"));
        let (observer, mut steps) = (&mut *self.on_progress, 0);
        let mut show = |event: &Event| -> ControlFlow<()> {
            tell(observer, "training on all films", event, &mut steps)
        };
        let last = trainer.fit(&films.samples, &[], &mut show)?;
        let detector = last.detector.with_trust(start.trust()?);
        let detector = match calibration {
            Some(calibration) => detector.with_calibration(calibration),
            None => detector,
        };
        let kept = folder.join("model");
        detector.save(&kept)?;
        let marked = films.samples.iter().map(|film| film.keypoints);
        let before: Vec<_> = marked.zip(before.iter().map(|found| found.keypoints)).collect();
        let name = |i: usize| format!("without fold {}", i + 1);
        let trainings = held_out.iter().enumerate();
        let trainings = trainings.map(|(i, (_, trained))| (name(i), trained.history.clone()));
        Ok(ContinuedTest {
            before: RelativeReport::new(&before)?,
            after: relative(&tested)?,
            films: rows(&tested),
            reliability,
            trainings: trainings.chain([("all films".to_owned(), last.history)]).collect(),
            folder: kept,
        })
    }
}
