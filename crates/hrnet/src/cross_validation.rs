//! Cross-validation by subject: every film is detected once, by a detector that has seen no film of
//! its subject.

use crate::{
    DetectorConfig, Error, FilmPixels, FilmSample, SpineFinding, TrainedDetector, train_detector,
};
use burn::tensor::Device;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::path::Path;
use vertebra_training::Event;

/// Detectors of all folds, and what they found on the films they had not seen.
#[derive(Debug, Clone)]
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
    folds.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    fold_of.values_mut().zip(folds).for_each(|(fold, dealt)| *fold = dealt);
    Ok(subjects.iter().map(|s| fold_of[s]).collect())
}

/// Trains one detector per fold; `fold_of` is the fold of every film.
///
/// Each fold has a run folder of its own within `run_folder`, so that an interrupted
/// cross-validation goes on where it was. `on_event` gets the fold and what happens in it. The
/// held-out films take no part in the training, not even for early stopping.
///
/// # Errors
/// As [`train_detector`]; [`Error::InvalidSetting`] where `fold_of` has another length or leaves
/// a fold empty.
pub fn cross_validate(
    config: &DetectorConfig,
    films: &[FilmSample],
    fold_of: &[usize],
    device: &Device,
    seed: u64,
    run_folder: Option<&Path>,
    on_event: &mut dyn FnMut(usize, &Event),
) -> Result<CrossValidation, Error> {
    if fold_of.len() != films.len() {
        return Err(Error::invalid("fold_of", format!("{} films", films.len()), fold_of.len()));
    }
    let n_folds = fold_of.iter().max().map_or(0, |last| last + 1);
    let mut folds = Vec::with_capacity(n_folds);
    let mut detected = vec![None; films.len()];
    for fold in 0..n_folds {
        let part = |held_out: bool| {
            let wanted = move |(_, f): &(usize, &usize)| (**f == fold) == held_out;
            fold_of.iter().enumerate().filter(wanted).map(|(i, _)| i)
        };
        if part(true).next().is_none() {
            return Err(Error::invalid(
                "fold_of",
                "a film in every fold",
                format!("none in {fold}"),
            ));
        }
        let train: Vec<FilmSample> = part(false).map(|i| films[i].clone()).collect();
        let folder = run_folder.map(|folder| folder.join(format!("fold-{}", fold + 1)));
        let mut event = |event: &Event| on_event(fold, event);
        let trained =
            train_detector(config, &train, &[], device, seed, folder.as_deref(), &mut event)?;
        let views: Vec<FilmPixels<'_>> =
            part(true).map(|i| films[i].film()).collect::<Result<_, _>>()?;
        let found = trained.detector.find(&views)?;
        part(true).zip(found).for_each(|(i, finding)| detected[i] = Some(finding));
        folds.push(trained);
    }
    let detected = detected.into_iter().flatten().collect();
    Ok(CrossValidation { folds, fold_of: fold_of.to_vec(), detected })
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
