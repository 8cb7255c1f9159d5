//! What is undefined is a named error, never a number.
#![allow(clippy::unwrap_used, clippy::panic)] // in a test that is how it fails

use vertebra_survival::{
    Error, Outcomes, Ties, accuracy_at, auc_at, bootstrap, breslow_baseline, brier_score,
    calibration_groups, calibration_slope, compare_harrell_c, concordance, cox_partial_likelihood,
    decision_curve, harrell_c, holm, integrated_brier, kaplan_meier, log_rank, observed_expected,
    uno_c, youden_threshold,
};

fn outcomes(time: &[f64], event: &[bool]) -> Outcomes {
    Outcomes::new(time.to_vec(), event.to_vec()).unwrap()
}

#[test]
fn nobody() {
    let none = outcomes(&[], &[]);
    assert_eq!(kaplan_meier(&none), Err(Error::Empty("outcomes")));
    assert_eq!(concordance(&none, &[]), Err(Error::Empty("outcomes")));
    assert!(matches!(harrell_c(&none, &[]), Err(Error::Empty(_))));
    assert!(matches!(cox_partial_likelihood(&none, &[], Ties::Efron), Err(Error::Empty(_))));
    assert!(matches!(log_rank(&none, &[]), Err(Error::Empty(_))));
    assert!(matches!(bootstrap(0, 9, 1, |_| Some(1.0)), Err(Error::Empty(_))));
    assert_eq!(holm(&[]), Ok(vec![]));
}

#[test]
fn all_censored() {
    let censored = outcomes(&[1.0, 2.0, 3.0], &[false; 3]);
    let risk = [0.1, 0.2, 0.3];
    assert_eq!(concordance(&censored, &risk), Err(Error::NoComparablePair(3)));
    assert_eq!(harrell_c(&censored, &risk), Err(Error::NoComparablePair(3)));
    assert_eq!(uno_c(&censored, &risk, 2.0), Err(Error::NoComparablePair(3)));
    let efron = cox_partial_likelihood(&censored, &risk, Ties::Efron);
    assert_eq!(efron, Err(Error::NoEvents(3)));
    assert_eq!(breslow_baseline(&censored, &risk), Err(Error::NoEvents(3)));
    assert_eq!(log_rank(&censored, &[0, 1, 1]), Err(Error::NoEvents(3)));
    assert!(matches!(auc_at(&censored, &risk, 1.5), Err(Error::Undefined(..))));
    assert!(matches!(brier_score(&censored, &risk, 1.5), Err(Error::Undefined(..))));
    assert!(matches!(observed_expected(&censored, &risk, 1.5), Err(Error::Undefined(..))));
    let curve = kaplan_meier(&censored).unwrap();
    assert_eq!((curve.survival, curve.lower), (vec![1.0; 3], vec![1.0; 3]));
}

#[test]
fn scores_that_are_no_numbers_or_too_few() {
    let three = outcomes(&[1.0, 2.0, 3.0], &[true; 3]);
    let bad = [0.1, f64::NAN, 0.3];
    assert!(matches!(concordance(&three, &bad), Err(Error::OutOfDomain("risk", 1, _))));
    assert!(matches!(auc_at(&three, &bad, 1.5), Err(Error::OutOfDomain("risk", 1, _))));
    let efron = cox_partial_likelihood(&three, &[0.0, 0.0, f64::INFINITY], Ties::Efron);
    assert!(matches!(efron, Err(Error::OutOfDomain("log_hazard", 2, _))));
    assert_eq!(concordance(&three, &[0.1]), Err(Error::LengthMismatch("risk", 3, 1)));
    let off = brier_score(&three, &[0.1, 0.2, 1.2], 1.5);
    assert_eq!(off, Err(Error::OutOfDomain("survival_prob", 2, 1.2)));
    assert!(Outcomes::new(vec![-1.0], vec![true]).is_err());
    assert!(Outcomes::new(vec![1.0], vec![true]).unwrap().with_entry(vec![1.0]).is_err());
    assert!(Outcomes::new(vec![1.0], vec![true]).unwrap().with_weights(vec![0.0]).is_err());
}

#[test]
fn horizons_that_nobody_reached() {
    let short = outcomes(&[1.0, 2.0, 3.0, 3.5], &[true, true, true, false]);
    let probability = [0.9, 0.6, 0.3, 0.1];
    assert!(matches!(auc_at(&short, &probability, 4.0), Err(Error::Undefined(..))));
    assert!(matches!(accuracy_at(&short, &probability, 4.0, 0.5), Err(Error::Undefined(..))));
    assert!(matches!(youden_threshold(&short, &probability, 4.0), Err(Error::Undefined(..))));
    assert!(matches!(decision_curve(&short, &probability, 4.0, &[0.1]), Err(Error::Undefined(..))));
    assert!(matches!(calibration_groups(&short, &probability, 4.0, 2), Err(Error::Undefined(..))));
    assert!(matches!(auc_at(&short, &probability, f64::NAN), Err(Error::InvalidSetting(..))));
    let once = integrated_brier(&short, &[&probability], &[1.5]);
    assert!(matches!(once, Err(Error::InvalidSetting("horizons", ..))));
}

#[test]
fn scores_that_agree_or_say_nothing() {
    let three = outcomes(&[1.0, 2.0, 3.0], &[true; 3]);
    let twice = [[0.3, 0.1, 0.2], [3.0, 1.0, 2.0]];
    let same = compare_harrell_c(&three, &twice[0], &twice[1]);
    assert!(matches!(same, Err(Error::Undefined(..))));
    assert_eq!(harrell_c(&three, &[1.0; 3]).unwrap().c, 0.5);
    assert!(matches!(calibration_slope(&three, &[1.0; 3]), Err(Error::Undefined(..))));
    let perfect = calibration_slope(&three, &[3.0, 2.0, 1.0]);
    assert!(matches!(perfect, Err(Error::Undefined(..))));
    assert!(matches!(log_rank(&three, &[7; 3]), Err(Error::Undefined(..))));
}

#[test]
fn a_perfect_score_has_no_spread() {
    let three = outcomes(&[1.0, 2.0, 3.0], &[true; 3]);
    let perfect = harrell_c(&three, &[3.0, 2.0, 1.0]).unwrap();
    assert_eq!((perfect.c, perfect.se, perfect.lower, perfect.upper), (1.0, 0.0, 1.0, 1.0));
}

#[test]
fn delayed_entry_where_it_is_not_defined() {
    let late = outcomes(&[2.0, 3.0], &[true; 2]).with_entry(vec![1.0, 0.0]).unwrap();
    assert!(matches!(uno_c(&late, &[1.0, 0.0], 3.0), Err(Error::Unsupported(..))));
    assert!(matches!(auc_at(&late, &[1.0, 0.0], 2.5), Err(Error::Unsupported(..))));
}

#[test]
fn bootstrap_counts_the_samples_without_a_value() {
    let rarely = |sample: &[usize]| (sample[0] != 0).then_some(1.0);
    assert!(matches!(bootstrap(2, 99, 1, rarely), Err(Error::Undefined(..))));
    let often = |sample: &[usize]| (sample[1] != 0).then_some(1.0);
    assert!(matches!(bootstrap(2, 99, 1, often), Err(Error::UndefinedReplicates(_, 99))));
}

#[test]
fn bootstrap_depends_on_the_seed_alone() {
    let x: Vec<f64> = (0..50).map(|i| f64::from(i * i % 17)).collect();
    let mean = |s: &[usize]| Some(s.iter().map(|&i| x[i]).sum::<f64>() / s.len() as f64);
    let on = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| bootstrap(x.len(), 200, seed, mean).unwrap().replicates)
    };
    assert_eq!(on(1, 7), on(3, 7));
    assert_ne!(on(1, 7), on(1, 8));
}
