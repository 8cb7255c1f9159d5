//! An image-only model whose log hazard joins the covariates, trained on what such models say of
//! subjects they never saw.
#![allow(clippy::unwrap_used)] // helpers of tests

use burn::tensor::Device;
use vertebra_deepsurv::{
    EncoderConfig, Error, Fusion, ImageSet, RiskInputs, RiskModel, RiskModelConfig, RiskTrainer,
    RiskTraining, grad_cam,
};
use vertebra_survival::{Outcomes, breslow_baseline};
use vertebra_training::{LearningRate, keep_going};

const N: usize = 90;
const SHAPE: [usize; 3] = [1, 16, 16];

/// How bright the picture of a subject is, in [0, 1], and its covariate.
fn findings(i: usize) -> (f64, f64) {
    ((i * 37 % N) as f64 / N as f64, ((i * 23 + 5) % N) as f64 / N as f64)
}

fn images() -> ImageSet {
    let picture = |i: usize| {
        let bright = findings(i).0 as f32;
        (0..256).map(move |k| bright + 0.3 * ((i * 7919 + k * 31) % 97) as f32 / 97.0)
    };
    ImageSet::new((0..N).flat_map(picture).collect(), SHAPE).unwrap()
}

fn inputs() -> RiskInputs {
    let rows = (0..N).map(|i| vec![findings(i).1 as f32]).collect();
    RiskInputs::from_covariates(rows).unwrap().with_images(images()).unwrap()
}

fn outcomes() -> Outcomes {
    let time = |i: usize| {
        let (bright, x) = findings(i);
        let uniform = ((i * 53 % N) as f64 + 0.5) / N as f64;
        -uniform.ln() * (-1.5 * bright - 2.0 * x).exp() * 5.0
    };
    Outcomes::new((0..N).map(time).collect(), (0..N).map(|i| i % 5 != 4).collect()).unwrap()
}

fn trainer(config: RiskModelConfig, epochs: usize) -> RiskTrainer<'static> {
    let mut settings = RiskTraining::default();
    settings.training.epochs = epochs;
    settings.training.learning_rate = LearningRate::constant(2e-2);
    RiskTrainer::new(config).with_settings(settings).with_device(&Device::flex())
}

fn image_only() -> RiskModel {
    let config = RiskModelConfig::image_only(EncoderConfig::small(4), SHAPE).with_hidden([6]);
    let inputs = RiskInputs::from_images(images());
    let trainer = trainer(config, 12);
    trainer.fit((&inputs, &outcomes()), None, &mut keep_going).unwrap().model
}

/// With a linear head.
fn config() -> RiskModelConfig {
    RiskModelConfig::image_only(EncoderConfig::small(4), SHAPE)
        .with_covariates(["x"])
        .with_fusion(Fusion::LogHazard)
        .with_image_hidden([6])
        .with_hidden([])
        .with_dropout(0.0)
}

fn stacked(image_only: &RiskModel, out_of_fold: Vec<f64>) -> Result<RiskModel, Error> {
    let trainer = trainer(config(), 300).with_stacked_images(image_only, out_of_fold);
    Ok(trainer.fit((&inputs(), &outcomes()), None, &mut keep_going)?.model)
}

/// Coefficients of an intercept and the columns by least squares, and the largest residual.
fn regressed(y: &[f64], columns: [&[f64]; 2]) -> ([f64; 3], f64) {
    let row = |i: usize| [1.0, columns[0][i], columns[1][i]];
    let mut system = [[0.0; 4]; 3];
    for (i, y) in y.iter().enumerate() {
        let [one, first, second] = row(i);
        for (line, x) in system.iter_mut().zip(row(i)) {
            let products = [one, first, second, *y].map(|other| x * other);
            line.iter_mut().zip(products).for_each(|(sum, product)| *sum += product);
        }
    }
    for pivot in 0..3 {
        for other in (0..3).filter(|&other| other != pivot) {
            let factor = system[other][pivot] / system[pivot][pivot];
            let line = system[pivot];
            system[other].iter_mut().zip(line).for_each(|(x, y)| *x -= factor * y);
        }
    }
    let found = [0, 1, 2].map(|k| system[k][3] / system[k][k]);
    let residual = |i: usize| {
        let expected: f64 = row(i).iter().zip(found).map(|(x, b)| x * b).sum();
        (y[i] - expected).abs()
    };
    (found, (0..y.len()).map(residual).fold(0.0, f64::max))
}

fn x() -> Vec<f64> {
    (0..N).map(|i| findings(i).1).collect()
}

#[test]
fn the_log_hazard_of_the_images_joins_the_covariates_as_it_is() {
    let image_only = image_only();
    let h = image_only.log_hazard(&RiskInputs::from_images(images())).unwrap();
    // As if the networks of the folds had said exactly this.
    let model = stacked(&image_only, h.clone()).unwrap();
    let got = model.log_hazard(&inputs()).unwrap();
    let ([_, of_images, of_x], residual) = regressed(&got, [&h, &x()]);
    assert!(residual < 1e-4, "{residual}");
    assert!(of_images > 0.1 && of_x > 0.5, "{of_images} {of_x}");
    // The centre and the baseline hazard are those of what it learnt from.
    assert!(got.iter().sum::<f64>().abs() < 1e-2);
    let baseline = breslow_baseline(&outcomes(), &got).unwrap();
    let ratio = model.baseline().cumulative(2.0) / baseline.cumulative(2.0);
    assert!((ratio - 1.0).abs() < 1e-3, "{ratio}");
}

#[test]
fn what_the_images_are_worth_is_learnt_out_of_fold() {
    let image_only = image_only();
    let h = image_only.log_hazard(&RiskInputs::from_images(images())).unwrap();
    let worth = |out_of_fold: &[f64]| {
        let model = stacked(&image_only, out_of_fold.to_vec()).unwrap();
        let got = model.log_hazard(&inputs()).unwrap();
        let ([_, of_images, of_x], _) = regressed(&got, [&h, &x()]);
        (of_images, of_x)
    };
    let noise: Vec<f64> = (0..N).map(|i| ((i * 71 + 13) % N) as f64 / N as f64 - 0.5).collect();
    let (nothing, of_x) = worth(&noise);
    let (all, _) = worth(&h);
    assert!(nothing.abs() < 0.35 * all && of_x > 0.5, "{nothing} {all} {of_x}");
    // Twice as far apart out of fold: worth half as much.
    let twice: Vec<f64> = h.iter().map(|h| 2.0 * h).collect();
    let (half, _) = worth(&twice);
    assert!((half / all - 0.5).abs() < 0.01, "{half} {all}");
}

#[test]
fn it_is_saved_exported_and_explained_as_the_others() {
    let image_only = image_only();
    let h = image_only.log_hazard(&RiskInputs::from_images(images())).unwrap();
    let model = stacked(&image_only, h).unwrap();
    let expected = model.log_hazard(&inputs()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    model.save(folder.path()).unwrap();
    let back = RiskModel::load(folder.path(), &Device::flex()).unwrap();
    assert_eq!(back.log_hazard(&inputs()).unwrap(), expected);
    let plan = model.graph().unwrap().plan().unwrap();
    let (pixels, rows) = (images().to_vec().unwrap(), inputs().covariates().concat());
    let planned = plan.run(&[&pixels, &rows], N).unwrap();
    assert!(planned.iter().zip(&expected).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-5));
    assert!(grad_cam(&model, &inputs().subset(&[3])).is_ok());
}

#[test]
fn held_out_subjects_are_told_by_the_image_only_model() {
    let image_only = image_only();
    let h = image_only.log_hazard(&RiskInputs::from_images(images())).unwrap();
    let trainer = trainer(config(), 40).with_stacked_images(&image_only, h);
    let (inputs, outcomes) = (inputs(), outcomes());
    let part: Vec<usize> = (0..N).step_by(2).collect();
    let valid = (inputs.subset(&part), outcomes.subset(&part));
    let data = (&inputs, &outcomes);
    let trained = trainer.fit(data, Some((&valid.0, &valid.1)), &mut keep_going).unwrap();
    let best = trained.history[trained.epoch - 1].score.unwrap();
    let got = trained.model.log_hazard(&valid.0).unwrap();
    let c = vertebra_survival::concordance(&valid.1, &got).unwrap().index();
    assert!((best - c).abs() < 1e-12, "{best} {c}");
}

#[test]
fn a_run_folder_goes_on_with_the_same_log_hazards_alone() {
    let image_only = image_only();
    let h = image_only.log_hazard(&RiskInputs::from_images(images())).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let fit = |h: &[f64]| {
        let trainer = trainer(config(), 20).with_stacked_images(&image_only, h);
        let trainer = trainer.with_run_folder(folder.path());
        trainer.fit((&inputs(), &outcomes()), None, &mut keep_going)
    };
    let first = fit(&h).unwrap().model.log_hazard(&inputs()).unwrap();
    assert_eq!(fit(&h).unwrap().model.log_hazard(&inputs()).unwrap(), first);
    let twice: Vec<f64> = h.iter().map(|h| 2.0 * h).collect();
    let refused = fit(&twice).unwrap_err().to_string();
    assert!(refused.contains("purpose"), "{refused}");
}

#[test]
fn a_warm_start_takes_the_layers_of_the_images_too() {
    let image_only = image_only();
    let h = image_only.log_hazard(&RiskInputs::from_images(images())).unwrap();
    let mut settings = RiskTraining::default();
    settings.training.epochs = 1;
    settings.training.learning_rate = LearningRate::constant(1e-9);
    let trainer = RiskTrainer::new(config()).with_settings(settings).with_device(&Device::flex());
    let trainer = trainer.with_frozen_encoder(&image_only);
    let model = trainer.fit((&inputs(), &outcomes()), None, &mut keep_going).unwrap().model;
    let got = model.log_hazard(&inputs()).unwrap();
    let (_, residual) = regressed(&got, [&h, &x()]);
    let spread = got.iter().map(|h| h.abs()).fold(0.0, f64::max);
    assert!(spread > 0.0 && residual < 1e-3 * spread, "{residual} {spread}");
}

#[test]
fn what_cannot_be_stacked_is_named() {
    let image_only = image_only();
    let error = |config: RiskModelConfig, model: &RiskModel, out_of_fold: Vec<f64>| {
        let trainer = trainer(config, 2).with_stacked_images(model, out_of_fold);
        let data = (&inputs(), &outcomes());
        trainer.fit(data, None, &mut keep_going).unwrap_err().to_string()
    };
    let h = vec![0.1; N];
    let joined = error(config().with_fusion(Fusion::Concatenation), &image_only, h.clone());
    assert!(joined.contains("Fusion::LogHazard"), "{joined}");
    let layers = error(config().with_image_hidden([7]), &image_only, h.clone());
    assert!(layers.contains("image_hidden"), "{layers}");
    let few = error(config(), &image_only, vec![0.1; N - 1]);
    assert_eq!(few, "log hazards out of fold: expected 90 subjects, got 89");
    let mut nan = h.clone();
    nan[7] = f64::NAN;
    let nan = error(config(), &image_only, nan);
    assert!(nan.contains("subject 7 is NaN"), "{nan}");
    let fold: Vec<usize> = (0..N).map(|i| i % 3).collect();
    let other: Vec<f64> = (0..N).map(|i| findings(i).0).collect();
    let recalibrated = image_only.clone().recalibrated(&outcomes(), &other, &fold).unwrap();
    let error = error(config(), &recalibrated, h);
    assert!(error.contains("recalibrated"), "{error}");
}
