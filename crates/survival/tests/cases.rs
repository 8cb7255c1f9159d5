//! Small inputs from situations that other libraries' users met, with right values.
#![allow(clippy::unwrap_used)] // in a test that is how it fails

use std::collections::BTreeMap;

use vertebra_survival::{
    Error, Outcomes,
    calibration::{
        calibration_curve, calibration_groups, calibration_intercept, calibration_slope,
        observed_expected,
    },
    compare_harrell_c,
    cox::{CoxOptions, Design},
    decision_curve, harrell_c,
    horizon::{auc_at, brier_score},
    kaplan_meier, log_rank, uno_c,
};

/// The columns of a case.
struct Case(BTreeMap<String, Vec<String>>);

impl Case {
    fn read(name: &str) -> Self {
        let path = format!("{}/testdata/cases/{name}.csv", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned));
        let names: Vec<String> = lines.next().unwrap().collect();
        let rows: Vec<Vec<String>> = lines.map(Iterator::collect).collect();
        let column = |k: usize| rows.iter().map(|row| row[k].clone()).collect();
        Self(names.iter().enumerate().map(|(k, name)| (name.clone(), column(k))).collect())
    }

    fn numbers(&self, name: &str) -> Vec<f64> {
        self.0[name].iter().map(|text| text.parse().unwrap()).collect()
    }

    fn labels(&self, name: &str) -> Vec<usize> {
        let mut levels = self.0[name].clone();
        levels.sort();
        levels.dedup();
        self.0[name].iter().map(|text| levels.iter().position(|l| l == text).unwrap()).collect()
    }

    fn outcomes(&self) -> Outcomes {
        let event = self.numbers("event").into_iter().map(|e| e == 1.0).collect();
        let outcomes = Outcomes::new(self.numbers("time"), event).unwrap();
        match self.0.contains_key("entry") {
            true => outcomes.with_entry(self.numbers("entry")).unwrap(),
            false => outcomes,
        }
    }
}

#[track_caller]
fn close(got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance, "got {got}, expected {expected}");
}

#[track_caller]
fn undefined<T: std::fmt::Debug>(got: Result<T, Error>, why: &str) {
    let error = got.unwrap_err();
    assert!(matches!(error, Error::Undefined { .. }), "{error}");
    assert!(error.to_string().contains(why), "{error}");
}

#[test]
fn e01_an_event_and_a_censoring_share_the_last_time() {
    let case = Case::read("e01_last_time_shared");
    let c = harrell_c(&case.outcomes(), &case.numbers("x")).unwrap();
    assert!(c.estimate.std_error > 0.0);
    // R: concordance(.., timewt = "n/G2", reverse = TRUE)
    let uno = uno_c(&case.outcomes(), &case.numbers("x"), f64::MAX).unwrap().estimate;
    close(uno.value, 0.7633, 5e-5);
    close(uno.std_error, 0.1391, 5e-5);
}

#[test]
fn e08_an_early_risk_set_of_one_subject_is_told() {
    let curve = kaplan_meier(&Case::read("e08_early_zero").outcomes()).unwrap();
    assert_eq!(curve.at(2.0), 0.0);
    assert_eq!(curve.falls_to_zero_early(), Some((2.0, 1.0)));
}

#[test]
fn e30b_one_pair_leaves_everything_open() {
    let case = Case::read("e30b_n2");
    let c = harrell_c(&case.outcomes(), &case.numbers("x")).unwrap().estimate;
    assert_eq!(c.value, 1.0);
    assert!(c.interval.lower < 0.1 && c.interval.upper == 1.0, "{:?}", c.interval);
}

#[test]
fn e31_a_leaver_with_a_large_prediction_takes_no_digits_from_the_others() {
    let case = Case::read("e31_leaver_probability");
    let (outcomes, p) = (case.outcomes(), case.numbers("p"));
    let log_hazard: Vec<f64> = p.iter().map(|p| (-(-p).ln_1p()).ln()).collect();
    // R: coxph, rcs
    let slope = calibration_slope(&outcomes, &log_hazard).unwrap();
    close(slope.value, 1.135827, 5e-7);
    close(slope.std_error, 0.197852, 5e-7);
    close(calibration_curve(&outcomes, &p, 1.0).unwrap().ici, 0.5641, 5e-5);
}

#[test]
fn e34_a_group_without_events_has_an_exact_interval() {
    let case = Case::read("e34_group_without_events");
    let (outcomes, p) = (case.outcomes(), case.numbers("p"));
    for group in calibration_groups(&outcomes, &p, 5.0, 5).unwrap().iter().take(3) {
        assert_eq!((group.n, group.events, group.observed.value), (20, 0, 0.0));
        // 0 of 20: R's binom.test has 0.1684335, and some were not followed to 5 years.
        let upper = group.observed.interval.upper;
        assert!(upper > 0.168 && upper < 0.8, "{upper}");
    }
    let labels = case.labels("g");
    let members = |label: usize| -> Vec<usize> {
        (0..labels.len()).filter(|&i| labels[i] == label).collect()
    };
    for label in 0..=*labels.iter().max().unwrap() {
        let here = outcomes.subset(&members(label));
        let at = kaplan_meier(&here).unwrap().interval_at(5.0);
        assert!(at.width() > 0.01, "{at:?}");
    }
}

#[test]
fn e35_one_cluster_has_no_variance_and_two_have_students_t() {
    let case = Case::read("e35_one_cluster");
    let one = case.outcomes().with_clusters(case.labels("one")).unwrap();
    let two = case.outcomes().with_clusters(case.labels("two")).unwrap();
    let (x, y) = (case.numbers("x"), case.numbers("y"));
    let groups: Vec<usize> = x.iter().map(|x| usize::from(*x > 0.0)).collect();
    let half = case.numbers("time").iter().copied().fold(0.0, f64::max) / 2.0;
    let why = "one cluster";
    undefined(harrell_c(&one, &x), why);
    undefined(compare_harrell_c(&one, &x, &y), why);
    undefined(auc_at(&one, &x, half), why);
    undefined(brier_score(&one, &vec![0.5; x.len()], half), why);
    undefined(kaplan_meier(&one), why);
    undefined(log_rank(&one, &groups), why);
    undefined(calibration_slope(&one, &x), why);
    undefined(observed_expected(&one, &vec![0.5; x.len()], half), why);
    let design = Design::from_columns(&[&x, &y]).unwrap();
    undefined(CoxOptions::default().fit(&one, &design), why);

    undefined(log_rank(&two, &groups), "no more clusters than groups");
    let fit = CoxOptions::default().fit(&two, &design).unwrap();
    assert_eq!((fit.wald_statistic, fit.few_clusters), (None, Some(2)));
    let c = compare_harrell_c(&two, &x, &y).unwrap();
    assert_eq!(c.test.df, Some(1.0));
    assert!(c.test.p > 0.01, "{}", c.test.p);
}

#[test]
fn e36_nothing_is_known_beyond_a_last_time_at_which_somebody_was_censored() {
    for name in ["e36b_only_a", "e36_last_time_event_and_censored"] {
        let case = Case::read(name);
        let (outcomes, p) = (case.outcomes(), case.numbers("p"));
        let last = case.numbers("time").iter().copied().fold(0.0, f64::max);
        let why = "nobody was followed to";
        undefined(observed_expected(&outcomes, &p, last + 3.0), why);
        undefined(calibration_intercept(&outcomes, &p, last + 3.0), why);
        undefined(decision_curve(&outcomes, &p, last + 3.0, &[0.2]), why);
        undefined(kaplan_meier(&outcomes).unwrap().restricted_mean(last + 3.0), why);
        undefined(auc_at(&outcomes, &p, last + 3.0), why);
        // At the last time itself those censored there are known to be without the event.
        let auc = auc_at(&outcomes, &p, last).unwrap();
        assert!(auc.n_controls > 0 && auc.n_cases > 0);
        assert!(observed_expected(&outcomes, &p, last).unwrap().observed < 1.0);
    }
}

#[test]
fn an_administrative_end_is_a_horizon() {
    // Nobody was censored before 5 years: the figures are those of a plain classification.
    let time = vec![1.0, 2.0, 4.0, 5.0, 5.0, 5.0, 5.0];
    let event = vec![true, true, true, false, true, false, false];
    let outcomes = Outcomes::new(time, event.clone()).unwrap();
    let risk = [0.9, 0.5, 0.4, 0.6, 0.8, 0.1, 0.2];
    let auc = auc_at(&outcomes, &risk, 5.0).unwrap();
    assert_eq!((auc.n_cases, auc.n_controls), (4, 3));
    close(auc.estimate.value, 10.0 / 12.0, 1e-15);
    let survival: Vec<f64> = risk.iter().map(|r| 1.0 - r).collect();
    let squares = risk.iter().zip(&event).map(|(r, e)| (r - f64::from(u8::from(*e))).powi(2));
    let brier = brier_score(&outcomes, &survival, 5.0).unwrap();
    close(brier.estimate.value, squares.sum::<f64>() / 7.0, 1e-15);
}

#[test]
fn c04_and_c19_say_which_columns_separate_the_events() {
    let case = Case::read("c04_separation");
    let design = Design::from_columns(&[case.numbers("marker"), case.numbers("age")]).unwrap();
    let error = CoxOptions::default().fit(&case.outcomes(), &design).unwrap_err();
    assert!(
        matches!(&error, Error::MonotoneLikelihood { column: 0, with, .. } if with.is_empty()),
        "{error}"
    );

    let case = Case::read("c19_p_gt_events");
    let columns: Vec<Vec<f64>> = (0..8).map(|k| case.numbers(&format!("x{k}"))).collect();
    let error = CoxOptions::default()
        .fit(&case.outcomes(), &Design::from_columns(&columns).unwrap())
        .unwrap_err();
    assert!(
        matches!(&error, Error::MonotoneLikelihood { with, .. } if !with.is_empty()),
        "{error}"
    );
    assert!(error.to_string().contains("together with column"), "{error}");
}
