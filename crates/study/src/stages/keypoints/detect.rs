//! Points of detectors on reduced films, in px of the original films.

use super::usable::{is_alignable, take_annotated};
use crate::Error;
use crate::films::film::DecodedFilm;
use crate::films::reduced_films::ReducedFilms;
use crate::progress::{Observer, Tell};
use crate::stages::{Context, decode};
use serde::{Deserialize, Serialize};
use vertebra_hrnet::{KeypointDetector, SpineFinding};
use vertebra_keypoints::{Verdict, VertebraKeypoints};

/// Films that a detector sees between two messages of progress.
const AT_ONCE: usize = 32;

/// One detector on some subjects' films, a few at a time.
pub(super) fn detect_on(
    detector: &KeypointDetector,
    films: &ReducedFilms<'_>,
    subjects: &[usize],
) -> Result<Vec<VertebraKeypoints>, Error> {
    let parts = subjects.chunks(AT_ONCE);
    let found = parts.map(|part| detect(detector, films.of_all(part)?.iter()));
    Ok(found.collect::<Result<Vec<_>, Error>>()?.concat())
}

/// One detector on some films.
fn detect<'f>(
    detector: &KeypointDetector,
    films: impl Iterator<Item = &'f DecodedFilm> + Clone,
) -> Result<Vec<VertebraKeypoints>, Error> {
    let views: Vec<_> = films.clone().map(|film| film.film.as_film()).collect();
    let found = detector.detect_batch(&views)?;
    films.zip(found).map(|(film, points)| film.original(&points)).collect()
}

/// What is said of a subject's film.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct JudgedFilm {
    /// Detected points, px of the original film; or annotated ones in their place.
    pub(crate) keypoints: VertebraKeypoints,
    /// Whether the points are annotated ones.
    pub(crate) replaced: bool,
    /// Probability that the film is a lateral lumbar one.
    pub(crate) lateral_lumbar: f64,
    /// Probability that it is one and all points are right.
    pub(crate) points_right: f64,
    /// Whether the detected points may be used.
    pub(crate) verdict: Verdict,
}

/// The same with the verdict on every film.
fn judge<'f>(
    detector: &KeypointDetector,
    films: impl Iterator<Item = &'f DecodedFilm> + Clone,
) -> Result<Vec<JudgedFilm>, Error> {
    let views: Vec<_> = films.clone().map(|film| film.film.as_film()).collect();
    let found = detector.find(&views)?;
    let trust = detector.trust()?;
    let judged = |(film, found): (&DecodedFilm, SpineFinding)| {
        Ok(JudgedFilm {
            keypoints: film.original(&found.keypoints)?,
            replaced: false,
            lateral_lumbar: trust.lateral_lumbar(&found.evidence),
            points_right: trust.points_right(&found.evidence),
            verdict: trust.verdict(&found, film.film.spacing_mm()),
        })
    };
    films.zip(found).map(judged).collect()
}

/// Every film, and the verdict on it, by a detector that never saw it: development films by that of
/// their fold, where there is one, and test films by the one that is kept.
pub(super) fn out_of_fold(
    context: Context<'_>,
    films: &ReducedFilms<'_>,
    (of_folds, kept): (&[KeypointDetector], &KeypointDetector),
    on_film: &mut dyn FnMut(),
) -> Result<Vec<JudgedFilm>, Error> {
    let data = context.data;
    let validation = |fold| (data.fold(fold).1, of_folds.get(fold).unwrap_or(kept));
    let sets = (0..data.n_folds()).map(validation).chain([(data.test().to_vec(), kept)]);
    let mut found = vec![None; data.n()];
    for (subjects, detector) in sets {
        for part in subjects.chunks(AT_ONCE) {
            let judged = judge(detector, films.of_all(part)?.iter())?;
            for (&i, judged) in part.iter().zip(judged) {
                found[i] = Some(judged);
                on_film();
            }
        }
    }
    Ok(found.into_iter().flatten().collect())
}

/// Every film by one detector, decoded on the way; detections that cannot be aligned give way to
/// the annotated points, and the observer is told on which films.
pub(crate) fn by_one_detector(
    context: Context<'_>,
    detector: &KeypointDetector,
    observer: &mut Observer<'_>,
) -> Result<Vec<VertebraKeypoints>, Error> {
    let mut found = Vec::with_capacity(context.data.n());
    let mut unusable = Vec::new();
    observer.stage("detecting keypoints", Some(context.data.n()));
    decode::in_chunks(context, observer, |subjects, films| {
        let points = detect(detector, films.iter().map(|(film, _)| film))?;
        let pairs = films.iter().zip(&points);
        let fits = pairs.map(|((film, _), p)| is_alignable(film, p, &context.config.picture));
        unusable.extend(subjects.zip(fits).filter(|(_, fits)| !fits).map(|(subject, _)| subject));
        found.extend(points);
        Ok(())
    })?;
    let replaced = take_annotated(context.data, &mut found, &unusable);
    if let Some(note) = replaced.with_none_lost(context.data)? {
        let films: Vec<&str> = unusable.iter().map(|&i| context.data.films[i].as_str()).collect();
        observer.note(format!("{note} They are: {}", films.join(", ")));
    }
    Ok(found)
}
