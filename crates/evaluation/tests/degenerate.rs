//! What a sample does not have is undefined with a reason, and whatever the sample, the evaluation
//! is read back as it was written.
#![allow(clippy::unwrap_used)] // in a test that is how it fails

use proptest::{collection::vec, prelude::*};
use vertebra_evaluation::{
    Error, Evaluation, EvaluationOptions, Grouping, IntervalMethod, Reason, Sample,
};
use vertebra_survival::{CompetingOutcomes, Outcomes};

fn options() -> EvaluationOptions {
    EvaluationOptions::default().with_horizons(vec![1.0, 3.0]).with_bootstrap(19, 1)
}

fn sample(time: Vec<f64>, event: Vec<bool>, score: Vec<f64>) -> Sample {
    let probability: Vec<f64> = score.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect();
    Sample::new(Outcomes::new(time, event).unwrap())
        .with_grouping(Grouping::thirds("x", &score))
        .with_score("x", score.clone())
        .with_score("minus x", score.iter().map(|x| -x).collect())
        .with_probability("p", 2.0, probability.clone())
        .with_probability("q", 2.0, probability.iter().map(|p| 1.0 - p).collect())
        .with_course(vec![("p".into(), 1.0, probability.clone()), ("q".into(), 2.0, probability)])
}

#[track_caller]
fn evaluate(sample: &Sample) -> Evaluation {
    let evaluation = Evaluation::of(sample, &options()).unwrap();
    let (json, text) = (serde_json::to_string(&evaluation).unwrap(), evaluation.to_string());
    assert_eq!(serde_json::from_str::<Evaluation>(&json).unwrap(), evaluation);
    assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    evaluation
}

#[track_caller]
fn reason(evaluation: &Evaluation) -> Reason {
    evaluation.scores[0].figures.harrell.as_result().unwrap_err().reason
}

#[test]
fn nobody() {
    let evaluation = evaluate(&sample(Vec::new(), Vec::new(), Vec::new()));
    assert_eq!((evaluation.n, reason(&evaluation)), (0, Reason::NoSubjects));
}

#[test]
fn one_subject() {
    let evaluation = evaluate(&sample(vec![2.0], vec![true], vec![0.3]));
    assert_eq!(reason(&evaluation), Reason::NoComparablePair);
    assert_eq!(evaluation.survival.value().unwrap().median.median, Some(2.0));
}

#[test]
fn no_events() {
    let evaluation = evaluate(&sample(vec![1.0, 2.0, 3.0], vec![false; 3], vec![0.1, 0.2, 0.3]));
    assert_eq!(evaluation.events, 0);
    let log_rank = &evaluation.groups[0].log_rank;
    assert_eq!(log_rank.as_result().unwrap_err().reason, Reason::NoEvents);
}

#[test]
fn a_constant_score() {
    let time: Vec<f64> = (1..=20).map(f64::from).collect();
    let event = (0..20).map(|i| i % 3 > 0).collect();
    let evaluation = evaluate(&sample(time, event, vec![0.5; 20]));
    let figures = &evaluation.scores[0].figures;
    assert_eq!(figures.harrell.value().unwrap().estimate.value, 0.5);
    // No replicate differs, so that the studentised interval does not exist.
    assert_eq!(figures.headline.value().unwrap().method, IntervalMethod::LogitStudent);
    let difference = &evaluation.comparisons[0].harrell.difference;
    assert_eq!(difference.as_result().unwrap_err().reason, Reason::Undefined);
    assert_eq!(evaluation.predictions[0].slope.as_result().unwrap_err().reason, Reason::Undefined);
}

#[test]
fn a_score_that_nobody_has() {
    let outcomes = Outcomes::new(vec![1.0, 2.0], vec![true, true]).unwrap();
    let sample = Sample::new(outcomes).with_partial_score("x", vec![None, None]);
    let evaluation = evaluate(&sample);
    assert_eq!((evaluation.n, evaluation.scores[0].figures.n), (2, 0));
}

#[test]
fn a_subgroup_without_the_cause() {
    let outcomes = CompetingOutcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![1, 2, 0, 2]).unwrap();
    let sample = Sample::competing(outcomes, 1).unwrap().with_score("x", vec![4.0, 3.0, 2.0, 1.0]);
    assert_eq!(evaluate(&sample).events, 1);
    let rest = evaluate(&sample.subset(&[1, 2, 3]));
    assert_eq!((rest.events, reason(&rest)), (0, Reason::NoComparablePair));
}

#[test]
fn columns_that_do_not_fit_are_named() {
    let sample = Sample::new(Outcomes::new(vec![1.0, 2.0], vec![true, false]).unwrap());
    let refuse = |sample: Sample| Evaluation::of(&sample, &options()).unwrap_err();
    let error = refuse(sample.clone().with_score("age", vec![1.0]));
    assert_eq!(error.to_string(), "age: expected 2 values, one for each subject, got 1");
    let error = refuse(sample.clone().with_score("age", vec![1.0, f64::NAN]));
    assert!(matches!(error, Error::OutOfDomain { index: 1, .. }), "{error}");
    let error = refuse(sample.clone().with_probability("p", 1.0, vec![0.5, 1.5]));
    assert_eq!(error.to_string(), "p[1]: expected a probability, got 1.5");
    let twice = sample.clone().with_score("x", vec![1.0; 2]).with_score("x", vec![1.0; 2]);
    assert!(refuse(twice).to_string().contains("\"x\" twice"));
    let error = refuse(sample.clone().with_course(vec![("p".into(), 1.0, vec![0.5; 2])]));
    assert!(error.to_string().contains("at least two horizons"), "{error}");
    assert!(refuse(sample.clone().with_clusters(vec![0])).to_string().contains("clusters"));
    let options = EvaluationOptions::default().with_level(1.0);
    let error = Evaluation::of(&sample, &options).unwrap_err();
    assert!(matches!(error, Error::InvalidSetting { name: "level", .. }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn whatever_the_sample(rows in vec((0u8..8, any::<bool>(), -3i8..3), 0..25)) {
        let time = rows.iter().map(|r| f64::from(r.0)).collect();
        let score = rows.iter().map(|r| f64::from(r.2)).collect();
        let evaluation = evaluate(&sample(time, rows.iter().map(|r| r.1).collect(), score));
        let [up, down] = [0, 1].map(|k| evaluation.scores[k].figures.harrell.value());
        if let (Some(up), Some(down)) = (up, down) {
            prop_assert!((up.estimate.value + down.estimate.value - 1.0).abs() < 1e-12);
        }
        for p in evaluation.comparisons.iter().filter_map(|pair| pair.harrell.p_holm) {
            prop_assert!((0.0..=1.0).contains(&p));
        }
    }

    #[test]
    fn the_order_of_subjects_is_of_no_account(rows in vec((1u8..8, any::<bool>(), -3i8..3), 2..20)) {
        let of = |rows: &[(u8, bool, i8)]| {
            let time = rows.iter().map(|r| f64::from(r.0)).collect();
            let outcomes = Outcomes::new(time, rows.iter().map(|r| r.1).collect()).unwrap();
            let sample = Sample::new(outcomes)
                .with_score("x", rows.iter().map(|r| f64::from(r.2)).collect());
            let evaluation = Evaluation::of(&sample, &EvaluationOptions::default()).unwrap();
            evaluation.scores[0].figures.harrell.value().map(|c| c.estimate.value)
        };
        let turned: Vec<_> = rows.iter().rev().copied().collect();
        prop_assert_eq!(of(&rows), of(&turned));
    }
}
