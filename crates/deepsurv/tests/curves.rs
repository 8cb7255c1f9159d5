//! Networks of whole survival curves.
#![allow(clippy::unwrap_used)] // helpers of tests

use burn::tensor::Device;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vertebra_deepsurv::{
    CurveModel, EncoderConfig, Error, ImageSet, RiskInputs, RiskModelConfig, RiskTrainer,
    RiskTraining, ValidationScore,
};
use vertebra_survival::concordance::antolini_c;
use vertebra_survival::losses::TimeGrid;
use vertebra_survival::{Outcomes, harrell_c, kaplan_meier};
use vertebra_training::keep_going;

/// Hazards that cross at one year: who has the finding is at a third of the others' hazard before,
/// and at three times theirs after. With a covariate that says nothing.
fn crossing(n: usize, seed: u64) -> (RiskInputs, Outcomes) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut rows, mut time, mut event) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..n {
        let finding = i % 2 == 0;
        let (early, late) = if finding { (0.2, 1.8) } else { (0.6, 0.6) };
        let due = -(1.0 - rng.random::<f64>()).ln();
        let at = if due < early { due / early } else { 1.0 + (due - early) / late };
        let censored = 0.3 + 3.0 * rng.random::<f64>();
        rows.push(vec![f32::from(u8::from(finding)), rng.random::<f32>()]);
        time.push(at.min(censored));
        event.push(at <= censored);
    }
    (RiskInputs::from_covariates(rows).unwrap(), Outcomes::new(time, event).unwrap())
}

fn settings(epochs: usize) -> RiskTraining {
    let mut settings = RiskTraining::default().with_score(ValidationScore::Likelihood);
    settings.training.epochs = epochs;
    settings
}

#[test]
fn curves_cross_where_hazards_do() {
    let (train, test) = (crossing(1500, 1), crossing(1500, 2));
    let grid = TimeGrid::of_events(&train.1, 12).unwrap();
    let config = RiskModelConfig::clinical(["finding", "noise"]).with_dropout(0.0);
    let trainer = RiskTrainer::new(config).with_settings(settings(150));
    let curves = trainer
        .fit_curves(&grid, (&train.0, &train.1), None, &mut keep_going)
        .unwrap()
        .model
        .curves(&test.0)
        .unwrap();
    assert_eq!(curves.n_subjects(), 1500);
    for group in [0, 1] {
        let members: Vec<usize> = (0..1500).filter(|i| i % 2 == group).collect();
        let observed = kaplan_meier(&test.1.subset(&members)).unwrap();
        for time in [0.4, 1.0, 1.7, 2.5] {
            let risk = curves.risk_by(time);
            let mean = members.iter().map(|&i| risk[i]).sum::<f64>() / members.len() as f64;
            let expected = 1.0 - observed.at(time);
            assert!((mean - expected).abs() < 0.06, "{group} at {time}: {mean}, {expected}");
        }
    }
    // No single score orders subjects whose curves cross as well as the curves do.
    let by_time = antolini_c(&test.1, |time| curves.risk_by(time)).unwrap().estimate.value;
    let log_hazard = trainer
        .fit((&train.0, &train.1), None, &mut keep_going)
        .unwrap()
        .model
        .log_hazard(&test.0)
        .unwrap();
    let one_score = harrell_c(&test.1, &log_hazard).unwrap().estimate.value;
    assert!(by_time > 0.58 && by_time > one_score + 0.03, "{by_time} {one_score}");
}

/// Pictures, covariates, and a frozen encoder.
fn with_pictures() -> (RiskInputs, RiskInputs, Outcomes) {
    let n = 40;
    let bright = |i: usize| (i * 7 % n) as f32 / n as f32;
    let pixels = (0..n * 2 * 16 * 16).map(|k| bright(k / 512) + (k * 31 % 97) as f32 / 300.0);
    let images = ImageSet::new(pixels.collect(), [2, 16, 16]).unwrap();
    let rows = (0..n).map(|i| vec![(i % 5) as f32]).collect();
    let time = (0..n).map(|i| 5.0 - 4.0 * f64::from(bright(i))).collect();
    let outcomes = Outcomes::new(time, (0..n).map(|i| i % 4 > 0).collect()).unwrap();
    let both = RiskInputs::from_covariates(rows).unwrap().with_images(images.clone()).unwrap();
    (RiskInputs::from_images(images), both, outcomes)
}

#[test]
fn a_model_of_curves_comes_back_and_is_exported() {
    let (pictures, both, outcomes) = with_pictures();
    let grid = TimeGrid::new(vec![1.0, 2.0, 3.5, 5.0]).unwrap();
    let encoder = EncoderConfig::small(4);
    let image_only = RiskModelConfig::image_only(encoder, [2, 16, 16]);
    let start = RiskTrainer::new(image_only.clone())
        .with_settings(settings(2))
        .fit((&pictures, &outcomes), None, &mut keep_going)
        .unwrap()
        .model;
    let model = RiskTrainer::new(image_only.with_covariates(["age"]))
        .with_settings(settings(20))
        .with_frozen_encoder(&start)
        .fit_curves(&grid, (&both, &outcomes), Some((&both, &outcomes)), &mut keep_going)
        .unwrap()
        .model;
    let curves = model.curves(&both).unwrap();
    let c = antolini_c(&outcomes, |time| curves.risk_by(time)).unwrap().estimate.value;
    assert!(c > 0.7, "{c}");
    let first = curves.logits(0).unwrap();
    assert_eq!((first.len(), curves.logits(40)), (4, None));
    assert!((curves.risk_by(2.7)[0] - (1.0 - grid.survival(first, 2.7).unwrap())).abs() < 1e-12);

    let folder = tempfile::tempdir().unwrap();
    model.save(folder.path()).unwrap();
    let back = CurveModel::load(folder.path(), &Device::default()).unwrap();
    assert_eq!(back.curves(&both).unwrap(), curves);
    assert_eq!((back.config(), back.grid()), (model.config(), &grid));

    let rows = both.covariates().concat();
    let pixels = both.images().unwrap().to_vec().unwrap();
    let plan = back.graph().unwrap().plan().unwrap();
    let logits = plan.run(&[&pixels, &rows], 40).unwrap();
    assert_eq!(logits.len(), 40 * 4);
    let expected = (0..40).flat_map(|i| curves.logits(i).unwrap().to_vec());
    for (got, expected) in logits.iter().zip(expected) {
        assert!((f64::from(*got) - expected).abs() < 1e-5, "{got}, expected {expected}");
    }
    let onnx = model.to_onnx().unwrap();
    let text = String::from_utf8_lossy(&onnx);
    for word in ["logits", "covariates", "age", "[1.0,2.0,3.5,5.0]"] {
        assert!(text.contains(word), "{word}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    let (train, outcomes) = crossing(30, 3);
    let grid = TimeGrid::of_events(&outcomes, 3).unwrap();
    let config = RiskModelConfig::clinical(["finding", "noise"]);
    let trainer = RiskTrainer::new(config).with_settings(settings(2));
    let fit = |trainer: &RiskTrainer<'_>, outcomes: &Outcomes| {
        trainer.fit_curves(&grid, (&train, outcomes), None, &mut keep_going).map(|t| t.model)
    };
    let said = |result: Result<CurveModel, Error>| result.unwrap_err().to_string();
    let strata = trainer.clone().with_strata(vec![0; 30]);
    assert_eq!(
        said(fit(&strata, &outcomes)),
        "strata: expected none where hazards are fitted, got labels"
    );
    let none = Outcomes::new(vec![1.0; 30], vec![false; 30]).unwrap();
    assert_eq!(
        said(fit(&trainer, &none)),
        "no event among the 30 training subjects: the loss is undefined"
    );
    let model = fit(&trainer, &outcomes).unwrap();
    let narrow = RiskInputs::from_covariates(vec![vec![1.0]]).unwrap();
    let error = model.curves(&narrow).unwrap_err().to_string();
    assert_eq!(error, "the inputs: expected 2 covariates, got 1");

    // The same network for other intervals is another run.
    let run = tempfile::tempdir().unwrap();
    let trainer = trainer.with_run_folder(run.path());
    assert!(fit(&trainer, &outcomes).is_ok() && fit(&trainer, &outcomes).is_ok());
    let other = TimeGrid::new(vec![0.5, 1.0, 1.5]).unwrap();
    let again = trainer.fit_curves(&other, (&train, &outcomes), None, &mut keep_going);
    let error = again.unwrap_err().to_string();
    assert!(error.contains("purpose") && error.contains("[0.5, 1.0, 1.5]"), "{error}");

    let folder = tempfile::tempdir().unwrap();
    let load = || said(CurveModel::load(folder.path(), &Device::default()));
    assert!(load().contains("curves.json"), "{}", load());
    model.save(folder.path()).unwrap();
    let json = folder.path().join("curves.json");
    let text = std::fs::read_to_string(&json).unwrap();
    let newer = text.replace("\"schema_version\": 1", "\"schema_version\": 9");
    std::fs::write(&json, newer).unwrap();
    assert!(load().ends_with("curves.json: expected schema version 1, got 9"), "{}", load());
    let last = grid.ends().last().unwrap().to_string();
    std::fs::write(&json, text.replace(&last, "-1.0")).unwrap();
    assert!(load().contains("ends of intervals[2] must be finite and above"), "{}", load());
    std::fs::write(&json, text.replace(&format!(",\n    {last}"), "")).unwrap();
    assert!(load().ends_with("expected common logits of 2 intervals, got 3"), "{}", load());
}
