//! Training and detection on drawn spines: five ellipses above a triangle, with spinous processes
//! on one side, facing left or right, in films of different sizes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use burn::tensor::Device;
use std::f64::consts::TAU;
use std::ops::ControlFlow;
use vertebra_conv::Precision;
use vertebra_hrnet::{
    Augmentation, DetectorCalibration, DetectorConfig, DetectorTrainer, Error, FilmFolds,
    FilmSample, HrnetConfig, KeypointDetector, TrainedFold,
};
use vertebra_keypoints::{ConfidenceCalibration, Level, VertebraKeypoints};
use vertebra_raster::{Film, Image};
use vertebra_training::{LearningRate, Schedule, StopReason, TrainingConfig, keep_going};

/// A deterministic number in `[-1, 1]`.
fn number(film: usize, of: usize) -> f64 {
    (((film * 7919 + of * 104_729) as f64).sin() * 43_758.5).sin()
}

fn film(i: usize) -> FilmSample {
    let (height, width) = (150 + 10 * (i % 5), 110 + 8 * (i % 4));
    let (h, w) = (height as f64, width as f64);
    let facing = if i.is_multiple_of(2) { 1.0 } else { -1.0 };
    let (tilt, bow) = (0.15 * number(i, 1), facing * (6.0 + 3.0 * number(i, 2)));
    let step = h * (0.125 + 0.012 * number(i, 3));
    let (x0, y0) = (w * (0.5 + 0.08 * number(i, 4)), h * (0.2 + 0.03 * number(i, 5)));
    let centre = |k: f64| {
        let along = k * step;
        (x0 + tilt * along + bow * (k / 4.0 * TAU / 2.0).sin(), y0 + along)
    };
    let centres: [(f64, f64); 5] = std::array::from_fn(|k| centre(k as f64));
    let sacrum = centre(5.0);
    let value = |x: f64, y: f64| {
        let mut v = 0.2 + 0.05 * (x * 0.07 + number(i, 6)).sin();
        for (cx, cy) in centres {
            let ((dx, dy), (px, py)) = ((x - cx, y - cy), (x - cx + facing * 20.0, y - cy - 4.0));
            v += 0.6 * f64::from(u8::from((dx / 13.0).powi(2) + (dy / (0.4 * step)).powi(2) < 1.0));
            v += 0.3 * f64::from(u8::from((px / 8.0).powi(2) + (py / 2.5).powi(2) < 1.0));
        }
        let below = y - sacrum.1 + 0.4 * step;
        v + 0.6 * f64::from(u8::from(below > 0.0 && (x - sacrum.0).abs() < 14.0 - below * 0.6))
    };
    let pixels =
        (0..height * width).map(|p| value((p % width) as f64, (p / width) as f64) as f32).collect();
    let keypoints = VertebraKeypoints::from_xy(centres).unwrap();
    let image = Image { pixels, height, width };
    FilmSample::from_image(image, keypoints).with_spacing_mm([1.2, 1.2])
}

fn films(range: std::ops::Range<usize>) -> Vec<FilmSample> {
    range.map(film).collect()
}

fn config(epochs: usize) -> DetectorConfig {
    let rate = LearningRate::new(1e-2, 1e-4, Schedule::Cosine).with_warmup(0.1);
    DetectorConfig::quick()
        .with_network(HrnetConfig::small(6))
        .with_input_size([96, 64])
        .with_training(
            TrainingConfig::default()
                .with_epochs(epochs)
                .with_batch_size(8)
                .with_learning_rate(rate)
                .with_validate_every(epochs),
        )
}

fn errors_px(truth: &FilmSample, found: &VertebraKeypoints) -> [f64; 5] {
    Level::ALL.map(|l| {
        let (t, f) = (truth.keypoints.get(l), found.get(l));
        (t.x - f.x).hypot(t.y - f.y)
    })
}

fn view(sample: &FilmSample) -> Film<'_> {
    sample.as_film()
}

fn mirrored(sample: &FilmSample) -> Vec<f32> {
    sample
        .image
        .pixels
        .chunks(sample.image.width)
        .flat_map(|row| row.iter().rev().copied())
        .collect()
}

#[test]
fn learns_to_find_the_centres_on_films_it_has_not_seen() {
    let device = Device::default();
    let (train, test) = (films(0..64), films(100..116));
    let trainer = DetectorTrainer::new(config(20)).with_seed(1);
    let trained = trainer.fit(&train, &test, &mut keep_going).unwrap();
    let detector = trained.detector;
    let views: Vec<Film<'_>> = test.iter().map(view).collect();
    let found = detector.detect_batch(&views).unwrap();
    let errors: Vec<f64> = test.iter().zip(&found).flat_map(|(t, f)| errors_px(t, f)).collect();
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    // The film's px are 1.6 to 2 times smaller than the input's.
    assert!(mean < 2.0, "mean error {mean:.2} px of the film, {errors:?}");
    assert!(trained.history.last().unwrap().score.unwrap() > 0.95, "{:?}", trained.history.last());

    // One by one as in a batch, and with confidences that are peaks.
    let one = detector.detect(views[3]).unwrap();
    for (a, b) in one.points().iter().zip(found[3].points()) {
        assert!((a.x - b.x).hypot(a.y - b.y) < 1e-3, "{a:?}, {b:?}");
        assert!(a.confidence > 0.3 && a.confidence <= 1.0, "{a:?}");
    }

    // With the flip test the mirror image gives the mirrored points to the last digits.
    for (sample, found) in test.iter().zip(&found).take(4) {
        let pixels = mirrored(sample);
        let film = Film { pixels: &pixels, ..sample.as_film() };
        let back = detector.detect(film).unwrap();
        for (a, b) in back.points().iter().zip(found.points()) {
            let x = sample.image.width as f64 - 1.0 - a.x;
            assert!((x - b.x).hypot(a.y - b.y) < 2e-2, "{a:?}, {b:?}");
        }
    }

    // Saved and loaded, it finds the same, and says what its confidence is worth.
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(detector.find(&views[..1]).unwrap()[0].probability, None);
    let map = ConfidenceCalibration::fit(&[0.1, 0.2, 0.3], &[false, true, false]).unwrap();
    let detector = detector.with_calibration(DetectorCalibration::new(4.0, map));
    detector.save(folder.path()).unwrap();
    let loaded = KeypointDetector::load(folder.path(), &device).unwrap();
    assert_eq!(loaded.config(), detector.config());
    let found = loaded.find(&views[..1]).unwrap();
    assert_eq!(found, detector.find(&views[..1]).unwrap());
    assert_eq!(found[0].probability, Some(0.5));
    assert_eq!(loaded.calibration().unwrap().within_mm, 4.0);
}

#[test]
fn closer_looks_find_the_same_centres() {
    let (train, test) = (films(0..64), films(100..116));
    let trained = DetectorTrainer::new(config(20)).with_seed(1);
    let detector = trained.fit(&train, &[], &mut keep_going).unwrap().detector;
    let closer = detector.config().clone().with_closer_looks(true);
    let closer = KeypointDetector::new(detector.network().clone(), closer).unwrap();
    let views: Vec<Film<'_>> = test.iter().map(view).collect();
    let found = closer.find(&views).unwrap();
    let errors: Vec<f64> =
        test.iter().zip(&found).flat_map(|(t, f)| errors_px(t, &f.keypoints)).collect();
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    assert!(mean < 2.5, "mean error {mean:.2} px of the film, {errors:?}");
    // As `detect` does.
    let alone = closer.detect(views[3]).unwrap();
    for (a, b) in alone.points().iter().zip(found[3].keypoints.points()) {
        assert!((a.x - b.x).hypot(a.y - b.y) < 1e-3, "{a:?}, {b:?}");
    }
}

#[test]
fn a_network_with_seven_heatmaps_learns_t12_and_s1_where_they_are_known() {
    let base = config(2).with_input_size([32, 32]);
    let network = base.network.clone().with_n_keypoints(DetectorConfig::WITH_NEIGHBOURS);
    let seven = base.clone().with_network(network);
    let losses = |config: &DetectorConfig, neighbours: Option<[(f64, f64); 2]>| {
        let films: Vec<FilmSample> =
            films(0..6).into_iter().map(|film| film.with_neighbours(neighbours)).collect();
        let trained = DetectorTrainer::new(config.clone()).with_seed(2);
        let trained = trained.fit(&films, &[], &mut keep_going).unwrap();
        assert!(trained.detector.detect(view(&films[0])).is_ok());
        trained.history.iter().map(|epoch| epoch.loss).collect::<Vec<_>>()
    };
    let beside = Some([(30.0, 5.0), (30.0, 90.0)]);
    assert_ne!(losses(&seven, beside), losses(&seven, None));
    // A network with five does not ask for them.
    assert_eq!(losses(&base, beside), losses(&base, None));
    let six = base.network.clone().with_n_keypoints(6);
    let error =
        DetectorTrainer::new(base.with_network(six)).fit(&films(0..2), &[], &mut keep_going);
    assert_eq!(error.unwrap_err().to_string(), "network.n_keypoints: expected 5 or 7, got 6");
}

#[test]
fn training_is_a_function_of_the_seed_and_resumes_to_the_same_bits() {
    let tiny = config(2).with_input_size([32, 32]);
    let train = films(0..6);
    let trainer = |seed| DetectorTrainer::new(tiny.clone()).with_seed(seed);
    let points = |seed| {
        let trained = trainer(seed).fit(&train, &[], &mut keep_going).unwrap();
        (trained.history, trained.detector.detect(view(&train[0])).unwrap())
    };
    let whole = points(5);
    assert_eq!(whole, points(5));
    assert_ne!(whole, points(6));

    // Stopped after the first epoch.
    let folder = tempfile::tempdir().unwrap();
    let trainer = trainer(5).with_run_folder(folder.path());
    let stopped = trainer.fit(&train, &[], &mut |event| match event {
        vertebra_training::Event::Epoch { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    let cancelled = vertebra_training::Error::Cancelled { epochs: 1 }.to_string();
    assert_eq!(stopped.unwrap_err().to_string(), cancelled);
    let resumed = trainer.fit(&train, &[], &mut keep_going).unwrap();
    let resumed = (resumed.history, resumed.detector.detect(view(&train[0])).unwrap());
    assert_eq!(resumed, whole);
}

#[test]
fn training_does_not_depend_on_the_number_of_threads() {
    let tiny = config(2).with_input_size([32, 32]);
    let train = films(0..12);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let trainer = DetectorTrainer::new(tiny.clone()).with_seed(3);
        let trained = pool.install(|| trainer.fit(&train, &[], &mut keep_going)).unwrap();
        (trained.history, trained.detector.detect(view(&train[0])).unwrap())
    };
    assert_eq!(on(1), on(3));
}

/// As well as in f32, whose points the first test holds to the same bounds; what is kept computes in
/// f32.
#[test]
fn learns_in_bfloat16_and_in_micro_batches() {
    let (train, test) = (films(0..64), films(100..116));
    let views: Vec<Film<'_>> = test.iter().map(view).collect();
    let coarse = config(20).with_precision(Precision::Bfloat16);
    let in_parts = config(20).with_micro_batch(Some(4));
    let fit = |config: &DetectorConfig| {
        let trainer = DetectorTrainer::new(config.clone()).with_seed(1);
        trainer.with_device(&Device::flex()).fit(&train, &[], &mut keep_going).unwrap()
    };
    let first_loss = |config: &DetectorConfig| {
        fit(&config.clone().with_training(self::config(1).training)).history[0].loss
    };
    let plain = first_loss(&config(20));
    for config in [coarse, in_parts] {
        let other = first_loss(&config);
        assert!(other != plain && (other - plain).abs() < 0.2 * plain, "{other}, {plain}");
        let detector = fit(&config).detector;
        assert_eq!(detector.config(), &config.with_training(detector.config().training.clone()));
        assert_eq!(detector.network().layers().precision(), Precision::Float32);
        let found = detector.detect_batch(&views).unwrap();
        let errors: Vec<f64> = test.iter().zip(&found).flat_map(|(t, f)| errors_px(t, f)).collect();
        let mean = errors.iter().sum::<f64>() / errors.len() as f64;
        assert!(mean < 2.0, "mean error {mean:.2} px of the film, {errors:?}");
    }
}

#[test]
fn a_run_in_other_numbers_or_parts_does_not_go_on() {
    let films = films(0..8);
    let folder = tempfile::tempdir().unwrap();
    let run = |config: DetectorConfig| {
        let trainer = DetectorTrainer::new(config).with_seed(1).with_device(&Device::flex());
        trainer.with_run_folder(folder.path()).fit(&films, &[], &mut keep_going)
    };
    run(config(1).with_precision(Precision::Bfloat16)).unwrap();
    run(config(1).with_precision(Precision::Bfloat16)).unwrap();
    for other in [config(1), config(1).with_micro_batch(Some(4))] {
        let error = run(other).unwrap_err();
        let refused =
            matches!(&error, Error::Training(vertebra_training::Error::RunChanged { .. }));
        assert!(refused, "{error}");
    }
}

#[test]
fn training_stops_early_with_the_best_epoch_where_held_out_films_say_so() {
    let base = config(9).with_input_size([32, 32]);
    // Too slow to change what is found on the held-out films.
    let rate = LearningRate::constant(1e-12);
    let training = base.training.clone().with_validate_every(1).with_patience(2);
    let stopping = base.with_training(training.with_learning_rate(rate));
    let folder = tempfile::tempdir().unwrap();
    let (train, held_out) = (films(0..6), films(20..24));
    let trainer = DetectorTrainer::new(stopping).with_seed(1).with_run_folder(folder.path());
    let run = || trainer.fit(&train, &held_out, &mut keep_going).unwrap();
    let trained = run();
    assert_eq!(trained.stopped, StopReason::Patience);
    let scores: Vec<f64> = trained.history.iter().map(|epoch| epoch.score.unwrap()).collect();
    assert_eq!(scores.len(), trained.epoch + 2, "{scores:?}");
    let curves = std::fs::read_to_string(folder.path().join("curves.csv")).unwrap();
    assert_eq!(curves.lines().count(), 1 + scores.len());
    // Called again, a run that has stopped trains no further.
    assert_eq!(run().history, trained.history);
}

#[test]
fn with_patience_a_fold_of_its_own_decides_when_to_stop() {
    let base = config(9).with_input_size([32, 32]);
    let training = base.training.clone().with_validate_every(1).with_patience(1);
    let rate = LearningRate::constant(1e-12);
    let stopping = base.clone().with_training(training.with_learning_rate(rate));
    let (films, fold_of) = (films(0..9), [0, 1, 2, 0, 1, 2, 0, 1, 2]);
    let run = |films: &[FilmSample], config: &DetectorConfig| {
        let folds = FilmFolds::new(films, &fold_of).unwrap();
        let trainer = DetectorTrainer::new(config.clone()).with_seed(1);
        trainer.fit_fold(&folds, 2, &mut keep_going).unwrap()
    };
    let fold = run(&films, &stopping);
    assert_eq!(fold.held_out, [2, 5, 8]);
    assert_eq!(fold.trained.stopped, StopReason::Patience);
    let scores = |fold: &TrainedFold| -> Vec<Option<f64>> {
        fold.trained.history.iter().map(|epoch| epoch.score).collect()
    };
    assert!(scores(&fold).iter().all(Option::is_some));

    // Other films in the fold after it (the first) change the scores, held-out ones change nothing,
    // and without patience there are no scores.
    let exchanged = |fold: usize| {
        let mut other = films.clone();
        let odd = (0..9).filter(|i| fold_of[*i] == fold);
        odd.for_each(|i| other[i] = film(50 + i));
        other
    };
    let other = run(&exchanged(0), &stopping);
    assert_ne!(scores(&other), scores(&fold));
    assert_eq!(other.trained.history[0].loss, fold.trained.history[0].loss);
    assert_eq!(run(&exchanged(2), &stopping).trained.history, fold.trained.history);
    let whole = run(&films, &base);
    assert_eq!((whole.trained.stopped, scores(&whole)[0]), (StopReason::Finished, None));

    let two = fold_of.map(|fold| fold.min(1));
    let two = FilmFolds::new(&films, &two).unwrap();
    let error = DetectorTrainer::new(stopping).fit_fold(&two, 0, &mut keep_going).unwrap_err();
    assert_eq!(
        error.to_string(),
        "n_folds: expected at least 3 for early stopping (patience), got 2"
    );
}

#[test]
fn cross_validation_detects_every_film_with_the_detector_of_its_fold() {
    let tiny = config(1).with_input_size([32, 32]);
    let (films, fold_of) = (films(0..6), [1, 0, 2, 2, 0, 1]);
    let trainer = DetectorTrainer::new(tiny).with_seed(1);
    let folds = FilmFolds::new(&films, &fold_of).unwrap();
    let crossed = trainer.cross_validate(&folds, &mut |_, event| keep_going(event)).unwrap();
    assert_eq!((crossed.folds.len(), crossed.detected.len()), (3, 6));
    for fold in 0..3 {
        let one = trainer.fit_fold(&folds, fold, &mut keep_going).unwrap();
        for (i, found) in one.held_out.into_iter().zip(one.detected) {
            assert_eq!((fold_of[i], found), (fold, crossed.detected[i]));
        }
    }
    let gap = fold_of.map(|fold| fold * 2);
    let error = FilmFolds::new(&films, &gap).unwrap_err();
    assert_eq!(error.to_string(), "fold_of: expected a film in every fold, got none in 1");
}

#[test]
fn bad_training_sets_and_settings_are_named_errors() {
    let run = |config: &DetectorConfig, films: &[FilmSample]| {
        DetectorTrainer::new(config.clone()).fit(films, &[], &mut keep_going).unwrap_err()
    };
    assert!(matches!(run(&config(1), &[]), Error::EmptyTrainingSet));
    let mut small = film(0);
    small.image = Image::zeros(3, 5);
    let error = run(&config(1), &[film(0), small]);
    assert!(matches!(error, Error::FilmTooSmall { height: 3, width: 5, smallest: 4 }), "{error}");
    let odd = config(1).with_input_size([96, 60]);
    let text = run(&odd, &[film(0)]).to_string();
    assert_eq!(text, "input_size: expected multiples of 32, got [96, 60]");
    let none = config(1).with_micro_batch(Some(0));
    assert_eq!(run(&none, &[film(0)]).to_string(), "micro_batch: expected at least 1, got 0");
    let shaken = Augmentation::none().with_rotation(f64::NAN);
    let shaken = config(1).with_augmentation(shaken);
    assert!(run(&shaken, &[film(0)]).to_string().contains("augmentation.rotation"));
    let unspaced = film(0).with_spacing_mm([0.0, 1.0]);
    assert!(matches!(run(&config(1), &[unspaced]), Error::InvalidSpacing { .. }));
}

#[test]
fn a_damaged_detector_folder_is_an_error_that_names_the_file() {
    let device = Device::default();
    let folder = tempfile::tempdir().unwrap();
    let error = KeypointDetector::load(folder.path(), &device).unwrap_err().to_string();
    assert!(error.contains("keypoints.json"), "{error}");
    let network = config(1).network.init(&device).unwrap();
    let other = HrnetConfig::small(2).init(&device).unwrap();
    let detector = KeypointDetector::new(network, config(1)).unwrap();
    detector.save(folder.path()).unwrap();
    other.save_weights(&folder.path().join("keypoints.safetensors")).unwrap();
    let error = KeypointDetector::load(folder.path(), &device).unwrap_err();
    assert!(matches!(error, Error::WeightsMismatch { .. }), "{error}");
    // Detectors of before the key had its present name are read; later layouts are named.
    let json = folder.path().join("keypoints.json");
    let text = std::fs::read_to_string(&json).unwrap();
    std::fs::write(&json, text.replace("schema_version\": 1", "schema\": 1")).unwrap();
    detector.network().save_weights(&folder.path().join("keypoints.safetensors")).unwrap();
    KeypointDetector::load(folder.path(), &device).unwrap();
    std::fs::write(&json, r#"{"schema_version": 7, "config": 3}"#).unwrap();
    let error = KeypointDetector::load(folder.path(), &device).unwrap_err().to_string();
    assert!(error.ends_with("keypoints.json: expected schema version 1, got 7"), "{error}");
    std::fs::write(folder.path().join("keypoints.json"), "{").unwrap();
    let error = KeypointDetector::load(folder.path(), &device).unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
}
