use super::*;
use crate::{EncoderConfig, Fusion, ImageSet, grad_cam};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vertebra_conv::Precision;
use vertebra_survival::concordance;
use vertebra_training::LearningRate;
use vertebra_training::keep_going;

/// Exponential times of hazard `exp(log_hazard)`, censored uniformly.
fn outcomes(log_hazard: &[f64], rng: &mut ChaCha8Rng) -> Outcomes {
    let (time, event) = log_hazard
        .iter()
        .map(|h| {
            let event_at = -rng.random::<f64>().max(1e-12).ln() * (-h).exp();
            let censored_at = 4.0 * rng.random::<f64>();
            (event_at.min(censored_at), event_at <= censored_at)
        })
        .unzip();
    Outcomes::new(time, event).unwrap()
}

fn c(outcomes: &Outcomes, risk: &[f64]) -> f64 {
    concordance(outcomes, risk).unwrap().index()
}

/// The hazard depends on the square of the first covariate: a linear model cannot see it.
fn curved(n: usize, seed: u64) -> (RiskInputs, Outcomes, Vec<f64>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let rows: Vec<Vec<f32>> =
        (0..n).map(|_| (0..3).map(|_| 20.0 + 6.0 * rng.random::<f32>()).collect()).collect();
    let truth: Vec<f64> = rows.iter().map(|r| f64::from(r[0] - 23.0).powi(2) * 0.4).collect();
    let outcomes = outcomes(&truth, &mut rng);
    (RiskInputs::from_covariates(rows).unwrap(), outcomes, truth)
}

/// A bright square whose brightness is the log hazard, on one of two images of a subject.
fn squares(n: usize, seed: u64) -> (RiskInputs, Outcomes, Vec<f64>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut pixels, mut truth) = (Vec::new(), Vec::new());
    for _ in 0..n {
        let strength: f32 = rng.random();
        for _ in 0..2 {
            let [top, left] = [0; 2].map(|_| rng.random_range(2..8));
            pixels.extend((0..16 * 16).map(|i| {
                let inside =
                    (top..top + 6).contains(&(i / 16)) && (left..left + 6).contains(&(i % 16));
                0.2 * rng.random::<f32>() + if inside { strength } else { 0.3 }
            }));
        }
        truth.push(4.0 * f64::from(strength));
    }
    let outcomes = outcomes(&truth, &mut rng);
    let images = ImageSet::new(pixels, [2, 16, 16]).unwrap();
    (RiskInputs::from_images(images), outcomes, truth)
}

fn fit(trainer: &RiskTrainer<'_>, data: &[(RiskInputs, Outcomes, Vec<f64>)]) -> Trained<RiskModel> {
    let pair = |d: usize| (&data[d].0, &data[d].1);
    trainer.fit(pair(0), Some(pair(1)), &mut keep_going).unwrap()
}

fn image_trainer() -> RiskTrainer<'static> {
    let config = RiskModelConfig::image_only(EncoderConfig::small(4), [2, 16, 16]);
    let mut settings = RiskTraining::default();
    settings.training.epochs = 8;
    settings.training.batch_size = Some(64);
    RiskTrainer::new(config).with_settings(settings)
}

#[test]
fn a_curved_hazard_is_learnt() {
    let data = [curved(400, 1), curved(150, 2), curved(400, 3)];
    let (inputs, outcomes, truth) = &data[2];
    let oracle = c(outcomes, truth);
    for batch_norm in [false, true] {
        let config = RiskModelConfig::clinical(["x", "y", "z"]).with_batch_norm(batch_norm);
        let trained = fit(&RiskTrainer::new(config), &data);
        let got = c(outcomes, &trained.model.log_hazard(inputs).unwrap());
        assert!(oracle > 0.7 && got > oracle - 0.03, "{batch_norm}: {got}, oracle {oracle}");
    }
}

#[test]
fn images_are_learnt_and_a_warm_start_keeps_them() {
    images_are_learnt_and_kept(false);
}

/// What is kept computes in f32, as does a network that goes on from it.
#[test]
fn images_are_learnt_in_bfloat16_too() {
    let data = [squares(256, 1), squares(128, 2), squares(256, 3)];
    let (inputs, outcomes, truth) = &data[2];
    let learnt = |precision: Precision| {
        let mut trainer = image_trainer().with_device(&Device::flex());
        trainer.settings.precision = precision;
        let model = fit(&trainer, &data).model;
        let again = fit(&trainer.clone().with_warm_start(&model), &data).model;
        [model, again].map(|model| {
            let folder = tempfile::tempdir().unwrap();
            model.save(folder.path()).unwrap();
            let back = RiskModel::load(folder.path(), &Device::flex()).unwrap();
            let log_hazard = model.log_hazard(inputs).unwrap();
            assert_eq!(log_hazard, back.log_hazard(inputs).unwrap());
            // Maps run the layers themselves, with autodiff: in what they compute.
            let subject = inputs.subset(&[3]);
            assert_eq!(grad_cam(&model, &subject).unwrap(), grad_cam(&back, &subject).unwrap());
            log_hazard
        })
    };
    let (fine, coarse) = (learnt(Precision::Float32), learnt(Precision::Bfloat16));
    let oracle = c(outcomes, truth);
    for (fine, coarse) in fine.iter().zip(&coarse) {
        assert_ne!(fine, coarse);
        let (fine, coarse) = (c(outcomes, fine), c(outcomes, coarse));
        assert!(oracle > 0.7 && coarse > oracle - 0.06, "{coarse}, oracle {oracle}");
        assert!((fine - coarse).abs() < 0.02, "{coarse}, in f32 {fine}");
    }
}

#[test]
fn a_run_in_other_numbers_does_not_go_on() {
    let (inputs, outcomes, _) = squares(32, 1);
    let folder = tempfile::tempdir().unwrap();
    let run = |precision: Precision| {
        let mut trainer =
            image_trainer().with_device(&Device::flex()).with_run_folder(folder.path());
        trainer.settings.precision = precision;
        trainer.settings.training.epochs = 1;
        trainer.fit((&inputs, &outcomes), None, &mut keep_going)
    };
    run(Precision::Bfloat16).unwrap();
    run(Precision::Bfloat16).unwrap();
    let error = run(Precision::Float32).unwrap_err();
    let refused = matches!(&error, Error::Training(vertebra_training::Error::RunChanged { .. }));
    assert!(refused, "{error}");
}

#[test]
fn so_they_are_with_normalised_layers() {
    images_are_learnt_and_kept(true);
}

fn images_are_learnt_and_kept(batch_norm: bool) {
    let data = [squares(256, 1), squares(128, 2), squares(256, 3)];
    let mut trainer = image_trainer();
    trainer.config = trainer.config.with_batch_norm(batch_norm);
    let trained = fit(&trainer, &data);
    let (inputs, outcomes, truth) = &data[2];
    let from_images = trained.model.log_hazard(inputs).unwrap();
    let (got, oracle) = (c(outcomes, &from_images), c(outcomes, truth));
    assert!(oracle > 0.7 && got > oracle - 0.05, "{got}, oracle {oracle}");

    // A covariate that says nothing beside the images.
    let with_noise = data.map(|(inputs, outcomes, truth)| {
        let rows = (0..inputs.n_subjects()).map(|i| vec![(i * 37 % 11) as f32]).collect();
        let images = inputs.images().unwrap().clone();
        let inputs = RiskInputs::from_covariates(rows).unwrap().with_images(images).unwrap();
        (inputs, outcomes, truth)
    });
    let config = trained.model.config().clone().with_covariates(["noise"]);
    let trainer = RiskTrainer::new(config);
    for trainer in [
        trainer.clone().with_frozen_encoder(&trained.model),
        trainer.with_settings(image_trainer().settings).with_warm_start(&trained.model),
    ] {
        let fused = fit(&trainer, &with_noise).model;
        let got = c(&with_noise[2].1, &fused.log_hazard(&with_noise[2].0).unwrap());
        assert!(got > oracle - 0.06, "{got}, oracle {oracle}");
    }
}

/// The same finding raises the hazard of some subjects and lowers that of the others; a sum of
/// features and covariates cannot say so.
#[test]
fn what_a_finding_means_can_depend_on_a_covariate() {
    let plain = [squares(256, 1), squares(128, 2)];
    let mut trainer = image_trainer();
    trainer.config = trainer.config.with_hidden([]);
    let on_images = fit(&trainer, &plain).model;

    let data = [(256, 4), (128, 5), (256, 6)].map(|(n, seed)| {
        let (inputs, _, truth) = squares(n, seed);
        let turned = |i: usize| i % 2 == 1;
        let sign = |i: usize| if turned(i) { -1.0 } else { 1.0 };
        let truth: Vec<f64> = (0..n).map(|i| sign(i) * (truth[i] - 2.0)).collect();
        let rows = (0..n).map(|i| vec![f32::from(turned(i))]).collect();
        let images = inputs.images().unwrap().clone();
        let inputs = RiskInputs::from_covariates(rows).unwrap().with_images(images).unwrap();
        let outcomes = outcomes(&truth, &mut ChaCha8Rng::seed_from_u64(seed));
        (inputs, outcomes, truth)
    });
    let (inputs, outcomes, truth) = &data[2];
    let [sum, modulated] = [Fusion::Concatenation, Fusion::Modulation].map(|fusion| {
        let config = on_images.config().clone().with_covariates(["turned"]).with_fusion(fusion);
        let mut trainer = RiskTrainer::new(config).with_frozen_encoder(&on_images);
        trainer.settings.training.epochs = 400;
        c(outcomes, &fit(&trainer, &data).model.log_hazard(inputs).unwrap())
    });
    let oracle = c(outcomes, truth);
    assert!(modulated > oracle - 0.05 && sum < 0.6, "{modulated}, {sum}, oracle {oracle}");
}

#[test]
fn same_seed_same_bits() {
    let data = [squares(60, 1), squares(40, 2)];
    let log_hazard = |seed| {
        let mut trainer = image_trainer();
        trainer.settings.training.seed = seed;
        trainer.settings.training.epochs = 2;
        fit(&trainer, &data).model.log_hazard(&data[1].0).unwrap()
    };
    assert_eq!(log_hazard(1), log_hazard(1));
    assert_ne!(log_hazard(1), log_hazard(2));
}

fn error(inputs: &RiskInputs, outcomes: &Outcomes, config: RiskModelConfig) -> String {
    let trainer = RiskTrainer::new(config);
    let fitted = trainer.fit((inputs, outcomes), None, &mut keep_going);
    fitted.unwrap_err().to_string()
}

#[test]
fn bad_inputs_are_named() {
    let (inputs, outcomes, _) = curved(6, 1);
    let config = || RiskModelConfig::clinical(["age", "bmi", "sex"]);
    let mut rows = inputs.covariates().to_vec();
    rows[4][1] = f32::NAN;
    let missing = RiskInputs::from_covariates(rows).unwrap();
    assert_eq!(
        error(&missing, &outcomes, config()),
        "covariate bmi of subject 4 is NaN; expected a finite number (impute it first)"
    );
    let censored = Outcomes::new(vec![1.0; 6], vec![false; 6]).unwrap();
    assert_eq!(
        error(&inputs, &censored, config()),
        "no event among the 6 training subjects: the loss is undefined"
    );
    assert_eq!(
        error(&inputs, &outcomes.subset(&[0, 1]), config()),
        "outcomes: expected 6 subjects, got 2"
    );
    assert_eq!(
        error(&inputs, &outcomes, RiskModelConfig::clinical(["age"])),
        "the inputs: expected 1 covariates, got 3"
    );
}

#[test]
fn images_of_the_wrong_size_are_named() {
    let (inputs, outcomes, _) = squares(5, 1);
    let config = RiskModelConfig::image_only(EncoderConfig::small(4), [5, 32, 32]);
    assert_eq!(
        error(&inputs, &outcomes, config),
        "expected 5 image(s) of 32x32 pixels per subject, got 2 of 16x16"
    );
    let config = RiskModelConfig::image_only(EncoderConfig::resnet18(), [2, 16, 16]);
    assert_eq!(
        error(&inputs, &outcomes, config),
        "16x16 pixels are too few for an encoder that divides each side by 32"
    );
    let clinical = RiskModelConfig::clinical(["age"]);
    let (covariates, outcomes, _) = curved(5, 1);
    let image_only = RiskModelConfig::image_only(EncoderConfig::small(4), [2, 16, 16]);
    let with_covariates = image_only.with_covariates(["x", "y", "z"]);
    assert_eq!(
        error(&covariates, &outcomes, with_covariates),
        "the model uses images, but the inputs have none"
    );
    assert!(error(&inputs, &outcomes, clinical).contains("covariates"));
    assert_eq!(
        ImageSet::new(vec![0.0, f32::NAN], [2, 1, 1]).unwrap_err().to_string(),
        "image 1 of subject 0 has a pixel of value NaN; expected finite pixels"
    );
}

#[test]
fn settings_outside_their_domain_are_named() {
    let (inputs, outcomes, _) = curved(6, 1);
    let config = RiskModelConfig::clinical(["x", "y", "z"]);
    assert_eq!(
        error(&inputs, &outcomes, config.clone().with_dropout(1.0)),
        "dropout: expected a probability in [0, 1), got 1"
    );
    let mut settings = RiskTraining::default();
    settings.training.learning_rate = LearningRate::constant(-1.0);
    let trainer = RiskTrainer::new(config).with_settings(settings);
    let fitted = trainer.fit((&inputs, &outcomes), None, &mut keep_going);
    let message = fitted.unwrap_err().to_string();
    assert_eq!(message, "learning_rate.start: expected a positive number, got -1");
}

/// Noise among the covariates, few subjects and many epochs: what is learnt is too extreme.
#[test]
fn recalibration_brings_the_slope_to_one_and_leaves_the_order() {
    let (inputs, outcomes, _) = curved(150, 1);
    let fold: Vec<usize> = (0..150).map(|i| i % 3).collect();
    let mut trainer = RiskTrainer::new(RiskModelConfig::clinical(["x", "y", "z"]));
    trainer.settings.training.epochs = 150;
    let plain = trainer.fit((&inputs, &outcomes), None, &mut keep_going).unwrap().model;
    let learnt = trainer.fit_recalibrated((&inputs, &outcomes), &fold, &mut keep_going).unwrap();
    let (new, new_outcomes, _) = curved(1000, 9);
    let [before, after] = [&plain, &learnt.model].map(|model| model.log_hazard(&new).unwrap());
    assert_eq!(c(&new_outcomes, &before), c(&new_outcomes, &after));
    let slope = |log_hazard: &[f64]| {
        vertebra_survival::calibration::calibration_slope(&new_outcomes, log_hazard).unwrap().value
    };
    let (before, after) = (slope(&before), slope(&after));
    assert!(before < 0.9 && (0.9..1.1).contains(&after), "{before}, then {after}");
    let learnt = learnt.model.recalibration().unwrap();
    assert_eq!((learnt.n, learnt.events), (150, outcomes.n_events()));
    assert!(learnt.factor < learnt.slope.unwrap().value);
}

#[test]
fn folds_that_cannot_recalibrate_are_named() {
    let (inputs, outcomes, _) = curved(20, 1);
    let trainer = RiskTrainer::new(RiskModelConfig::clinical(["x", "y", "z"]));
    let error = |fold: &[usize]| {
        let fitted = trainer.fit_recalibrated((&inputs, &outcomes), fold, &mut keep_going);
        fitted.unwrap_err().to_string()
    };
    assert_eq!(error(&[0; 20]), "fold: expected two folds or more, got 1");
    assert_eq!(error(&[0, 1]), "fold: expected 20 subjects, got 2");
}
