//! Keypoints of every analysed film, each found by a detector that never saw it, and how good they
//! are.

mod accuracy;
mod detect;
mod pictures;
mod train;
mod usable;

use crate::Error;
use crate::films::film::ReducedFilm;
use crate::progress::{Observer, Tell};
use crate::stages::Context;
use accuracy::Accuracy;
pub(crate) use detect::by_one_detector;
use vertebra_hrnet::{DetectorCalibration, KeypointDetector};
use vertebra_keypoints::{LocatedFilm, VertebraKeypoints};
use vertebra_report::results::KeypointResults;

/// Every subject's keypoints in px of the original film, and the detector that is kept.
pub(crate) struct Keypoints {
    pub(crate) keypoints: Vec<VertebraKeypoints>,
    pub(crate) detector: KeypointDetector,
    pub(crate) results: KeypointResults,
    /// What was done about films whose detected points cannot be aligned.
    pub(crate) notes: Vec<String>,
}

/// Finds the keypoints of every film, by a given detector or by detectors trained here.
///
/// Detections that cannot be aligned give way to the annotated points; the accuracy is that of the
/// detections.
pub(crate) fn find(
    context: Context<'_>,
    films: &[ReducedFilm],
    given: Option<KeypointDetector>,
    observer: &mut Observer<'_>,
) -> Result<Keypoints, Error> {
    let trained_here = given.is_none();
    let (of_folds, kept) = match given {
        Some(detector) => (Vec::new(), detector),
        None => train::detectors(context, films, observer)?,
    };
    observer.stage("detecting keypoints", None);
    let mut keypoints = detect::out_of_fold(context, films, &of_folds, &kept)?;
    let accuracy = Accuracy { data: context.data, films };
    let detector = if trained_here { calibrated(kept, &accuracy, &keypoints)? } else { kept };
    let mut results = accuracy.results(&keypoints, &detector)?;
    results.overlays = pictures::best_median_worst(context, &accuracy, &keypoints)?;

    let fits = |&i: &usize| usable::is_alignable(&films[i], &keypoints[i], &context.config.picture);
    let unusable: Vec<usize> = (0..keypoints.len()).filter(|i| !fits(i)).collect();
    let mut notes: Vec<String> =
        usable::take_annotated(context.data, &mut keypoints, &unusable)?.into_iter().collect();
    if !trained_here {
        let note = "Keypoints are those of a given detector, which may have seen these films.";
        notes.push(note.to_owned());
    }
    Ok(Keypoints { keypoints, detector, results, notes })
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
