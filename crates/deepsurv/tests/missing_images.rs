//! Subjects of whom some images are missing, e.g. vertebrae that lie outside of the film.
#![allow(clippy::unwrap_used)] // helpers of tests

use burn::tensor::Device;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vertebra_deepsurv::{
    EncoderConfig, ImageSet, Pooling, RiskInputs, RiskModel, RiskModelConfig, RiskTrainer,
    RiskTraining, grad_cam, integrated_gradients, occlusion,
};
use vertebra_survival::Outcomes;
use vertebra_training::keep_going;

const N: usize = 24;
const SHAPE: [usize; 3] = [3, 20, 20];
const IMAGE: usize = 20 * 20;
const POOLINGS: [Pooling; 4] = [Pooling::Mean, Pooling::Max, Pooling::Attention, Pooling::Levels];

fn pixels() -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    (0..N * 3 * IMAGE).map(|_| rng.random()).collect()
}

/// Every third subject lacks one image, another third two.
fn missing() -> Vec<bool> {
    (0..N).flat_map(|i| (0..3).map(move |k| k != i / 3 % 3 && k >= 3 - i % 3)).collect()
}

fn images(pixels: Vec<f32>, missing: Option<Vec<bool>>) -> RiskInputs {
    let images = ImageSet::new(pixels, SHAPE).unwrap();
    RiskInputs::from_images(match missing {
        Some(missing) => images.with_missing(missing).unwrap(),
        None => images,
    })
}

/// With something else in the places of the missing images.
fn with_rubbish(value: f32) -> RiskInputs {
    let (mut pixels, missing) = (pixels(), missing());
    for (image, _) in pixels.chunks_mut(IMAGE).zip(&missing).filter(|(_, missing)| **missing) {
        image.fill(value);
    }
    images(pixels, Some(missing))
}

fn outcomes() -> Outcomes {
    let time = (0..N).map(|i| (i * 7 % 11) as f64 + 1.0).collect();
    Outcomes::new(time, (0..N).map(|i| i % 3 > 0).collect()).unwrap()
}

fn config(pooling: Pooling) -> RiskModelConfig {
    let encoder = EncoderConfig::small(4).with_pooling(pooling);
    RiskModelConfig::image_only(encoder, SHAPE).with_missing_images()
}

fn fit(
    config: RiskModelConfig,
    inputs: &RiskInputs,
) -> Result<RiskModel, vertebra_deepsurv::Error> {
    let mut settings = RiskTraining::for_images();
    settings.training.epochs = 2;
    // The cohort in parts, so that this way is taken too.
    (settings.training.batch_size, settings.micro_batch) = (None, 10);
    let trainer = RiskTrainer::new(config).with_settings(settings).with_device(&Device::flex());
    Ok(trainer.fit((inputs, &outcomes()), None, &mut keep_going)?.model)
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn what_stands_in_the_place_of_a_missing_image_is_never_looked_at() {
    for pooling in POOLINGS {
        let of = |value| {
            let inputs = with_rubbish(value);
            let model = fit(config(pooling), &inputs).unwrap();
            (
                model.log_hazard(&inputs).unwrap(),
                model.preprocessing().clone(),
                model.seen().cloned(),
            )
        };
        assert_eq!(of(0.5), of(1e6), "{pooling:?}");
    }
}

/// The heads are linear, so that what a set of images says follows from what each of them says.
#[test]
fn pooling_is_over_the_images_that_are_there() {
    let all = images(pixels(), None);
    for pooling in [Pooling::Mean, Pooling::Levels] {
        let model = fit(config(pooling).with_hidden([]), &with_rubbish(0.0)).unwrap();
        let of = |there: &[usize]| -> Vec<f64> {
            let missing = (0..N * 3).map(|i| !there.contains(&(i % 3))).collect();
            let inputs = images(pixels(), Some(missing));
            let log_hazard = model.log_hazard(&inputs).unwrap();
            log_hazard.iter().map(|h| h + model.center()).collect()
        };
        let singly = [of(&[0]), of(&[1]), of(&[2])];
        for set in [vec![0, 2], vec![0, 1, 2]] {
            let share = if pooling == Pooling::Mean { set.len() as f64 } else { 1.0 };
            let sum = |i: usize| set.iter().map(|&k| singly[k][i]).sum::<f64>();
            let expected: Vec<f64> = (0..N).map(|i| sum(i) / share).collect();
            let got = of(&set);
            assert!(apart(&got, &expected) < 1e-5, "{pooling:?} of {set:?}: {got:?}, {expected:?}");
        }
        let got: Vec<f64> =
            model.log_hazard(&all).unwrap().iter().map(|h| h + model.center()).collect();
        assert!(apart(&got, &of(&[0, 1, 2])) < 1e-6, "{pooling:?}");
    }
    // The greatest of some, and weights that know no places: a copy of the first changes nothing in
    // the place of one that is missing, or makes two of it.
    let copied = |from: usize, to: usize| {
        let mut pixels = pixels();
        for subject in pixels.chunks_mut(3 * IMAGE) {
            subject.copy_within(from * IMAGE..(from + 1) * IMAGE, to * IMAGE);
        }
        pixels
    };
    let without = |k: usize| Some((0..N * 3).map(|i| i % 3 == k).collect());
    let model = fit(config(Pooling::Max), &with_rubbish(0.0)).unwrap();
    let of = |inputs: &RiskInputs| model.log_hazard(inputs).unwrap();
    assert!(apart(&of(&images(pixels(), without(2))), &of(&images(copied(0, 2), None))) < 1e-6);
    let model = fit(config(Pooling::Attention), &with_rubbish(0.0)).unwrap();
    let of = |inputs: &RiskInputs| model.log_hazard(inputs).unwrap();
    let (there, elsewhere) =
        (of(&images(pixels(), without(2))), of(&images(copied(0, 2), without(0))));
    assert!(apart(&there, &elsewhere) < 1e-6);
    assert!(apart(&there, &of(&images(copied(0, 2), None))) > 1e-6);
}

#[test]
fn the_exported_graph_is_told_which_images_are_there() {
    let inputs = with_rubbish(1e5);
    let pixels = inputs.images().unwrap().to_vec().unwrap();
    let present: Vec<f32> = missing().iter().map(|missing| f32::from(!missing)).collect();
    for pooling in POOLINGS {
        let model = fit(config(pooling), &inputs).unwrap();
        let plan = model.graph().unwrap().plan().unwrap();
        let names: Vec<&str> = plan.inputs().iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["images", "present"]);
        let got = plan.run(&[&pixels, &present], N).unwrap();
        let got: Vec<f64> = got.into_iter().map(f64::from).collect();
        // Rubbish stands there, where the model puts the mean grey.
        assert!(apart(&got, &model.log_hazard(&inputs).unwrap()) < 1e-5, "{pooling:?}");
    }
}

#[test]
fn maps_are_blank_where_nothing_is() {
    let (all, missing) = (with_rubbish(0.3), missing());
    let model = fit(config(Pooling::Attention), &all).unwrap();
    let subject = 2;
    let inputs = all.subset(&[subject]);
    let maps = [
        grad_cam(&model, &inputs).unwrap(),
        integrated_gradients(&model, &inputs, 8).unwrap(),
        occlusion(&model, &inputs, 8).unwrap(),
    ];
    for map in maps {
        for (image, mass) in map.mass_per_image().iter().enumerate() {
            let blank = mass.positive == 0.0 && mass.negative == 0.0;
            assert_eq!(blank, missing[3 * subject + image], "{image} of {map:?}");
        }
    }
}

#[test]
fn covariates_learn_on_a_frozen_encoder() {
    let inputs = with_rubbish(0.0);
    let on_images = fit(config(Pooling::Mean), &inputs).unwrap();
    let rows = (0..N).map(|i| vec![(i * 5 % 7) as f32]).collect();
    let pictures = inputs.images().unwrap().clone();
    let both = RiskInputs::from_covariates(rows).unwrap().with_images(pictures).unwrap();
    let config = on_images.config().clone().with_covariates(["x"]);
    let trainer = RiskTrainer::new(config).with_frozen_encoder(&on_images);
    let model = trainer.fit((&both, &outcomes()), None, &mut keep_going).unwrap().model;
    let folder = tempfile::tempdir().unwrap();
    model.save(folder.path()).unwrap();
    let back = RiskModel::load(folder.path(), model.device()).unwrap();
    assert_eq!(model.log_hazard(&both).unwrap(), back.log_hazard(&both).unwrap());
    let names = back.graph().unwrap().plan().unwrap().inputs().len();
    assert_eq!(names, 3);
}

#[test]
fn a_set_that_cannot_be_is_refused() {
    let set = || ImageSet::new(pixels(), SHAPE).unwrap();
    let mut none = missing();
    none[9..12].fill(true);
    assert_eq!(
        set().with_missing(none).unwrap_err().to_string(),
        "all 3 image(s) of subject 3 are missing; expected at least one of them"
    );
    assert_eq!(
        set().with_missing([true]).unwrap_err().to_string(),
        "missing: expected 72 flags, got 1"
    );
    let strict = RiskModelConfig::image_only(EncoderConfig::small(4), SHAPE);
    let error = fit(strict, &with_rubbish(0.0)).unwrap_err().to_string();
    assert_eq!(
        error,
        "image 2 of subject 1 is missing; expected all images, or a model with `missing_images`"
    );
    // None is missing after all.
    let all = set().with_missing([false; 3 * N]).unwrap();
    assert!(!all.has_missing() && all.missing_of(0).is_none());
    let subset = with_rubbish(0.0).subset(&[0, 3]);
    assert!(!subset.images().unwrap().has_missing());
}
