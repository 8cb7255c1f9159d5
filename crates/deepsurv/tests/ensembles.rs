//! Ensembles: what they are made of, what they say, and what they refuse.
#![allow(clippy::unwrap_used)] // helpers of tests

use burn::tensor::Device;
use rand::{RngExt, SeedableRng};
use std::ops::ControlFlow;
use vertebra_deepsurv::{
    CurveEnsemble, CurveRecalibration, EncoderConfig, ImageSet, Members, Recalibration,
    RiskEnsemble, RiskInputs, RiskModelConfig, RiskTrainer, RiskTraining, Trained,
};
use vertebra_run::Seed;
use vertebra_survival::cox::{CoxOptions, Design};
use vertebra_survival::losses::{HazardLikelihood, TimeGrid};
use vertebra_survival::{Outcomes, breslow_baseline};
use vertebra_training::{Event, keep_going};

const N: usize = 120;

/// Subjects whose hazard grows with the first of two covariates.
fn inputs() -> RiskInputs {
    let row = |i: usize| vec![(i * 37 % N) as f32 / N as f32, (i % 7) as f32];
    RiskInputs::from_covariates((0..N).map(row).collect()).unwrap()
}

fn outcomes() -> Outcomes {
    let time = |i: usize| {
        let uniform = ((i * 53 % N) as f64 + 0.5) / N as f64;
        -uniform.ln() * (-2.0 * (i * 37 % N) as f64 / N as f64).exp() * 4.0
    };
    let event = (0..N).map(|i| i % 4 != 3).collect();
    Outcomes::new((0..N).map(time).collect(), event).unwrap()
}

/// Every `n`-th subject.
fn parts(n: usize) -> Vec<Vec<usize>> {
    (0..n).map(|k| (k..N).step_by(n).collect()).collect()
}

fn trainer() -> RiskTrainer<'static> {
    let mut settings = RiskTraining::default();
    settings.training.epochs = 24;
    settings.training.batch_size = Some(40);
    let config = RiskModelConfig::clinical(["x", "noise"]).with_hidden([8]).with_dropout(0.1);
    RiskTrainer::new(config).with_settings(settings).with_seed(3).with_device(&Device::flex())
}

fn risks(trainer: &RiskTrainer<'_>, members: &Members) -> (RiskEnsemble, Vec<Trained<()>>) {
    let data = (&inputs(), &outcomes());
    let trained = trainer.fit_ensemble(members, data, &mut keep_going).unwrap();
    (trained.ensemble, trained.runs)
}

/// The `k`-th network, trained by itself.
fn alone(k: u64, part: &[usize]) -> Vec<f64> {
    let (inputs, outcomes) = (inputs(), outcomes());
    let others: Vec<usize> = (0..N).filter(|i| !part.contains(i)).collect();
    let train = (inputs.subset(&others), outcomes.subset(&others));
    let valid = (inputs.subset(part), outcomes.subset(part));
    let seed = Seed::new(3).named("networks").at(&[k]).value();
    let model = trainer()
        .with_seed(seed)
        .fit((&train.0, &train.1), Some((&valid.0, &valid.1)), &mut keep_going)
        .unwrap()
        .model;
    model.log_hazard(&inputs).unwrap()
}

/// Slope of the mean of all networks on what those say that held a subject out, `[n, width]` both,
/// within groups and columns, each as often as its weight says, and the variance of the latter times
/// `factor`; the slope no less than leaves a variance of 0.5.
fn mean_on_single(
    (mean, single): (&[f64], &[f64]),
    weight: &[f64],
    group: &[usize],
    factor: f64,
) -> (f64, f64) {
    let width = mean.len() / group.len();
    let (mut covariance, mut variance) = (0.0, 0.0);
    for of in 0..=*group.iter().max().unwrap() {
        for j in 0..width {
            let rows = (0..group.len()).filter(|&i| group[i] == of).map(|i| i * width + j);
            let rows: Vec<usize> = rows.collect();
            let all: f64 = rows.iter().map(|&i| weight[i]).sum();
            let middle = |x: &[f64]| rows.iter().map(|&i| weight[i] * x[i]).sum::<f64>() / all;
            let (of_mean, of_single) = (middle(mean), middle(single));
            for &i in &rows {
                covariance += weight[i] * (mean[i] - of_mean) * (single[i] - of_single);
                variance += weight[i] * (single[i] - of_single).powi(2);
            }
        }
    }
    let single = factor * factor * variance / weight.iter().sum::<f64>();
    ((covariance / variance).min(1.0).max(single / (single + 0.5)), single)
}

#[test]
fn networks_that_differ_by_seed_are_averaged() {
    let (ensemble, runs) = risks(&trainer(), &Members::of_seeds(4));
    assert!(runs.len() == 4 && runs.iter().all(|run| run.history.len() == 24));
    assert!(ensemble.recalibration().is_none());
    let inputs = inputs();
    let said: Vec<Vec<f64>> =
        ensemble.members().iter().map(|m| m.log_hazard(&inputs).unwrap()).collect();
    assert_ne!(said[0], said[1]);
    let mean: Vec<f64> = (0..N).map(|i| said.iter().map(|m| m[i]).sum::<f64>() / 4.0).collect();
    let got = ensemble.log_hazard(&inputs).unwrap();
    assert!(got.iter().zip(&mean).all(|(a, b)| (a - b).abs() < 1e-12));
    let baseline = breslow_baseline(&outcomes(), &mean).unwrap();
    for (risk, (h, i)) in
        ensemble.risks(&inputs, 2.0, 0.9).unwrap().iter().zip(mean.iter().zip(0..))
    {
        let expected = 1.0 - (-baseline.cumulative(2.0) * h.exp()).exp();
        assert!((risk.value - expected).abs() < 1e-12, "{risk:?}, {expected}");
        // Student's t on three degrees of freedom at 90 %: 2.3534.
        let sd = (said.iter().map(|m| (m[i] - h).powi(2)).sum::<f64>() / 3.0).sqrt();
        let reach = 2.353_363_4 * sd * 1.25_f64.sqrt();
        let at = |h: f64| 1.0 - (-baseline.cumulative(2.0) * h.exp()).exp();
        assert!((risk.interval.lower - at(h - reach)).abs() < 1e-8, "{risk:?}");
        assert!((risk.interval.upper - at(h + reach)).abs() < 1e-8, "{risk:?}");
        let slope = (at(h + 1e-6) - at(h - 1e-6)) / 2e-6;
        assert!((risk.std_error - slope * sd).abs() < 1e-7, "{risk:?}");
    }
}

#[test]
fn networks_that_hold_out_parts_are_those_trained_alone_and_recalibrate_the_whole() {
    let parts = parts(3);
    let (ensemble, _) = risks(&trainer(), &Members::holding_out(parts.clone()));
    let (inputs, outcomes) = (inputs(), outcomes());
    let mut out_of_part = vec![0.0; N];
    for (k, part) in parts.iter().enumerate() {
        let expected = alone(k as u64, part);
        assert_eq!(ensemble.members()[k].log_hazard(&inputs).unwrap(), expected);
        part.iter().for_each(|&i| out_of_part[i] = expected[i]);
    }
    let fold: Vec<usize> = (0..N).map(|i| i % 3).collect();
    let learnt = Recalibration::learn(&outcomes, &out_of_part, &fold).unwrap();
    let mean: Vec<f64> = (0..N)
        .map(|i| ensemble.members().iter().map(|m| m.log_hazard(&inputs).unwrap()[i]).sum::<f64>())
        .map(|sum| sum / 3.0)
        .collect();
    let (slope, variance) = mean_on_single((&mean, &out_of_part), &[1.0; N], &fold, learnt.factor);
    assert!(slope > 0.4 && slope < 0.95, "networks differ, {slope}");
    let of_mean = ensemble.recalibration().unwrap();
    assert!((of_mean.factor - learnt.factor / slope).abs() < 1e-9, "{of_mean:?} {slope}");
    let (of_mean, of_single) = (of_mean.slope.unwrap(), learnt.slope.unwrap());
    assert!((of_mean.value - of_single.value / slope).abs() < 1e-9);
    assert!((of_mean.std_error - of_single.std_error / slope).abs() < 1e-9);
    assert!((of_mean.interval.upper - of_single.interval.upper / slope).abs() < 1e-9);
    // A standard deviation above or below, with equal probability.
    let raise = (variance * (1.0 / slope - 1.0)).sqrt().cosh().ln();
    let centre = out_of_part.iter().sum::<f64>() / N as f64;
    let line = |h: &f64| learnt.factor * (h - centre + centre / slope) + raise;
    let scaled: Vec<f64> = out_of_part.iter().map(line).collect();
    let baseline = breslow_baseline(&outcomes, &scaled).unwrap();
    for t in [0.3, 1.0, 4.0] {
        let (got, expected) = (ensemble.baseline().cumulative(t), baseline.cumulative(t));
        assert!((got / expected - 1.0).abs() < 1e-9, "{got} {expected}");
    }
    // As many events as the ensemble expects among those held out.
    let risk: f64 = scaled.iter().map(|h| ensemble.risk_at(*h, 2.0)).sum();
    let observed = vertebra_survival::kaplan_meier(&outcomes).unwrap().at(2.0);
    assert!((risk / N as f64 / (1.0 - observed) - 1.0).abs() < 0.1, "{risk} {observed}");
}

#[test]
fn a_part_may_be_held_out_twice_and_a_network_may_hold_out_nothing() {
    let three = parts(3);
    let members = Members::holding_out([three[0].clone(), three[0].clone(), Vec::new()]);
    let (ensemble, _) = risks(&trainer(), &members);
    let learnt = ensemble.recalibration().unwrap();
    assert_eq!(learnt.n, N / 3);
    let (first, second) = (alone(0, &three[0]), alone(1, &three[0]));
    let mean: Vec<f64> = three[0].iter().map(|&i| 0.5 * (first[i] + second[i])).collect();
    let expected = Recalibration::learn(&outcomes().subset(&three[0]), &mean, &[1; N / 3]).unwrap();
    assert!((learnt.factor - expected.factor).abs() < 1e-9);
}

#[test]
fn a_snapshot_goes_on_from_the_one_before_and_a_stopped_training_too() {
    let mut settings = RiskTraining::default();
    settings.training.epochs = 50;
    let config = RiskModelConfig::clinical(["x", "noise"]).with_hidden([8]).with_dropout(0.0);
    let trainer = RiskTrainer::new(config).with_settings(settings).with_device(&Device::flex());
    let members = Members::of_seeds(2).with_snapshots(3);
    let (ensemble, runs) = risks(&trainer, &members);
    assert_eq!((ensemble.members().len(), runs.len()), (6, 6));
    let epochs: Vec<usize> = runs.iter().map(|run| run.history.len()).collect();
    assert_eq!(epochs, [16, 17, 17, 16, 17, 17]);
    for network in runs.chunks(3) {
        for (before, after) in network.iter().zip(&network[1..]) {
            // Whole cohort and no dropout: the first loss is that of the network it started from.
            let (last, first) = (before.history.last().unwrap().loss, after.history[0].loss);
            let fall = network[0].history[0].loss - last;
            assert!(first < last && last - first < 0.2 * fall, "{last} {first} {fall}");
        }
    }
    // Two networks differ, not six: Student's t on one degree of freedom.
    let said = ensemble.member_log_hazards(&inputs()).unwrap();
    let of_networks: Vec<f64> =
        said.chunks(3).map(|three| three.iter().map(|m| m[0]).sum::<f64>() / 3.0).collect();
    let (h, half) =
        (0.5 * (of_networks[0] + of_networks[1]), 0.5 * (of_networks[0] - of_networks[1]));
    let reach = 12.706_204_7 * half.abs() * 2.0_f64.sqrt() * 1.5_f64.sqrt();
    let risk = ensemble.risks(&inputs(), 2.0, 0.95).unwrap()[0];
    assert!((risk.interval.upper - ensemble.risk_at(h + reach, 2.0)).abs() < 1e-7, "{risk:?}");
    let one = Members::of_seeds(1).with_snapshots(2);
    assert!(risks(&trainer, &one).0.risks(&inputs(), 2.0, 0.95).is_err());

    let folder = tempfile::tempdir().unwrap();
    let trainer = trainer.with_run_folder(folder.path());
    let mut epochs_left = 20;
    let mut stop = |event: &Event| {
        if let Event::Epoch { .. } = event {
            epochs_left -= 1;
        }
        if epochs_left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let data = (&inputs(), &outcomes());
    let stopped = trainer.fit_ensemble(&members, data, &mut stop).unwrap_err().to_string();
    assert!(stopped.contains("stopped") || stopped.contains("cancelled"), "{stopped}");
    assert!(folder.path().join("network-1/cycle-2").is_dir());
    let (resumed, _) = risks(&trainer, &members);
    let log_hazard = |ensemble: &RiskEnsemble| ensemble.log_hazard(&inputs()).unwrap();
    assert_eq!(log_hazard(&resumed), log_hazard(&ensemble));
}

#[test]
fn an_ensemble_of_curves_is_the_mean_of_its_logits_recalibrated() {
    let (inputs, outcomes) = (inputs(), outcomes());
    let grid = TimeGrid::of_events(&outcomes, 4).unwrap();
    let parts = parts(3);
    let members = Members::holding_out(parts.clone());
    let trainer = trainer();
    let fit = |members: &Members| {
        let data = (&inputs, &outcomes);
        trainer.fit_curve_ensemble(&grid, members, data, &mut keep_going).unwrap().ensemble
    };
    let ensemble = fit(&members);
    let (mut common, mut beyond) = (vec![0.0; 4 * N], vec![0.0; 4 * N]);
    let curves: Vec<_> = ensemble.members().iter().map(|m| m.curves(&inputs).unwrap()).collect();
    for (k, part) in parts.iter().enumerate() {
        for &i in part {
            for (j, logit) in curves[k].logits(i).unwrap().iter().enumerate() {
                common[4 * i + j] = ensemble.members()[k].common_logits()[j];
                beyond[4 * i + j] = logit - common[4 * i + j];
            }
        }
    }
    let learnt = *ensemble.recalibration().unwrap();
    let expected = CurveRecalibration::learn(&outcomes, &grid, &common, &beyond).unwrap();
    let mean = |of: &dyn Fn(usize) -> f64| (0..3).map(of).sum::<f64>() / 3.0;
    let mut all = vec![0.0; 4 * N];
    for (at, all) in all.iter_mut().enumerate() {
        let of = |k: usize| {
            let logit = curves[k].logits(at / 4).unwrap()[at % 4];
            logit - ensemble.members()[k].common_logits()[at % 4]
        };
        *all = mean(&of);
    }
    let fold: Vec<usize> = (0..N).map(|i| i % 3).collect();
    let lived: Vec<f64> = outcomes.time().iter().flat_map(|&t| grid.shares(t)).collect();
    let (slope, variance) = mean_on_single((&all, &beyond), &lived, &fold, expected.factor);
    // As many events as expected where the mean lies a standard deviation above or below.
    let sd = (variance * (1.0 / slope - 1.0)).sqrt();
    let centre = |j: usize| {
        let column = || (j..4 * N).step_by(4);
        let sum: f64 = column().map(|i| lived[i] * beyond[i]).sum();
        sum / column().map(|i| lived[i]).sum::<f64>()
    };
    let centres: Vec<f64> = (0..4).map(centre).collect();
    let at = |side: f64| {
        let logit = |i: usize| {
            let c = centres[i % 4];
            common[i] + side * sd + expected.factor * (beyond[i] - c + c / slope)
        };
        (0..4 * N).map(logit).collect::<Vec<f64>>()
    };
    let twice = outcomes.subset(&(0..2 * N).map(|i| i % N).collect::<Vec<_>>());
    let likelihood = HazardLikelihood::new(&twice, &grid).unwrap();
    let level = likelihood.level(&[at(1.0), at(-1.0)].concat()).unwrap().value;
    assert!((learnt.level - level).abs() < 1e-9, "{learnt:?} {expected:?}");
    assert!((learnt.factor - expected.factor / slope).abs() < 1e-9, "{learnt:?} {expected:?}");
    let got = ensemble.curves(&inputs).unwrap();
    for i in [0, 7, N - 1] {
        for (j, got) in got.logits(i).unwrap().iter().enumerate() {
            let common = mean(&|k| ensemble.members()[k].common_logits()[j]);
            let all = mean(&|k| curves[k].logits(i).unwrap()[j]);
            let expected = common + learnt.level + learnt.factor * (all - common);
            assert!((got - expected).abs() < 1e-9, "{got} {expected}");
        }
    }
    let plain = fit(&Members::of_seeds(2));
    assert!(plain.recalibration().is_none() && plain.members().len() == 2);
}

#[test]
fn a_run_folder_of_other_parts_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let trainer = trainer().with_run_folder(folder.path());
    let parts = parts(3);
    risks(&trainer, &Members::holding_out(parts.clone()));
    let others = [parts[1].clone(), parts[2].clone(), parts[0].clone()];
    let data = (&inputs(), &outcomes());
    let refused = trainer.fit_ensemble(&Members::holding_out(others), data, &mut keep_going);
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("purpose"), "{refused}");
}

#[test]
fn subjects_are_compared_within_strata_where_the_trainer_has_them() {
    let strata: Vec<usize> = (0..N).map(|i| i / (N / 2)).collect();
    let members = Members::holding_out(parts(3));
    let (ensemble, _) = risks(&trainer().with_strata(strata.clone()), &members);
    let said: Vec<Vec<f64>> =
        ensemble.members().iter().map(|member| member.log_hazard(&inputs()).unwrap()).collect();
    let out_of_part: Vec<f64> = (0..N).map(|i| said[i % 3][i]).collect();
    let both: Vec<usize> = (0..N).map(|i| 2 * (i % 3) + strata[i]).collect();
    let expected = Recalibration::learn(&outcomes(), &out_of_part, &both).unwrap();
    let mean: Vec<f64> = (0..N).map(|i| said.iter().map(|m| m[i]).sum::<f64>() / 3.0).collect();
    let (slope, _) = mean_on_single((&mean, &out_of_part), &[1.0; N], &both, expected.factor);
    let factor = ensemble.recalibration().unwrap().factor;
    assert!((factor - expected.factor / slope).abs() < 1e-9);
}

/// Of subjects whose hazard grows by the first covariate alone, among six.
fn drawn(n: usize, seed: u64) -> (RiskInputs, Outcomes) {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let (mut rows, mut time) = (Vec::new(), Vec::new());
    for _ in 0..n {
        let row: Vec<f32> = (0..6).map(|_| rng.random::<f32>()).collect();
        let hazard = (2.0 * f64::from(row[0])).exp();
        time.push(-rng.random::<f64>().max(1e-12).ln() / hazard);
        rows.push(row);
    }
    (RiskInputs::from_covariates(rows).unwrap(), Outcomes::new(time, vec![true; n]).unwrap())
}

/// What trains networks on them that differ much.
fn eager_trainer() -> RiskTrainer<'static> {
    let mut settings = RiskTraining::default();
    settings.training.epochs = 60;
    settings.training.learning_rate = vertebra_training::LearningRate::constant(1e-2);
    let config = RiskModelConfig::clinical(["x", "a", "b", "c", "d", "e"]);
    let config = config.with_hidden([32, 32]).with_dropout(0.0);
    RiskTrainer::new(config).with_settings(settings).with_device(&Device::flex())
}

/// Five networks, each without every fifth of 300 subjects.
fn five() -> Members {
    Members::holding_out((0..5).map(|k| (k..300).step_by(5).collect()).collect::<Vec<Vec<usize>>>())
}

/// The mean of networks that differ much varies less than each of them, and has the right spread
/// and level for new subjects all the same.
#[test]
fn the_mean_of_an_ensemble_is_right_for_new_subjects() {
    let trainer = eager_trainer();
    let new = drawn(4000, 99);
    let (mut slopes, mut expected) = (0.0, 0.0);
    for seed in 0..4 {
        let (inputs, outcomes) = drawn(300, seed);
        let trainer = trainer.clone().with_seed(seed);
        let data = (&inputs, &outcomes);
        let ensemble = trainer.fit_ensemble(&five(), data, &mut keep_going).unwrap().ensemble;
        let log_hazard = ensemble.log_hazard(&new.0).unwrap();
        let design = Design::from_columns(&[&log_hazard]).unwrap();
        let fit = CoxOptions::default().fit(&new.1, &design).unwrap();
        slopes += fit.coefficients[0] / 4.0;
        let risk = log_hazard.iter().map(|h| ensemble.risk_at(*h, 0.2)).sum::<f64>();
        let observed = 1.0 - vertebra_survival::kaplan_meier(&new.1).unwrap().at(0.2);
        expected += risk / 4000.0 / observed / 4.0;
    }
    // As if the mean varied as single networks do, it would be 1.26.
    assert!((slopes - 1.0).abs() < 0.15, "slope {slopes}");
    assert!((expected - 1.0).abs() < 0.1, "expected over observed {expected}");
}

/// Curves of networks that differ much, too.
#[test]
fn the_mean_of_curves_is_right_for_new_subjects() {
    let trainer = eager_trainer();
    let new = drawn(4000, 99);
    let horizons = [0.15, 0.4];
    let (mut slopes, mut expected) = (0.0, [0.0; 2]);
    for seed in 0..4 {
        let (inputs, outcomes) = drawn(300, seed);
        let grid = TimeGrid::of_events(&outcomes, 5).unwrap();
        let trainer = trainer.clone().with_seed(seed);
        let data = (&inputs, &outcomes);
        let trained = trainer.fit_curve_ensemble(&grid, &five(), data, &mut keep_going).unwrap();
        let curves = trained.ensemble.curves(&new.0).unwrap();
        for (expected, by) in expected.iter_mut().zip(horizons) {
            let observed = 1.0 - vertebra_survival::kaplan_meier(&new.1).unwrap().at(by);
            *expected += curves.risk_by(by).iter().sum::<f64>() / 4000.0 / observed / 4.0;
        }
        let logits: Vec<f64> = (0..4000).flat_map(|i| curves.logits(i).unwrap().to_vec()).collect();
        let middle = |j: usize| logits.iter().skip(j).step_by(5).sum::<f64>() / 4000.0;
        let middles: Vec<f64> = (0..5).map(middle).collect();
        let common: Vec<f64> = (0..4000).flat_map(|_| middles.clone()).collect();
        let beyond: Vec<f64> = logits.iter().zip(&common).map(|(x, c)| x - c).collect();
        let likelihood = HazardLikelihood::new(&new.1, &grid).unwrap();
        slopes += likelihood.calibration(&common, &beyond).unwrap().slope.value / 4.0;
    }
    // Otherwise 1.66.
    assert!(slopes > 0.8 && slopes < 1.25, "slope {slopes}");
    assert!(expected.iter().all(|e| (e - 1.0).abs() < 0.1), "expected over observed {expected:?}");
}

/// Networks that learnt their training subjects by heart say too much of others; what the subjects
/// held out tell brings the curves back.
#[test]
fn curves_that_say_too_much_are_drawn_together() {
    let grid = TimeGrid::of_events(&outcomes(), 4).unwrap();
    let mut settings = RiskTraining::default();
    settings.training.epochs = 250;
    settings.training.learning_rate = vertebra_training::LearningRate::constant(2e-2);
    let config = RiskModelConfig::clinical(["x", "noise"]).with_hidden([64, 64]).with_dropout(0.0);
    let trainer = RiskTrainer::new(config).with_settings(settings).with_device(&Device::flex());
    let parts = parts(3);
    let (inputs, outcomes) = (inputs(), outcomes());
    // Of networks that nothing stops early: told to hold out nothing, and then asked.
    let mut said = (vec![0.0; 4 * N], vec![0.0; 4 * N]);
    for part in &parts {
        let others: Vec<usize> = (0..N).filter(|i| !part.contains(i)).collect();
        let train = (inputs.subset(&others), outcomes.subset(&others));
        let model = trainer.fit_curves(&grid, (&train.0, &train.1), None, &mut keep_going);
        let model = model.unwrap().model;
        let curves = model.curves(&inputs).unwrap();
        for &i in part {
            for (j, logit) in curves.logits(i).unwrap().iter().enumerate() {
                said.0[4 * i + j] = model.common_logits()[j];
                said.1[4 * i + j] = logit - model.common_logits()[j];
            }
        }
    }
    let learnt = CurveRecalibration::learn(&outcomes, &grid, &said.0, &said.1).unwrap();
    assert!(learnt.factor < 0.6, "{learnt:?}");
    assert_eq!((learnt.n, learnt.events), (N, outcomes.n_events()));
}

#[test]
fn pictures_have_ensembles_with_snapshots_too() {
    let pixels = (0..N * 16 * 16).map(|i| (i * 31 % 97) as f32 / 97.0).collect();
    let images = ImageSet::new(pixels, [1, 16, 16]).unwrap();
    let inputs = inputs().with_images(images).unwrap();
    let config = RiskModelConfig::image_only(EncoderConfig::small(4), [1, 16, 16])
        .with_covariates(["x", "noise"]);
    let mut settings = RiskTraining::for_images();
    settings.training.epochs = 4;
    let trainer = RiskTrainer::new(config).with_settings(settings).with_device(&Device::flex());
    let members = Members::holding_out(parts(2)).with_snapshots(2);
    let data = (&inputs, &outcomes());
    let trained = trainer.fit_ensemble(&members, data, &mut keep_going).unwrap();
    assert_eq!(trained.ensemble.members().len(), 4);
    let said = trained.ensemble.member_log_hazards(&inputs).unwrap();
    assert!(said[0] != said[1] && said[1] != said[2]);
}

#[test]
fn an_ensemble_comes_back_from_its_folder() {
    let (folder, device) = (tempfile::tempdir().unwrap(), Device::flex());
    let path = folder.path().join("risks");
    let (ensemble, _) = risks(&trainer(), &Members::holding_out(parts(2)));
    ensemble.save(&path).unwrap();
    let back = RiskEnsemble::load(&path, &device).unwrap();
    let inputs = inputs();
    assert_eq!(
        back.risks(&inputs, 2.0, 0.95).unwrap(),
        ensemble.risks(&inputs, 2.0, 0.95).unwrap()
    );
    assert_eq!(back.recalibration(), ensemble.recalibration());
    let curves = folder.path().join("curves");
    let grid = TimeGrid::of_events(&outcomes(), 3).unwrap();
    let data = (&inputs, &outcomes());
    let members = Members::holding_out(parts(2));
    let trained =
        trainer().fit_curve_ensemble(&grid, &members, data, &mut keep_going).unwrap().ensemble;
    trained.save(&curves).unwrap();
    let back = CurveEnsemble::load(&curves, &device).unwrap();
    assert_eq!(back.curves(&inputs).unwrap(), trained.curves(&inputs).unwrap());
    assert_eq!(back.recalibration(), trained.recalibration());

    let refused =
        |path: &std::path::Path| RiskEnsemble::load(path, &device).unwrap_err().to_string();
    assert!(refused(&curves).contains("an ensemble of risk models"), "{}", refused(&curves));
    let file = path.join("ensemble.json");
    let json = std::fs::read_to_string(&file).unwrap();
    for (from, to, expected) in [
        ("\"members\": 2", "\"members\": 3", "member-3"),
        ("\"members\": 2", "\"members\": 0", "at least one member"),
        ("\"factor\": ", "\"factor\": -", "a positive factor"),
        ("\"schema_version\": 1", "\"schema_version\": 9", "9"),
    ] {
        std::fs::write(&file, json.replacen(from, to, 1)).unwrap();
        let refused = refused(&path);
        assert!(refused.contains(expected), "{refused}");
    }
}

#[test]
fn what_makes_no_ensemble_is_named() {
    let data = (&inputs(), &outcomes());
    let error = |members: Members| {
        trainer().fit_ensemble(&members, data, &mut keep_going).unwrap_err().to_string()
    };
    let none = "members: expected at least 1, got 0";
    assert_eq!(error(Members::of_seeds(0)), none);
    assert_eq!(error(Members::of_seeds(2).with_snapshots(0)), none);
    let part = |part: &[usize]| error(Members::holding_out([part.to_vec()]));
    assert_eq!(part(&[0, N]), "held-out part: expected subjects from 0, got subject 120 of 120");
    assert_eq!(part(&[5, 5]), "held-out part: expected each subject once, got subject 5 twice");
    assert_eq!(part(&[3, 7]), "no event among the 2 validation subjects: the loss is undefined");
    let all: Vec<usize> = (0..N).collect();
    assert_eq!(part(&all), "no event among the 0 training subjects: the loss is undefined");
    let averaging = {
        let mut settings = RiskTraining::default();
        settings.training.epochs = 24;
        settings.training.average_from = Some(5);
        trainer().with_settings(settings)
    };
    let members = Members::of_seeds(1).with_snapshots(2);
    let both = averaging.fit_ensemble(&members, data, &mut keep_going).unwrap_err().to_string();
    assert_eq!(both, "average_from: expected none in a training of several cycles, got 5");
    let many = error(Members::of_seeds(1).with_snapshots(25));
    assert_eq!(many, "snapshots: expected at most one for each epoch, got 25");
    let (one, _) = risks(&trainer(), &Members::of_seeds(1));
    let alone = one.risks(&inputs(), 2.0, 0.95).unwrap_err().to_string();
    assert_eq!(alone, "networks: expected at least 2 to differ from each other, got 1");
    let level = one.risks(&inputs(), 2.0, 95.0).unwrap_err().to_string();
    assert_eq!(level, "level: expected a number in (0, 1), got 95");
}
