//! Trains one detector per fold, and the one that is kept.

use crate::Error;
use crate::config::FinalDetector;
use crate::films::reduced_films::ReducedFilms;
use crate::progress::{Observer, stepping};
use crate::stages::Context;
use crate::stages::fit_stage::FitStage;
use crate::stages::folds::{Part, all_parts, fold_parts};
use crate::stages::keypoints::accuracy::Accuracy;
use crate::stages::keypoints::detect::detect_on;
use crate::stages::models::in_work_folder;
use vertebra_hrnet::{DetectorTrainer, FilmSample, KeypointDetector};

/// The detectors of the folds, and the one that is kept: the best of them, or one trained on the
/// whole development set.
pub(super) fn detectors(
    context: Context<'_>,
    films: &ReducedFilms<'_>,
    observer: &mut Observer<'_>,
) -> Result<(Vec<KeypointDetector>, KeypointDetector), Error> {
    let parts = match context.config.final_detector {
        FinalDetector::BestFold => fold_parts(context.data),
        FinalDetector::Refit => all_parts(context.data),
    };
    let stage = FitStage {
        name: format!("training {} keypoint networks", parts.len()),
        jobs: &parts,
        purpose: &|part| format!("training the keypoint network, {}", part.on.label()),
        steps: &|part| n_steps(context, part),
    };
    let mut detectors = stage.run(context, observer, |part, purpose, on_step| {
        train(context, films, (part, purpose), on_step)
    })?;
    let refitted = detectors.split_off(context.data.n_folds()).pop();
    let kept = match refitted {
        Some(detector) => detector,
        None => detectors[best(context, films, &detectors)?].clone(),
    };
    Ok((detectors, kept))
}

fn n_steps(context: Context<'_>, part: &Part) -> usize {
    let annotated = |i: &&usize| context.data.annotation(**i).is_some();
    let n_films = part.subjects.iter().filter(annotated).count();
    context.config.keypoints.training.n_steps(n_films)
}

fn train(
    context: Context<'_>,
    films: &ReducedFilms<'_>,
    (part, purpose): (&Part, &str),
    on_step: &dyn Fn(),
) -> Result<KeypointDetector, Error> {
    let annotated = |&i: &usize| Some((i, &context.data.annotation(i)?.keypoints));
    let annotated = part.subjects.iter().filter_map(annotated);
    let sample =
        |(i, points)| -> Result<_, Error> { Ok(FilmSample::new(films.of(i)?.film, points)?) };
    let samples: Vec<FilmSample> = annotated.map(sample).collect::<Result<_, _>>()?;
    if samples.is_empty() {
        return Err(Error::NoTrainingFilms { part: part.on.label() });
    }
    let seed = context.config.seed_for(purpose);
    let mut config = context.config.keypoints.clone();
    config.training = in_work_folder(config.training);
    let trainer = DetectorTrainer::new(config).with_device(context.device).with_seed(seed);
    let trainer = match context.work.network(purpose) {
        Some(folder) => trainer.with_run_folder(&folder),
        None => trainer,
    };
    Ok(trainer.fit(&samples, &[], &mut stepping(on_step))?.detector)
}

/// The fold whose detector has the highest AP on its own validation films; the first of equals.
fn best(
    context: Context<'_>,
    films: &ReducedFilms<'_>,
    detectors: &[KeypointDetector],
) -> Result<usize, Error> {
    let accuracy = Accuracy { data: context.data, films };
    let mut best = (0, f64::NEG_INFINITY);
    for (fold, detector) in detectors.iter().enumerate() {
        let (_, validation) = context.data.fold(fold);
        let found = detect_on(detector, films, &validation)?;
        let pairs: Vec<_> = validation.into_iter().zip(found).collect();
        let ap = accuracy.of(&pairs)?.map_or(f64::NEG_INFINITY, |accuracy| accuracy.ap);
        if ap > best.1 {
            best = (fold, ap);
        }
    }
    Ok(best.0)
}
