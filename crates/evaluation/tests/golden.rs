//! The figures are those of `vertebra-survival`'s functions on the table `lung` of R, and so those
//! of R, with which these agree.
#![allow(clippy::unwrap_used)] // in a test that is how it fails

mod common;

use common::{golden, numbers};
use vertebra_evaluation::curves::GroupPoints;
use vertebra_evaluation::{
    Evaluation, EvaluationOptions, Figure, Grouping, IntervalMethod, OverFolds, Reason, Sample,
};
use vertebra_survival::{self as survival, ConcordanceOptions, Outcomes, TimeWeight};

struct Lung {
    outcomes: Outcomes,
    age: Vec<f64>,
    female: Vec<usize>,
    probability: Vec<f64>,
}

fn lung() -> Lung {
    let data = &golden("lung")["data"];
    let column = |name: &str| numbers(&data[name]);
    let event = column("status").iter().map(|&e| e == 1.0).collect();
    let (age, female) = (column("age"), column("female"));
    Lung {
        outcomes: Outcomes::new(column("time"), event).unwrap(),
        probability: age
            .iter()
            .enumerate()
            .map(|(i, a)| a / 120.0 + (i % 7) as f64 / 50.0)
            .collect(),
        female: female.iter().map(|&f| f as usize).collect(),
        age,
    }
}

fn evaluated(lung: &Lung) -> Evaluation {
    let names = vec!["male".to_owned(), "female".to_owned()];
    let sample = Sample::new(lung.outcomes.clone())
        .with_grouping(Grouping::new("sex", lung.female.clone(), names))
        .with_score("age", lung.age.clone())
        .with_score("p", lung.probability.clone())
        .with_probability("p", 365.0, lung.probability.clone());
    let options = EvaluationOptions::default()
        .with_horizons(vec![180.0, 365.0])
        .with_tau(500.0)
        .with_bootstrap(199, 5);
    Evaluation::of(&sample, &options).unwrap()
}

#[test]
fn discrimination_is_that_of_survival() {
    let lung = lung();
    let evaluation = evaluated(&lung);
    let age = &evaluation.score("age").unwrap().figures;
    let c = survival::harrell_c(&lung.outcomes, &lung.age).unwrap();
    let harrell = age.harrell.value().unwrap().estimate;
    assert_eq!((harrell.value, harrell.std_error), (c.estimate.value, c.estimate.std_error));
    assert_eq!(
        (harrell.interval.lower, harrell.interval.upper),
        (c.estimate.interval.lower, c.estimate.interval.upper)
    );
    let uno = survival::uno_c(&lung.outcomes, &lung.age, 500.0).unwrap();
    assert_eq!(age.uno.concordance.value().unwrap().estimate.value, uno.estimate.value);
    let per_event = ConcordanceOptions::default().with_time_weight(TimeWeight::PerEvent);
    let per_event = per_event.estimate(&lung.outcomes, &lung.age).unwrap();
    assert_eq!(
        age.other_weights.per_event.value().unwrap().estimate.value,
        per_event.estimate.value
    );
    let auc = survival::auc_at(&lung.outcomes, &lung.age, 365.0).unwrap();
    let found = age.auc[1].auc.value().unwrap();
    assert_eq!((found.estimate.value, found.cases), (auc.estimate.value, auc.n_cases));
    let headline = age.headline.value().unwrap();
    let drawn = age.bootstrap.value().unwrap();
    assert_eq!(headline.method, IntervalMethod::StudentisedLogitBootstrap);
    let interval = headline.estimate.interval;
    assert_eq!(drawn.studentised, Some((interval.lower, interval.upper)));
}

#[test]
fn comparisons_are_those_of_survival_adjusted_by_holm() {
    let lung = lung();
    let evaluation = evaluated(&lung);
    let [pair] = evaluation.comparisons.as_slice() else { panic!("one pair") };
    let d = survival::compare_harrell_c(&lung.outcomes, &lung.age, &lung.probability).unwrap();
    let found = pair.harrell.difference.value().unwrap();
    assert_eq!((found.estimate.value, found.p), (d.difference.value, d.test.p));
    assert_eq!(pair.harrell.p_holm, Some(d.test.p)); // one comparison
    assert_eq!(evaluation.auc_equality.len(), 3); // each horizon, and both
}

#[test]
fn predictions_are_those_of_survival() {
    let lung = lung();
    let evaluation = evaluated(&lung);
    let (prediction, p) = (&evaluation.predictions[0], &lung.probability);
    let ratio = survival::observed_expected(&lung.outcomes, p, 365.0).unwrap().ratio.value;
    assert_eq!(prediction.observed_expected.value().unwrap().ratio, ratio);
    let survival: Vec<f64> = p.iter().map(|p| 1.0 - p).collect();
    let brier = survival::brier_score(&lung.outcomes, &survival, 365.0).unwrap();
    assert_eq!(prediction.brier.value().unwrap().score.value, brier.estimate.value);
    let curve = survival::calibration_curve(&lung.outcomes, p, 365.0).unwrap();
    assert_eq!(prediction.curve.value().unwrap().ici, curve.ici);
    assert_eq!(prediction.groups.value().unwrap().len(), 10);
}

#[test]
fn groups_agree_with_r() {
    let evaluation = evaluated(&lung());
    let test = evaluation.groups[0].log_rank.value().unwrap().test;
    let expected = golden("lung")["survdiff"]["female_rho0"]["chisq"].as_f64().unwrap();
    assert!((test.statistic / expected - 1.0).abs() < 1e-11);
    let Figure::Defined(curves) = &evaluation.groups[0].curves else { panic!("curves") };
    assert_eq!(curves[1].label, "female");
    assert!(matches!(&curves[1].curve, GroupPoints::Survival(points) if points.median.is_some()));
    assert_eq!(evaluation.groups.len(), 3); // sex, and thirds of both scores
}

#[test]
fn an_evaluation_is_read_back_as_it_was_written() {
    let evaluation = evaluated(&lung());
    let json = serde_json::to_string(&evaluation).unwrap();
    assert_eq!(serde_json::from_str::<Evaluation>(&json).unwrap(), evaluation);
    assert!(!json.contains("NaN") && !evaluation.to_string().contains("NaN"));
}

#[test]
fn every_interval_has_the_level_asked_for() {
    let lung = lung();
    let sample = Sample::new(lung.outcomes.clone())
        .with_score("age", lung.age.clone())
        .with_score("p", lung.probability.clone())
        .with_probability("p", 365.0, lung.probability.clone());
    let options = EvaluationOptions::default()
        .with_level(0.8)
        .with_horizons(vec![365.0])
        .with_bootstrap(99, 1);
    let json = serde_json::to_string(&Evaluation::of(&sample, &options).unwrap()).unwrap();
    let other = |part: &&str| !part.starts_with("0.8");
    let levels: Vec<&str> = json.split("\"level\":").skip(1).filter(other).collect();
    assert!(levels.is_empty(), "{:?}", levels.iter().map(|l| &l[..60]).collect::<Vec<_>>());
}

#[test]
fn a_score_with_gaps_is_evaluated_on_the_others() {
    let lung = lung();
    let partial = |i: usize| (!i.is_multiple_of(5)).then_some(lung.age[i]);
    let n = lung.age.len();
    let sample = Sample::new(lung.outcomes.clone())
        .with_partial_score("some", (0..n).map(partial).collect())
        .with_score("all", lung.probability.clone());
    let options = EvaluationOptions::default().with_bootstrap(99, 1);
    let evaluation = Evaluation::of(&sample, &options).unwrap();
    let members: Vec<usize> = (0..n).filter(|i| !i.is_multiple_of(5)).collect();
    let pick = |x: &[f64]| members.iter().map(|&i| x[i]).collect::<Vec<_>>();
    let (here, age, p) = (lung.outcomes.subset(&members), pick(&lung.age), pick(&lung.probability));
    let some = &evaluation.score("some").unwrap().figures;
    assert_eq!(some.n, members.len());
    let c = survival::harrell_c(&here, &age).unwrap().estimate.value;
    assert_eq!(some.harrell.value().unwrap().estimate.value, c);
    let pair = &evaluation.comparisons[0];
    let d = survival::compare_harrell_c(&here, &age, &p).unwrap().difference.value;
    assert_eq!(
        (pair.n, pair.harrell.difference.value().unwrap().estimate.value),
        (here.n_subjects(), d)
    );
    assert!(pair.harrell.bootstrap.as_ref().is_some_and(|drawn| drawn.value().is_some()));
}

#[test]
fn a_threshold_and_a_log_hazard_have_figures_of_their_own() {
    let lung = lung();
    let log_hazard: Vec<f64> = lung.age.iter().map(|a| 0.02 * a).collect();
    let sample = Sample::new(lung.outcomes.clone())
        .with_score("age", log_hazard.clone())
        .with_threshold(1.3)
        .as_log_hazard();
    let options = EvaluationOptions::default().with_horizons(vec![365.0]).with_bootstrap(199, 2);
    let figures = &Evaluation::of(&sample, &options).unwrap().scores[0].figures;
    let slope = survival::calibration_slope(&lung.outcomes, &log_hazard).unwrap().value;
    assert_eq!(figures.slope.as_ref().unwrap().value().unwrap().estimate.value, slope);
    let accuracy = figures.auc[0].accuracy.as_ref().unwrap().value().unwrap();
    let expected = survival::accuracy_at(&lung.outcomes, &log_hazard, 365.0, 1.3).unwrap();
    assert_eq!(accuracy.ppv, expected.ppv.value);
    let reported = sample.reported_accuracy("age", (365.0, 1.3), &options).unwrap();
    let share = reported.value().unwrap().sensitivity;
    assert_eq!(share.value, expected.sensitivity.value);
    assert!(share.interval.is_some_and(|i| i.lower < share.value && share.value < i.upper));
}

#[test]
fn folds_are_averaged_where_they_have_pairs() {
    let lung = lung();
    let folds: Vec<usize> = (0..lung.age.len()).map(|i| i % 4).collect();
    let over = OverFolds::by_fold(&lung.outcomes, &lung.age, &folds, 0.95);
    assert_eq!(over.folds.len(), 4);
    let wrong = OverFolds::by_fold(&lung.outcomes, &lung.age, &folds[1..], 0.95);
    assert_eq!(wrong.mean.as_result().unwrap_err().reason, Reason::InvalidInput);
}
