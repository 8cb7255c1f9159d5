//! What is undefined is a named error, never a number.
#![allow(clippy::unwrap_used, clippy::panic)] // in a test that is how it fails

use vertebra_survival::{
    BootstrapOptions, CompetingOutcomes, ConcordanceOptions, Error, Interval, Outcomes, Ties,
    TimeWeight, accuracy_at, auc_at, breslow_baseline, brier_score,
    calibration::calibration_groups,
    calibration_slope, compare_harrell_c, concordance, cox_partial_likelihood, decision_curve,
    fine_gray,
    fine_gray::fine_gray_rows,
    gray_test,
    group_tests::holm,
    harrell_c,
    horizon::{auc_jointly, integrated_brier, youden_threshold},
    kaplan_meier, log_rank, observed_expected,
    resampling::{Bootstrap, StudentisedBootstrap},
    uno_c,
};

fn outcomes(time: &[f64], event: &[bool]) -> Outcomes {
    Outcomes::new(time.to_vec(), event.to_vec()).unwrap()
}

/// A statistic in bootstrap samples with these replicates and this seed.
fn draw(
    n_subjects: usize,
    n_replicates: usize,
    seed: u64,
    statistic: impl Fn(&[usize]) -> Option<f64> + Sync,
) -> Result<Bootstrap, Error> {
    let options = BootstrapOptions::default().with_replicates(n_replicates).with_seed(seed);
    options.draw(n_subjects, statistic)
}

#[test]
fn nobody() {
    let none = outcomes(&[], &[]);
    assert_eq!(kaplan_meier(&none), Err(Error::Empty { name: "outcomes" }));
    assert_eq!(concordance(&none, &[]), Err(Error::Empty { name: "outcomes" }));
    assert!(matches!(harrell_c(&none, &[]), Err(Error::Empty { .. })));
    assert!(matches!(cox_partial_likelihood(&none, &[], Ties::Efron), Err(Error::Empty { .. })));
    assert!(matches!(log_rank(&none, &[]), Err(Error::Empty { .. })));
    assert!(matches!(draw(0, 9, 1, |_| Some(1.0)), Err(Error::Empty { .. })));
    assert_eq!(holm(&[]), Ok(vec![]));
}

#[test]
fn all_censored() {
    let censored = outcomes(&[1.0, 2.0, 3.0], &[false; 3]);
    let risk = [0.1, 0.2, 0.3];
    assert_eq!(concordance(&censored, &risk), Err(Error::NoComparablePair { n: 3 }));
    assert_eq!(harrell_c(&censored, &risk), Err(Error::NoComparablePair { n: 3 }));
    assert_eq!(uno_c(&censored, &risk, 2.0), Err(Error::NoComparablePair { n: 3 }));
    let efron = cox_partial_likelihood(&censored, &risk, Ties::Efron);
    assert_eq!(efron, Err(Error::NoEvents { n: 3 }));
    assert_eq!(breslow_baseline(&censored, &risk), Err(Error::NoEvents { n: 3 }));
    assert_eq!(log_rank(&censored, &[0, 1, 1]), Err(Error::NoEvents { n: 3 }));
    assert!(matches!(auc_at(&censored, &risk, 1.5), Err(Error::Undefined { .. })));
    assert!(matches!(brier_score(&censored, &risk, 1.5), Err(Error::Undefined { .. })));
    assert!(matches!(observed_expected(&censored, &risk, 1.5), Err(Error::Undefined { .. })));
    let curve = kaplan_meier(&censored).unwrap();
    // The exact lower bounds of no event among three, two and one.
    let exact = [3.0, 2.0, 1.0].map(|n: f64| 0.025f64.powf(1.0 / n));
    assert!(curve.lower.iter().zip(exact).all(|(a, b)| (a - b).abs() < 1e-12), "{:?}", curve.lower);
    assert_eq!((curve.survival, curve.upper), (vec![1.0; 3], vec![1.0; 3]));
}

#[test]
fn scores_that_are_no_numbers_or_too_few() {
    let three = outcomes(&[1.0, 2.0, 3.0], &[true; 3]);
    let bad = [0.1, f64::NAN, 0.3];
    assert!(matches!(
        concordance(&three, &bad),
        Err(Error::OutOfDomain { name: "risk", index: 1, .. })
    ));
    assert!(matches!(
        auc_at(&three, &bad, 1.5),
        Err(Error::OutOfDomain { name: "risk", index: 1, .. })
    ));
    let efron = cox_partial_likelihood(&three, &[0.0, 0.0, f64::INFINITY], Ties::Efron);
    assert!(matches!(efron, Err(Error::OutOfDomain { name: "log_hazard", index: 2, .. })));
    assert_eq!(
        concordance(&three, &[0.1]),
        Err(Error::LengthMismatch { name: "risk", expected: 3, got: 1 })
    );
    let off = brier_score(&three, &[0.1, 0.2, 1.2], 1.5);
    assert_eq!(
        off,
        Err(Error::OutOfDomain {
            name: "survival_prob",
            index: 2,
            value: 1.2,
            expected: "in [0, 1]"
        })
    );
    assert!(Outcomes::new(vec![-1.0], vec![true]).is_err());
    assert!(Outcomes::new(vec![1.0], vec![true]).unwrap().with_entry(vec![1.0]).is_err());
    assert!(Outcomes::new(vec![1.0], vec![true]).unwrap().with_weights(vec![0.0]).is_err());
}

#[test]
fn horizons_that_nobody_reached() {
    let short = outcomes(&[1.0, 2.0, 3.0, 3.5], &[true, true, true, false]);
    let probability = [0.9, 0.6, 0.3, 0.1];
    assert!(matches!(auc_at(&short, &probability, 4.0), Err(Error::Undefined { .. })));
    assert!(matches!(accuracy_at(&short, &probability, 4.0, 0.5), Err(Error::Undefined { .. })));
    assert!(matches!(youden_threshold(&short, &probability, 4.0), Err(Error::Undefined { .. })));
    assert!(matches!(
        decision_curve(&short, &probability, 4.0, &[0.1]),
        Err(Error::Undefined { .. })
    ));
    assert!(matches!(
        calibration_groups(&short, &probability, 4.0, 2),
        Err(Error::Undefined { .. })
    ));
    assert!(matches!(auc_at(&short, &probability, f64::NAN), Err(Error::InvalidSetting { .. })));
    let once = integrated_brier(&short, &[&probability], &[1.5]);
    assert!(matches!(once, Err(Error::InvalidSetting { name: "horizons", .. })));
}

#[test]
fn scores_that_agree_or_say_nothing() {
    let three = outcomes(&[1.0, 2.0, 3.0], &[true; 3]);
    let twice = [[0.3, 0.1, 0.2], [3.0, 1.0, 2.0]];
    let same = compare_harrell_c(&three, &twice[0], &twice[1]);
    assert!(matches!(same, Err(Error::Undefined { .. })));
    assert_eq!(harrell_c(&three, &[1.0; 3]).unwrap().estimate.value, 0.5);
    assert!(matches!(calibration_slope(&three, &[1.0; 3]), Err(Error::Undefined { .. })));
    let perfect = calibration_slope(&three, &[3.0, 2.0, 1.0]);
    assert!(matches!(perfect, Err(Error::Undefined { .. })));
    assert!(matches!(log_rank(&three, &[7; 3]), Err(Error::Undefined { .. })));
}

#[test]
fn a_perfect_score_has_no_spread() {
    let three = outcomes(&[1.0, 2.0, 3.0], &[true; 3]);
    let perfect = harrell_c(&three, &[3.0, 2.0, 1.0]).unwrap();
    let Interval { lower, upper, .. } = perfect.estimate.interval;
    assert_eq!((perfect.estimate.value, perfect.estimate.std_error, upper), (1.0, 0.0, 1.0));
    assert!(lower > 0.0 && lower < 0.2, "{lower}");
}

fn competing(time: &[f64], cause: &[usize]) -> CompetingOutcomes {
    CompetingOutcomes::new(time.to_vec(), cause.to_vec()).unwrap()
}

#[test]
fn delayed_entry_where_it_is_not_defined() {
    let late = outcomes(&[2.0, 3.0], &[true; 2]).with_entry(vec![1.0, 0.0]).unwrap();
    assert!(matches!(uno_c(&late, &[1.0, 0.0], 3.0), Err(Error::Unsupported { .. })));
    assert!(matches!(auc_at(&late, &[1.0, 0.0], 2.5), Err(Error::Unsupported { .. })));
    // The second had another event before the others entered; from then on it cannot be weighted.
    let gap = competing(&[1.0, 2.0, 5.0, 6.0], &[1, 2, 1, 1]).with_entry(vec![0.0, 0.0, 3.0, 3.0]);
    let gap = gap.unwrap();
    assert!(matches!(fine_gray_rows(&gap.cause(1).unwrap()), Err(Error::Undefined { .. })));
    let last = competing(&[1.0, 5.0, 5.0, 6.0], &[1, 1, 1, 2]).with_entry(vec![0.0, 3.0, 3.0, 3.0]);
    assert!(fine_gray_rows(&last.unwrap().cause(1).unwrap()).is_ok());
}

#[test]
fn bootstrap_counts_the_samples_without_a_value() {
    let rarely = |sample: &[usize]| (sample[0] != 0).then_some(1.0);
    assert!(matches!(draw(2, 99, 1, rarely), Err(Error::Undefined { .. })));
    let often = |sample: &[usize]| (sample[1] != 0).then_some(1.0);
    assert!(matches!(draw(2, 99, 1, often), Err(Error::UndefinedReplicates { drawn: 99, .. })));
}

#[test]
fn bootstrap_depends_on_the_seed_alone() {
    let x: Vec<f64> = (0..50).map(|i| f64::from(i * i % 17)).collect();
    let mean = |s: &[usize]| Some(s.iter().map(|&i| x[i]).sum::<f64>() / s.len() as f64);
    let on = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| draw(x.len(), 200, seed, mean).unwrap().replicates)
    };
    assert_eq!(on(1, 7), on(3, 7));
    assert_ne!(on(1, 7), on(1, 8));
}

#[test]
fn joint_bootstrap_depends_on_the_seed_alone() {
    let (outcomes, risk) = forty();
    let options = BootstrapOptions::default().with_replicates(99).with_seed(3);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let index = ConcordanceOptions::default().with_time_weight(TimeWeight::Uno);
        pool.install(|| index.bootstrap(&outcomes, &[&risk], &options).unwrap())
    };
    assert_eq!(on(1), on(3));
}

fn forty() -> (Outcomes, Vec<f64>) {
    let time: Vec<f64> = (0..40).map(|i| f64::from(1 + i * 7 % 23)).collect();
    let event: Vec<bool> = (0..40).map(|i| i % 3 > 0).collect();
    (outcomes(&time, &event), (0..40).map(|i| f64::from(i * 11 % 19)).collect())
}

#[test]
fn clusters_are_drawn_whole_and_strata_keep_their_size() {
    let label: Vec<usize> = (0..30).map(|i| i / 3).collect();
    let clusters = BootstrapOptions::default().with_replicates(50).with_clusters(label.clone());
    let whole = |sample: &[usize]| {
        let mut drawn = sample.chunks(3);
        Some(f64::from(u8::from(
            drawn.all(|c| c[0] % 3 == 0 && c[1] == c[0] + 1 && c[2] == c[0] + 2),
        )))
    };
    assert!(clusters.draw(30, whole).unwrap().replicates.iter().all(|&r| r == 1.0));

    let strata: Vec<usize> = (0..30).map(|i| usize::from(i < 12)).collect();
    let options = clusters.with_strata(strata);
    let first = |sample: &[usize]| Some(sample.iter().filter(|&&i| i < 12).count() as f64);
    assert!(options.draw(30, first).unwrap().replicates.iter().all(|&r| r == 12.0));

    let crossing = BootstrapOptions::default().with_clusters(label).with_strata((0..30).collect());
    assert!(matches!(crossing.draw(30, first), Err(Error::Unsupported { .. })));
    let short = BootstrapOptions::default().with_clusters(vec![0; 29]);
    assert_eq!(
        short.draw(30, first),
        Err(Error::LengthMismatch { name: "clusters", expected: 30, got: 29 })
    );
}

#[test]
fn clusters_of_two_alike_are_one_subject_of_weight_two() {
    let (single, risk) = forty();
    let twice: Vec<usize> = (0..80).map(|i| i / 2).collect();
    let doubled = single.subset(&twice);
    let doubled_risk: Vec<f64> = twice.iter().map(|&i| risk[i]).collect();
    let single = single.with_weights(vec![2.0; 40]).unwrap();
    let (index, options) = (ConcordanceOptions::default(), BootstrapOptions::default());
    let options = options.with_replicates(99);
    let one = index.bootstrap(&single, &[&risk], &options).unwrap().score(0).unwrap();
    let clustered = options.with_clusters(twice);
    let two = index.bootstrap(&doubled, &[&doubled_risk], &clustered).unwrap().score(0).unwrap();
    let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
    assert!(near(&one.bootstrap.replicates, &two.bootstrap.replicates));
    assert!(
        near(&one.replicate_std_errors, &two.replicate_std_errors)
            && (one.std_error - two.std_error).abs() < 1e-12
    );
    assert!(one.std_error > 0.01);
}

#[test]
fn studentised_intervals_without_standard_errors() {
    let replicates: Vec<f64> = (0..99).map(|i| f64::from(i) / 100.0).collect();
    let se = vec![0.0; 99];
    let drawn = |std_error: f64, replicate_std_errors: Vec<f64>| {
        let bootstrap = Bootstrap::new(0.5, replicates.clone()).unwrap();
        StudentisedBootstrap::new(bootstrap, std_error, replicate_std_errors)
    };
    let undefined = drawn(0.1, se).unwrap().studentised(0.95);
    assert!(matches!(undefined, Err(Error::Undefined { .. })));
    let flat = drawn(0.0, vec![0.1; 99]).unwrap().studentised(0.95);
    assert!(matches!(flat, Err(Error::InvalidSetting { .. })));
    let name = "replicate_std_errors";
    let short = drawn(0.1, vec![0.1; 98]);
    assert_eq!(short, Err(Error::LengthMismatch { name, expected: 99, got: 98 }));
    let negative = drawn(0.1, vec![-1.0; 99]);
    let expected = "finite and at least 0";
    assert_eq!(negative, Err(Error::OutOfDomain { name, index: 0, value: -1.0, expected }));
}

#[test]
fn logit_interval_survives_samples_of_perfect_concordance() {
    let (outcomes, risk) = forty();
    let few: Vec<usize> = (0..9).collect();
    let (few, risk) = (outcomes.subset(&few), risk[..9].to_vec());
    let options = BootstrapOptions::default().with_replicates(999);
    let drawn = ConcordanceOptions::default().bootstrap(&few, &[&risk], &options).unwrap();
    let drawn = drawn.score(0).unwrap();
    assert!(drawn.bootstrap.replicates.contains(&1.0));
    match drawn.studentised_logit(0.95) {
        Ok(Interval { lower, upper, .. }) => assert!(0.0 < lower && lower < upper && upper < 1.0),
        Err(why) => assert!(matches!(why, Error::Undefined { .. })),
    }
}

#[test]
fn competing_risks_without_the_cause_or_its_controls() {
    let outcomes = competing(&[1.0, 2.0, 3.0, 4.0], &[2, 0, 2, 0]);
    assert_eq!(outcomes.cause(1), Err(Error::NoEvents { n: 4 }));
    assert!(matches!(outcomes.cause(0), Err(Error::InvalidSetting { name: "cause", .. })));
    let death = outcomes.cause(2).unwrap();
    assert!(matches!(gray_test(&death, &[0; 4]), Err(Error::Undefined { .. })));
    assert!(matches!(
        gray_test(&death, &[0; 3]),
        Err(Error::LengthMismatch { name: "groups", expected: 4, got: 3 })
    ));
    // The last one was censored at 4 years: it is free of death there, and nothing is known beyond.
    assert_eq!(auc_at(&death, &[0.1, 0.2, 0.3, 0.4], 4.0).unwrap().n_controls, 1);
    assert!(matches!(auc_at(&death, &[0.1, 0.2, 0.3, 0.4], 4.5), Err(Error::Undefined { .. })));
    assert!(matches!(fine_gray(&death, &[]), Err(Error::Empty { .. })));
    assert!(matches!(fine_gray(&death, &[&[1.0; 4]]), Err(Error::Undefined { .. })));
    assert!(matches!(fine_gray(&death, &[&[4.0, 3.0, 2.0, 1.0]]), Err(Error::Undefined { .. })));
    let at_once = competing(&[0.0, 2.0], &[1, 1]);
    assert!(matches!(
        fine_gray_rows(&at_once.cause(1).unwrap()),
        Err(Error::OutOfDomain { name: "time", index: 0, .. })
    ));
    assert!(CompetingOutcomes::new(vec![1.0], vec![]).is_err());
}

#[test]
fn areas_of_scores_that_agree() {
    let outcomes = outcomes(&[1.0, 2.0, 3.0, 4.0], &[true, true, false, false]);
    let score = [0.4, 0.2, 0.3, 0.1];
    let joint = auc_jointly(&outcomes, &[&score, &score], &[2.5]).unwrap();
    assert!(matches!(joint.difference(0, 1, 0), Err(Error::Undefined { .. })));
    assert!(matches!(joint.test_of_equality(), Err(Error::Undefined { .. })));
    assert!(matches!(joint.difference(0, 2, 0), Err(Error::InvalidSetting { name: "score", .. })));
    assert!(matches!(auc_jointly(&outcomes, &[], &[2.5]), Err(Error::Empty { name: "risks" })));
}
