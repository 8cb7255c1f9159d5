//! Risk models of events known to an interval.
#![allow(clippy::unwrap_used)] // a helper of tests may stop

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vertebra_deepsurv::{
    Error, RiskInputs, RiskModel, RiskModelConfig, RiskTrainer, RiskTraining, ValidationScore,
};
use vertebra_survival::cox::Design;
use vertebra_survival::interval_censored::{IntervalCoxOptions, IntervalOutcomes};
use vertebra_training::{LearningRate, keep_going};

/// Hazard a year of `x = 0`.
const HAZARD: f64 = 0.08;
const EFFECT: f64 = 1.5;

/// Exponential times seen at up to five visits, half a year to three and a half years apart.
fn drawn(n: usize, seed: u64) -> (RiskInputs, IntervalOutcomes) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let x: Vec<f32> = (0..n).map(|_| rng.random::<f32>()).collect();
    let (left, right) = x
        .iter()
        .map(|&x| {
            let hazard = HAZARD * (EFFECT * f64::from(x)).exp();
            let time = -rng.random::<f64>().max(1e-12).ln() / hazard;
            let mut now = 0.0;
            let mut next = || {
                now += 0.5 + 3.0 * rng.random::<f64>();
                now
            };
            let visits: Vec<f64> = (0..5).map(|_| next()).collect();
            let visits = &visits[..rng.random_range(1..6)];
            let before = visits.iter().filter(|&&v| v < time).copied().fold(0.0, f64::max);
            let after =
                visits.iter().filter(|&&v| v >= time).copied().fold(f64::INFINITY, f64::min);
            (before, after)
        })
        .unzip();
    let inputs = RiskInputs::from_covariates(x.into_iter().map(|x| vec![x]).collect());
    (inputs.unwrap(), IntervalOutcomes::new(left, right).unwrap())
}

fn linear() -> RiskTrainer<'static> {
    let mut settings = RiskTraining::default();
    settings.training = settings
        .training
        .with_epochs(150)
        .with_patience(None)
        .with_weight_decay(0.0)
        .with_learning_rate(LearningRate::constant(0.05));
    let config = RiskModelConfig::clinical(["x"]).with_hidden([]).with_dropout(0.0);
    RiskTrainer::new(config).with_settings(settings)
}

fn risk(model: &RiskModel, x: f32, horizon: f64) -> f64 {
    let inputs = RiskInputs::from_covariates(vec![vec![x]]).unwrap();
    model.risk_at(model.log_hazard(&inputs).unwrap()[0], horizon)
}

/// Coefficient and risks of a network without hidden layers are those of the regression; the truth
/// is near, which it is not where the visits are taken for the times.
#[test]
fn a_linear_network_is_the_regression() {
    let (inputs, outcomes) = drawn(700, 1);
    let model = linear().fit_intervals((&inputs, &outcomes), None, &mut keep_going).unwrap().model;
    let x: Vec<f64> = inputs.covariates().iter().map(|row| f64::from(row[0])).collect();
    let design = Design::from_columns(&[x]).unwrap();
    let fit = IntervalCoxOptions::default().fit(&outcomes, &design).unwrap();
    let ends = RiskInputs::from_covariates(vec![vec![0.0], vec![1.0]]).unwrap();
    let ends = model.log_hazard(&ends).unwrap();
    let effect = ends[1] - ends[0];
    assert!((effect - fit.coefficients[0]).abs() < 0.01, "{effect}, {:?}", fit.coefficients);
    let late = linear()
        .fit((&inputs, &outcomes.at_the_visit().unwrap()), None, &mut keep_going)
        .unwrap()
        .model;
    for (x, horizon) in [(0.2, 2.0), (0.2, 4.0), (0.8, 2.0), (0.8, 4.0)] {
        let got = risk(&model, x, horizon);
        let expected = fit.risk(&[f64::from(x)], horizon).unwrap();
        assert!((got - expected).abs() < 0.01, "{x} by {horizon}: {got}, expected {expected}");
        let truth = -(-HAZARD * (EFFECT * f64::from(x)).exp() * horizon).exp_m1();
        assert!((got - truth).abs() < 0.06, "{x} by {horizon}: {got}, truly {truth}");
        let late = risk(&late, x, horizon);
        let share = if horizon < 3.0 { 0.7 } else { 0.95 };
        assert!(late < share * truth, "{x} by {horizon}: {late} at the visits, truly {truth}");
    }
}

/// Batches of which many say nothing, weights, and the two scores of epochs.
#[test]
fn mini_batches_with_a_hidden_layer_rank_new_subjects() {
    let (train, valid, test) = (drawn(400, 2), drawn(150, 3), drawn(600, 4));
    let weights = (0..400).map(|i| 1.0 + f64::from(i % 3)).collect();
    let outcomes = train.1.clone().with_weights(weights).unwrap();
    for (score, batch) in [(ValidationScore::Concordance, 4), (ValidationScore::Likelihood, 64)] {
        let mut settings = RiskTraining::default().with_score(score);
        settings.training = settings.training.with_epochs(12).with_batch_size(batch);
        let trainer = RiskTrainer::new(RiskModelConfig::clinical(["x"])).with_settings(settings);
        let valid = Some((&valid.0, &valid.1));
        let trained = trainer.fit_intervals((&train.0, &outcomes), valid, &mut keep_going).unwrap();
        let log_hazard = trained.model.log_hazard(&test.0).unwrap();
        let visits = test.1.at_the_visit().unwrap();
        let c = vertebra_survival::concordance(&visits, &log_hazard).unwrap().index();
        assert!(c > 0.57, "{score:?}: {c}");
        let reached = trained.history.iter().filter_map(|epoch| epoch.score);
        assert!(reached.count() > 0, "{score:?}");
    }
}

#[test]
fn what_cannot_be_fitted_is_named() {
    let (inputs, outcomes) = drawn(30, 5);
    let fit = |trainer: RiskTrainer<'_>, outcomes: &IntervalOutcomes| -> Error {
        trainer.fit_intervals((&inputs, outcomes), None, &mut keep_going).unwrap_err()
    };
    let none = IntervalOutcomes::new(vec![2.0; 30], vec![f64::INFINITY; 30]).unwrap();
    assert!(matches!(fit(linear(), &none), Error::NoEvents { n: 30, .. }));
    let all = IntervalOutcomes::new(vec![0.0; 30], vec![2.0; 30]).unwrap();
    let said = fit(linear(), &all).to_string();
    assert!(said.contains("nobody is known to be free of the event"), "{said}");
    let said = fit(linear().with_strata(vec![0; 30]), &outcomes).to_string();
    assert_eq!(said, "strata: expected none where times are intervals, got labels");
    let few = IntervalOutcomes::new(vec![0.0], vec![2.0]).unwrap();
    assert!(matches!(fit(linear(), &few), Error::LengthMismatch { expected: 30, got: 1, .. }));
}
