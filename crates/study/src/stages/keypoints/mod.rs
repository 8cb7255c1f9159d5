//! Keypoints of every analysed film, each found by a detector that never saw it, and how good they
//! are.

mod accuracy;
mod detect;
mod pictures;
mod train;
pub(crate) mod usable;

use crate::Error;
use crate::films::reduced_films::ReducedFilms;
use crate::progress::{Observer, Tell, counting};
use crate::stages::Context;
use accuracy::Accuracy;
pub(crate) use detect::{JudgedFilm, by_one_detector};
use std::collections::BTreeMap;
use vertebra_hrnet::{DetectorCalibration, KeypointDetector};
use vertebra_keypoints::{LocatedFilm, Verdict, VertebraKeypoints};
use vertebra_report::results::KeypointResults;

/// What is said of every subject's film, and the detector that is kept.
pub(crate) struct Keypoints {
    pub(crate) films: Vec<JudgedFilm>,
    pub(crate) detector: KeypointDetector,
    pub(crate) results: KeypointResults,
    /// Subjects whose film has no points that can be aligned, annotated or detected.
    pub(crate) lost: Vec<usize>,
    /// What was done about films whose detected points cannot be aligned.
    pub(crate) notes: Vec<String>,
}

/// Finds the keypoints of every film, by a given detector or by detectors trained here.
///
/// Detections that cannot be aligned give way to the annotated points; the accuracy is that of the
/// detections.
pub(crate) fn find(
    context: Context<'_>,
    films: &ReducedFilms<'_>,
    given: Option<KeypointDetector>,
    observer: &mut Observer<'_>,
) -> Result<Keypoints, Error> {
    let trained_here = given.is_none();
    let (of_folds, kept) = match given {
        Some(detector) => (Vec::new(), detector),
        None => train::detectors(context, films, observer)?,
    };
    observer.stage("detecting keypoints", Some(films.len()));
    let mut step = counting(observer);
    let detect = || detect::out_of_fold(context, films, (&of_folds, &kept), &mut step);
    let judged = context.work.stage("points", detect)?;
    drop(step);
    let mut keypoints: Vec<_> = judged.iter().map(|film| film.keypoints).collect();
    let accuracy = Accuracy { data: context.data, films };
    let detector = if trained_here { calibrated(kept, &accuracy, &keypoints)? } else { kept };
    let mut results = accuracy.results(&keypoints, &detector)?;
    results.overlays = pictures::best_median_worst(context, &accuracy, &keypoints)?;

    let unusable = usable::unusable(context, films, &keypoints)?;
    let replaced = usable::take_annotated(context.data, &mut keypoints, &unusable);
    let mut notes = Vec::from_iter(replaced.note);
    notes.extend(not_ok(judged.iter().map(|film| &film.verdict)));
    if !trained_here {
        let note = "Keypoints are those of a given detector, which may have seen these films.";
        notes.push(note.to_owned());
    }
    let used = |(film, keypoints): (JudgedFilm, VertebraKeypoints)| {
        let replaced = film.keypoints != keypoints;
        JudgedFilm { keypoints, replaced, ..film }
    };
    let films = judged.into_iter().zip(keypoints).map(used).collect();
    Ok(Keypoints { films, detector, results, lost: replaced.lost, notes })
}

impl Keypoints {
    /// Every subject's points, px of the original film.
    pub(crate) fn points(&self) -> Vec<VertebraKeypoints> {
        self.films.iter().map(|film| film.keypoints).collect()
    }
}

/// How many films `predict` would give no risk for, and why.
fn not_ok<'v>(verdicts: impl ExactSizeIterator<Item = &'v Verdict>) -> Option<String> {
    let of = verdicts.len();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for doubt in verdicts.filter_map(|verdict| verdict.doubts().first()) {
        *reasons.entry(doubt.code()).or_default() += 1;
    }
    let n: usize = reasons.values().sum();
    let reasons: Vec<String> =
        reasons.iter().map(|(code, n)| format!("{n} {}", code.replace('_', " "))).collect();
    (n > 0).then(|| {
        format!(
            "The verdict on the detected points is not ok on {n} of {of} films ({}); they stay in \
             the study, while predict would give no risk for them.",
            reasons.join(", ")
        )
    })
}

/// The detector with what its confidence is worth, learnt from the films held out in each fold;
/// without films of known spacing it stays as it is. Test films take no part.
fn calibrated(
    detector: KeypointDetector,
    accuracy: &Accuracy<'_>,
    keypoints: &[VertebraKeypoints],
) -> Result<KeypointDetector, Error> {
    let data = accuracy.data;
    let held_out = (0..data.n_folds()).flat_map(|fold| data.fold(fold).1);
    let located = held_out.filter_map(|i| accuracy.located(i, &keypoints[i]));
    let films: Vec<LocatedFilm> = located.collect::<Result<_, _>>()?;
    if films.is_empty() {
        return Ok(detector);
    }
    let calibration = DetectorCalibration::fit(DetectorCalibration::WITHIN_MM, &films)?;
    Ok(detector.with_calibration(calibration))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Progress;
    use crate::stages::decode;
    use crate::test_data::Scene;
    use vertebra_keypoints::Doubt;

    #[test]
    fn films_that_are_not_ok_are_counted_by_their_gravest_reason() {
        let lumbar = Doubt::NotLateralLumbar { probability: 0.1, limit: 0.3 };
        let useless = Doubt::NotAlignable { message: "L5 above L1".to_owned() };
        let verdicts = [
            Verdict::ok(),
            Verdict::ok().with(useless.clone()).with(lumbar),
            Verdict::ok().with(useless),
        ];
        let note = not_ok(verdicts.iter()).unwrap();
        assert!(note.contains("2 of 3 films (1 not alignable, 1 not lateral lumbar"), "{note}");
        assert_eq!(not_ok(verdicts[..1].iter()), None);
    }

    #[test]
    fn a_given_detector_is_used_as_it_is_and_the_notes_say_so() {
        let scene = Scene::new();
        let context = scene.context();
        let films = decode::films(context, &mut |_| {}).unwrap().films;
        let detector = scene.blind_detector();
        let found = find(context, &films, Some(detector), &mut |_| {}).unwrap();
        assert_eq!(found.films.len(), scene.data.n());
        assert!(found.detector.calibration().is_none());
        assert_eq!(found.results.folds.len(), scene.data.n_folds());
        let note = found.notes.last().unwrap();
        assert!(note.contains("given detector"), "{:?}", found.notes);
        // A network that was never trained finds nothing: what is left can be aligned.
        let points = found.points();
        assert!(usable::unusable(context, &films, &points).unwrap().is_empty());
    }

    #[test]
    fn the_stage_and_the_training_of_one_network_find_the_same_points() {
        let scene = Scene::new();
        let context = scene.context();
        let films = decode::films(context, &mut |_| {}).unwrap().films;
        let detector = scene.blind_detector();
        let mut notes = Vec::new();
        let mut hear = |message| {
            if let Progress::Note(note) = message {
                notes.push(note);
            }
        };
        let streamed = by_one_detector(context, &detector, &mut hear).unwrap();
        let at_once = find(context, &films, Some(detector), &mut |_| {}).unwrap();
        assert_eq!(streamed, at_once.points());
        let listed = notes.iter().any(|note| note.contains("They are: ") && note.contains(".dcm"));
        assert_eq!(listed, at_once.notes.len() > 1, "{notes:?}");
    }

    #[test]
    fn a_detector_is_trained_on_annotated_films_alone() {
        let scene = Scene::new();
        let films = decode::films(scene.context(), &mut |_| {}).unwrap().films;
        let mut data = scene.data.clone();
        data.annotations.films.clear();
        let context = Context { data: &data, ..scene.context() };
        let error = find(context, &films, None, &mut |_| {}).err().unwrap();
        assert!(matches!(error, Error::NoTrainingFilms { .. }), "{error}");
        assert!(error.to_string().contains("fold 1"), "{error}");
    }
}
