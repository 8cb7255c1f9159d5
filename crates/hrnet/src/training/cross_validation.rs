//! Cross-validation by subject: every film is detected once, by a detector that has seen no film of
//! its subject.

use crate::{DetectorTrainer, Error, FilmSample, SpineFinding, TrainedDetector};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use vertebra_raster::Film;
use vertebra_run::{Seed, shuffle};
use vertebra_training::Event;

/// Detectors of all folds, and what they found on the films they had not seen.
#[derive(Debug, Clone)]
#[non_exhaustive] // only a trainer makes one
pub struct CrossValidation {
    /// One detector per fold.
    pub folds: Vec<TrainedDetector>,
    /// The fold each film was held out in, from 0.
    pub fold_of: Vec<usize>,
    /// What its fold's detector found on each film.
    pub detected: Vec<SpineFinding>,
}

/// Deals subjects out to `n_folds` folds of equal size (within one subject), by seed; gives the
/// fold of every film.
///
/// # Errors
/// [`Error::InvalidSetting`] for fewer than two folds, or more folds than subjects.
///
/// # Examples
/// ```
/// use vertebra_hrnet::folds_by_subject;
/// let subject = ["a", "b", "a", "c", "d"];
/// let fold = folds_by_subject(&subject, 2, 7)?;
/// assert_eq!(fold[0], fold[2]);
/// # Ok::<(), vertebra_hrnet::Error>(())
/// ```
pub fn folds_by_subject<S: Ord>(
    subjects: &[S],
    n_folds: usize,
    seed: u64,
) -> Result<Vec<usize>, Error> {
    let mut fold_of: BTreeMap<&S, usize> = subjects.iter().map(|s| (s, 0)).collect();
    if n_folds < 2 || n_folds > fold_of.len() {
        let expected = format!("2 to {} (the number of subjects)", fold_of.len());
        return Err(Error::invalid("n_folds", expected, n_folds));
    }
    let mut folds: Vec<usize> = (0..fold_of.len()).map(|i| i % n_folds).collect();
    shuffle(&mut folds, &mut Seed::new(seed).named("detector folds").generator());
    fold_of.values_mut().zip(folds).for_each(|(fold, dealt)| *fold = dealt);
    Ok(subjects.iter().map(|s| fold_of[s]).collect())
}

/// A detector and what it found on the films of the fold that it has not seen.
#[derive(Debug, Clone)]
#[non_exhaustive] // only a trainer makes one
pub struct TrainedFold {
    /// The detector.
    pub trained: TrainedDetector,
    /// The held-out films, by number.
    pub held_out: Vec<usize>,
    /// What was found on each of them.
    pub detected: Vec<SpineFinding>,
}

/// Films dealt out to folds.
#[derive(Debug, Clone, Copy)]
pub struct FilmFolds<'a> {
    films: &'a [FilmSample],
    fold_of: &'a [usize],
    n: usize,
}

impl<'a> FilmFolds<'a> {
    /// `fold_of` is the fold of every film, from 0; see [`folds_by_subject`].
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] where `fold_of` has another length or leaves a fold empty.
    pub fn new(films: &'a [FilmSample], fold_of: &'a [usize]) -> Result<Self, Error> {
        if fold_of.len() != films.len() {
            return Err(Error::invalid("fold_of", format!("{} films", films.len()), fold_of.len()));
        }
        let n = fold_of.iter().max().map_or(0, |last| last + 1);
        match (0..n).find(|fold| !fold_of.contains(fold)) {
            Some(empty) => {
                Err(Error::invalid("fold_of", "a film in every fold", format!("none in {empty}")))
            }
            None => Ok(Self { films, fold_of, n }),
        }
    }

    /// Number of folds.
    #[must_use]
    pub fn n_folds(&self) -> usize {
        self.n
    }

    fn numbers(&self, wanted: impl Fn(usize) -> bool) -> impl Iterator<Item = usize> {
        (0..self.films.len()).filter(move |&i| wanted(self.fold_of[i]))
    }

    fn copied(&self, wanted: impl Fn(usize) -> bool) -> Vec<FilmSample> {
        self.numbers(wanted).map(|i| self.films[i].clone()).collect()
    }
}

impl DetectorTrainer {
    /// Trains a detector on the films of all folds but `fold`, and tests it on those.
    ///
    /// Where [`TrainingConfig::patience`](vertebra_training::TrainingConfig::patience) is set, the
    /// fold after it (the first after the last) decides when to stop and takes no part in the
    /// training either. The held-out films never do.
    ///
    /// # Errors
    /// As [`DetectorTrainer::fit`]; [`Error::InvalidSetting`] for a fold that there is not, and for
    /// fewer than three folds with patience.
    pub fn fit_fold(
        &self,
        folds: &FilmFolds<'_>,
        fold: usize,
        on_event: &mut dyn FnMut(&Event) -> ControlFlow<()>,
    ) -> Result<TrainedFold, Error> {
        self.fit_fold_in(self.run_folder.as_deref(), folds, fold, on_event)
    }

    /// Trains one detector per fold, each by [`DetectorTrainer::fit_fold`].
    ///
    /// Each fold has a run folder of its own within the trainer's, so that an interrupted
    /// cross-validation goes on where it was. `on_event` gets the fold and what happens in it.
    ///
    /// # Errors
    /// As [`DetectorTrainer::fit_fold`].
    pub fn cross_validate(
        &self,
        folds: &FilmFolds<'_>,
        on_event: &mut dyn FnMut(usize, &Event) -> ControlFlow<()>,
    ) -> Result<CrossValidation, Error> {
        let mut trained = Vec::with_capacity(folds.n);
        let mut detected = vec![None; folds.films.len()];
        for fold in 0..folds.n {
            let folder = self.run_folder.as_ref().map(|run| run.join(format!("fold-{}", fold + 1)));
            let mut event = |event: &Event| on_event(fold, event);
            let one = self.fit_fold_in(folder.as_deref(), folds, fold, &mut event)?;
            one.held_out.iter().zip(one.detected).for_each(|(&i, found)| detected[i] = Some(found));
            trained.push(one.trained);
        }
        let detected = detected.into_iter().flatten().collect();
        Ok(CrossValidation { folds: trained, fold_of: folds.fold_of.to_vec(), detected })
    }

    fn fit_fold_in(
        &self,
        run_folder: Option<&Path>,
        folds: &FilmFolds<'_>,
        fold: usize,
        on_event: &mut dyn FnMut(&Event) -> ControlFlow<()>,
    ) -> Result<TrainedFold, Error> {
        let n = folds.n;
        if fold >= n {
            return Err(Error::invalid("fold", format!("less than {n}"), fold));
        }
        let stopping = self.config.training.patience.is_some();
        if stopping && n < 3 {
            return Err(Error::invalid("n_folds", "at least 3 for early stopping (patience)", n));
        }
        let deciding = stopping.then_some((fold + 1) % n);
        let train = folds.copied(|f| f != fold && Some(f) != deciding);
        let valid = folds.copied(|f| Some(f) == deciding);
        let trained = self.fit_in(run_folder, &train, &valid, on_event)?;
        drop((train, valid));
        let held_out: Vec<usize> = folds.numbers(|f| f == fold).collect();
        let views: Vec<Film<'_>> = held_out.iter().map(|&i| folds.films[i].as_film()).collect();
        let detected = trained.detector.find(&views)?;
        Ok(TrainedFold { trained, held_out, detected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_stay_together_and_folds_have_equal_sizes() {
        let subjects: Vec<usize> = (0..90).map(|i| i / 3).collect();
        let fold = folds_by_subject(&subjects, 4, 3).unwrap();
        assert!(fold.chunks(3).all(|f| f[0] == f[1] && f[1] == f[2]));
        let size = |k| fold.iter().filter(|&&f| f == k).count() / 3;
        assert_eq!([size(0), size(1), size(2), size(3)], [8, 8, 7, 7]);
        assert_ne!(fold, folds_by_subject(&subjects, 4, 4).unwrap());
    }

    #[test]
    fn more_folds_than_subjects_is_an_error() {
        let text = folds_by_subject(&[1, 1, 2], 3, 0).unwrap_err().to_string();
        assert_eq!(text, "n_folds: expected 2 to 2 (the number of subjects), got 3");
    }
}
