//! A detector that goes on from its weights on a few films of one's own: what that gains is told on
//! films held out in turn, and the detector that is kept has seen them all.

use super::{DetectorStudy, TestedFilm, calibrated, draw_worst, tell};
use crate::{Error, Reliability};
use serde::Serialize;
use std::fmt;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use vertebra_hrnet::{DetectorTrainer, FilmFolds, KeypointDetector, folds_by_subject};
use vertebra_keypoints::VertebraKeypoints;
use vertebra_raster::Film;
use vertebra_training::{EpochSummary, Event};

/// What a detector gained on films that it had not seen.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive] // only a study makes one
pub struct ContinuedTest {
    /// The detector as it came.
    pub before: SpineFigures,
    /// Each film by a detector continued on the films of other subjects.
    pub after: SpineFigures,
    /// What the confidence is worth; `None` without films of known spacing from two subjects.
    pub reliability: Option<Reliability>,
    /// Of every training its name and its epochs.
    #[serde(skip)]
    pub trainings: Vec<(String, Vec<EpochSummary>)>,
    /// Where the detector that was continued on all films was saved.
    pub folder: PathBuf,
}

/// How well spines are found, in units that need no pixel spacing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive] // only a study makes one
pub struct SpineFigures {
    /// Films.
    pub n: usize,
    /// Films on which each point lies nearer to its own vertebra than to another, T12 and S1
    /// included.
    pub levels_right: usize,
    /// Films with all points within [`SpineFigures::NEAR_PERCENT`] of the distance L1-L5.
    pub near: usize,
    /// Median distance of a point from its mark, per cent of the distance L1-L5.
    pub median_percent: f64,
}

impl SpineFigures {
    /// 8 mm in adults: the mean distance L1-L5 is 140 mm.
    pub const NEAR_PERCENT: f64 = 6.0;

    /// Of pairs of marked and found points.
    fn of<'p>(pairs: impl Iterator<Item = (&'p VertebraKeypoints, &'p VertebraKeypoints)>) -> Self {
        let (mut figures, mut errors) =
            (Self { n: 0, levels_right: 0, near: 0, median_percent: f64::NAN }, Vec::new());
        for (marked, found) in pairs {
            let percent = percent_errors(marked, found);
            figures.n += 1;
            figures.levels_right += usize::from(levels_agree(marked, found));
            figures.near += usize::from(percent.iter().all(|e| *e <= Self::NEAR_PERCENT));
            errors.extend(percent);
        }
        errors.sort_by(f64::total_cmp);
        let middle = errors.len() / 2;
        if let (Some(a), Some(b)) = (errors.get(middle.saturating_sub(1)), errors.get(middle)) {
            figures.median_percent = if errors.len() % 2 == 0 { 0.5 * (a + b) } else { *b };
        }
        figures
    }
}

impl fmt::Display for SpineFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "levels right on {} of {} films, all points within {} % of L1-L5 on {}, median error \
             {:.1} %",
            self.levels_right,
            self.n,
            Self::NEAR_PERCENT,
            self.near,
            self.median_percent
        )
    }
}

fn percent_errors(marked: &VertebraKeypoints, found: &VertebraKeypoints) -> [f64; 5] {
    let [first, .., last] = marked.points();
    let length = (first.x - last.x).hypot(first.y - last.y);
    std::array::from_fn(|i| {
        let (p, q) = (marked.points()[i], found.points()[i]);
        100.0 * (p.x - q.x).hypot(p.y - q.y) / length
    })
}

/// Whether each found point is nearest to its own mark. T12 and S1, which are not marked, go on
/// from the marks next to them.
fn levels_agree(marked: &VertebraKeypoints, found: &VertebraKeypoints) -> bool {
    let marks: Vec<(f64, f64)> = marked.points().iter().map(|p| (p.x, p.y)).collect();
    let beyond = |a: (f64, f64), b: (f64, f64)| (2.0 * a.0 - b.0, 2.0 * a.1 - b.1);
    let mut chain = vec![beyond(marks[0], marks[1])];
    chain.extend(&marks);
    chain.push(beyond(marks[4], marks[3]));
    let nearest = |x: f64, y: f64| {
        let square = |p: &(f64, f64)| (p.0 - x).powi(2) + (p.1 - y).powi(2);
        (0..chain.len()).min_by(|i, j| square(&chain[*i]).total_cmp(&square(&chain[*j])))
    };
    found.points().iter().enumerate().all(|(i, p)| nearest(p.x, p.y) == Some(i + 1))
}

impl DetectorStudy<'_> {
    /// Goes on from a detector that has seen none of the films: tests it as it is, continues it
    /// once without each fold and tests that on the fold, then on all films, and saves the last in
    /// `model/` with what its confidence is worth, learnt from the folds. The configuration is that
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
            .with_device(&self.device)
            .with_network(start.network().clone())
            .with_run_folder(&folder.join("all"));
        let (observer, mut steps) = (&mut *self.on_progress, 0);
        let mut show = |event: &Event| -> ControlFlow<()> {
            tell(observer, "training on all films", event, &mut steps)
        };
        let last = trainer.fit(&films.samples, &[], &mut show)?;
        let detector = match calibration {
            Some(calibration) => last.detector.with_calibration(calibration),
            None => last.detector,
        };
        let kept = folder.join("model");
        detector.save(&kept)?;
        let marked = films.samples.iter().map(|film| &film.keypoints);
        let name = |i: usize| format!("without fold {}", i + 1);
        let trainings = held_out.iter().enumerate();
        let trainings = trainings.map(|(i, (_, trained))| (name(i), trained.history.clone()));
        Ok(ContinuedTest {
            before: SpineFigures::of(marked.zip(before.iter().map(|found| &found.keypoints))),
            after: SpineFigures::of(tested.iter().map(TestedFilm::pair)),
            reliability,
            trainings: trainings.chain([("all films".to_owned(), last.history)]).collect(),
            folder: kept,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spine(shift: f64) -> VertebraKeypoints {
        let point = |i: usize| (10.0 + i as f64, 50.0 + 25.0 * (i as f64 + shift));
        VertebraKeypoints::from_xy(std::array::from_fn(point)).unwrap()
    }

    #[test]
    fn a_chain_one_level_off_has_no_right_levels() {
        let (marked, near, off) = (spine(0.0), spine(0.1), spine(1.0));
        let figures = SpineFigures::of([(&marked, &near), (&marked, &off)].into_iter());
        assert_eq!((figures.n, figures.levels_right, figures.near), (2, 1, 1));
        let expected = 100.0 * (2.5 + 25.0) / 2.0 / 4f64.hypot(100.0);
        assert!((figures.median_percent - expected).abs() < 1e-9, "{figures}");
    }

    #[test]
    fn no_films_have_no_median() {
        assert!(SpineFigures::of(std::iter::empty()).median_percent.is_nan());
    }
}
