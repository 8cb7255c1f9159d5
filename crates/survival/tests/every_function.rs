//! Every function of outcomes on degenerate and on small messy samples: a named error or finite
//! numbers, never NaN.
#![allow(clippy::unwrap_used, clippy::panic)] // in a test that is how it fails

use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};
use vertebra_survival::{
    calibration::*, concordance::*, cox::*, curves::*, fine_gray::*, group_tests::*, horizon::*,
    losses::*, resampling::*, *,
};

type Got = Result<Value, Error>;

/// Functions of outcomes, a score that is also a probability, a second one, labels and a horizon.
type Function<T> = (&'static str, fn(&T, &Input) -> Got);

struct Input {
    risk: Vec<f64>,
    other: Vec<f64>,
    label: Vec<usize>,
    horizon: f64,
}

/// Those that look only at the outcomes or at a score, whatever the horizon.
const OF_OUTCOMES: [Function<Outcomes>; 20] = [
    ("kaplan_meier", |o, _| Ok(json!(kaplan_meier(o)?))),
    ("nelson_aalen", |o, _| Ok(json!(nelson_aalen(o)?))),
    ("follow_up_curve", |o, _| Ok(json!(follow_up_curve(o)?))),
    ("kaplan_meier_by_group", |o, i| Ok(json!(kaplan_meier_by_group(o, &i.label)?))),
    ("log_rank", |o, i| Ok(json!(log_rank(o, &i.label)?))),
    ("concordance", |o, i| Ok(json!(concordance(o, &i.risk)?.index()))),
    ("harrell_c", |o, i| Ok(json!(harrell_c(o, &i.risk)?))),
    ("compare_harrell_c", |o, i| Ok(json!(compare_harrell_c(o, &i.risk, &i.other)?))),
    ("compare_c_u_statistic", |o, i| Ok(json!(compare_c_u_statistic(o, &i.risk, &i.other)?))),
    ("jackknife_values", |o, i| {
        Ok(json!(ConcordanceOptions::default().jackknife_values(o, &i.risk)?))
    }),
    ("survival weight", |o, i| {
        let options = ConcordanceOptions::default().with_time_weight(TimeWeight::Survival);
        Ok(json!(options.estimate(o, &i.risk)?))
    }),
    ("schemper", |o, i| {
        let options = ConcordanceOptions::default().with_time_weight(TimeWeight::Schemper);
        Ok(json!(options.estimate(o, &i.risk)?))
    }),
    ("per event", |o, i| {
        let options = ConcordanceOptions::default().with_time_weight(TimeWeight::PerEvent);
        Ok(json!(options.estimate(o, &i.risk)?))
    }),
    ("bootstrap_index", |o, i| {
        let samples = BootstrapOptions::default().with_replicates(20).with_seed(1);
        let drawn = ConcordanceOptions::default().bootstrap_index(o, &i.risk, &samples)?;
        Ok(json!([drawn.replicates, drawn.std_error()]))
    }),
    ("concordance bootstrap", |o, i| {
        let options = BootstrapOptions::default().with_replicates(20);
        let drawn = ConcordanceOptions::default().bootstrap(o, &[&i.risk], &options)?.score(0)?;
        Ok(json!([drawn.bootstrap.replicates, drawn.bootstrap.percentile(0.9)?]))
    }),
    ("cox_partial_likelihood", |o, i| {
        let got = cox_partial_likelihood(o, &i.risk, Ties::Breslow)?;
        Ok(json!([json!(got.loss), json!(got.gradient)]))
    }),
    ("gradient_log_hazard", |o, i| Ok(json!(gradient_log_hazard(o, &i.risk)?))),
    ("breslow_baseline", |o, i| {
        let baseline = breslow_baseline(o, &i.risk)?;
        Ok(json!([baseline.cumulative(i.horizon.max(0.0)), baseline.survival_prob(0.3, 3.0)]))
    }),
    ("weibull_loss", |o, i| {
        let parameters: Vec<f64> = i.risk.iter().flat_map(|r| [*r, 0.1]).collect();
        let got = weibull_loss(o, &parameters)?;
        Ok(json!([json!(got.loss), json!(got.gradient)]))
    }),
    ("incident_auc", |o, i| Ok(json!(incident_auc(o, &i.risk, &[i.horizon], 1.5)?))),
];

/// Those of a horizon that take outcomes alone.
const OF_HORIZON: [Function<Outcomes>; 3] = [
    ("uno_c", |o, i| Ok(json!(uno_c(o, &i.risk, i.horizon)?))),
    ("compare_uno_c", |o, i| Ok(json!(compare_uno_c(o, &i.risk, &i.other, i.horizon)?))),
    ("restricted_mean", |o, i| Ok(json!(kaplan_meier(o)?.restricted_mean(i.horizon)?))),
];

/// Those of a horizon that take any endpoint.
fn of_endpoint<E: Endpoint>() -> Vec<Function<E>> {
    fn survival(risk: &[f64]) -> Vec<f64> {
        risk.iter().map(|r| 1.0 - r).collect()
    }
    vec![
        ("auc_at", |e, i| Ok(json!(auc_at(e, &i.risk, i.horizon)?))),
        ("auc_at_horizons", |e, i| Ok(json!(auc_at_horizons(e, &i.risk, &[i.horizon])?))),
        ("compare_auc_at", |e, i| Ok(json!(compare_auc_at(e, &i.risk, &i.other, i.horizon)?))),
        ("auc_jointly", |e, i| {
            let joint = auc_jointly(e, &[&i.risk, &i.other], &[i.horizon])?;
            Ok(json!([
                json!(joint.areas),
                json!(joint.covariance),
                json!(joint.test_of_equality()?)
            ]))
        }),
        ("accuracy_at", |e, i| Ok(json!(accuracy_at(e, &i.risk, i.horizon, 0.5)?))),
        ("roc_at", |e, i| Ok(json!(roc_at(e, &i.risk, i.horizon)?))),
        ("youden_threshold", |e, i| Ok(json!(youden_threshold(e, &i.risk, i.horizon)?))),
        ("brier_score", |e, i| Ok(json!(brier_score(e, &survival(&i.risk), i.horizon)?))),
        ("compare_brier", |e, i| {
            Ok(json!(compare_brier(e, &survival(&i.risk), &survival(&i.other), i.horizon)?))
        }),
        ("integrated_brier", |e, i| {
            let (a, b) = (survival(&i.risk), survival(&i.other));
            Ok(json!(integrated_brier(e, &[&a, &b], &[i.horizon / 2.0, i.horizon])?))
        }),
        ("observed_expected", |e, i| Ok(json!(observed_expected(e, &i.risk, i.horizon)?))),
        ("calibration_groups", |e, i| Ok(json!(calibration_groups(e, &i.risk, i.horizon, 2)?))),
        ("calibration_intercept", |e, i| Ok(json!(calibration_intercept(e, &i.risk, i.horizon)?))),
        ("calibration_line", |e, i| Ok(json!(calibration_line(e, &i.risk, i.horizon)?))),
        ("calibration_curve", |e, i| Ok(json!(calibration_curve(e, &i.risk, i.horizon)?))),
        ("decision_curve", |e, i| Ok(json!(decision_curve(e, &i.risk, i.horizon, &[0.1, 0.5])?))),
        ("net_reclassification", |e, i| {
            let any = Reclassification::AnyChange;
            Ok(json!(net_reclassification(e, &i.risk, &i.other, i.horizon, &any)?))
        }),
        ("net_reclassification, categories", |e, i| {
            let cuts = Reclassification::Categories(vec![0.3, 0.6]);
            Ok(json!(net_reclassification(e, &i.risk, &i.other, i.horizon, &cuts)?))
        }),
        ("integrated_discrimination", |e, i| {
            Ok(json!(integrated_discrimination(e, &i.risk, &i.other, i.horizon)?))
        }),
        ("pseudo_observations", |e, i| Ok(json!(pseudo_observations(e, i.horizon)?))),
    ]
}

/// That take a score and any endpoint, whatever the horizon.
fn of_score<E: Endpoint>() -> Vec<Function<E>> {
    vec![("calibration_slope", |e, i| Ok(json!(calibration_slope(e, &i.risk)?)))]
}

const OF_CAUSES: [Function<CompetingOutcomes>; 6] = [
    ("cumulative_incidence", |o, _| Ok(json!(cumulative_incidence(o)?))),
    ("cumulative_incidence_by_group", |o, i| {
        Ok(json!(cumulative_incidence_by_group(o, &i.label)?))
    }),
    ("gray_test", |o, i| Ok(json!(gray_test(&o.cause(1)?, &i.label)?))),
    ("fine_gray", |o, i| {
        let fit = fine_gray(&o.cause(1)?, &[&i.risk])?;
        Ok(json!([json!(fit), json!(fit.hazard_ratio(0, 0.95)?), json!(fit.risk(&[0.5], 3.0)?)]))
    }),
    ("fine_gray_rows", |o, _| {
        let rows = fine_gray_rows(&o.cause(1)?)?;
        Ok(json!([json!(rows.subject), json!(rows.outcomes.weights())]))
    }),
    ("as_subdistribution", |o, i| {
        Ok(json!(harrell_c(&o.cause(1)?.as_subdistribution(), &i.risk)?))
    }),
];

/// serde writes a number that is not finite as null.
fn is_finite(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(all) => all.iter().all(is_finite),
        Value::Object(all) => all.values().all(is_finite),
        _ => true,
    }
}

#[track_caller]
fn assert_finite<T>(functions: &[Function<T>], outcomes: &T, input: &Input) {
    for (name, function) in functions {
        if let Ok(value) = function(outcomes, input) {
            assert!(is_finite(&value), "{name}: {value}");
        }
    }
}

/// Every function on every endpoint of the sample.
fn assert_all_finite(outcomes: &CompetingOutcomes, input: &Input) {
    assert_finite(&OF_CAUSES, outcomes, input);
    let any = outcomes.any_event();
    assert_finite(&OF_OUTCOMES, any, input);
    assert_finite(&OF_HORIZON, any, input);
    assert_finite(&of_endpoint(), any, input);
    assert_finite(&of_score(), any, input);
    if let Ok(cause) = outcomes.cause(1) {
        assert_finite(&of_endpoint(), &cause, input);
        assert_finite(&of_score(), &cause, input);
    }
}

#[track_caller]
fn assert_errors<T>(
    functions: &[Function<T>],
    outcomes: &T,
    input: &Input,
    except: &[&str],
    expected: impl Fn(&Error) -> bool,
) {
    for (name, function) in functions.iter().filter(|(name, _)| !except.contains(name)) {
        match function(outcomes, input) {
            Ok(value) => panic!("{name} has a value: {value}"),
            Err(why) => assert!(expected(&why), "{name}: {why}"),
        }
    }
}

fn competing(time: &[f64], cause: &[usize]) -> CompetingOutcomes {
    CompetingOutcomes::new(time.to_vec(), cause.to_vec()).unwrap()
}

fn input(n: usize, horizon: f64) -> Input {
    let risk: Vec<f64> = (0..n).map(|i| (1 + i * 7 % 11) as f64 / 13.0).collect();
    let other = (0..n).map(|i| (1 + i * 5 % 11) as f64 / 12.5).collect();
    Input { risk, other, label: (0..n).map(|i| i % 2).collect(), horizon }
}

/// Twelve subjects, two causes, followed to 6 years.
fn twelve() -> CompetingOutcomes {
    let time: Vec<f64> = (0..12).map(|i| 1.0 + f64::from(i * 5 % 12) / 2.4).collect();
    competing(&time, &[1, 0, 2, 1, 1, 0, 2, 0, 0, 1, 1, 0])
}

#[test]
fn nobody() {
    let (none, input) = (competing(&[], &[]), input(0, 2.0));
    let empty = |why: &Error| matches!(why, Error::Empty { .. } | Error::NoEvents { n: 0 });
    assert_errors(&OF_CAUSES, &none, &input, &[], empty);
    assert_errors(&OF_OUTCOMES, none.any_event(), &input, &[], empty);
    assert_errors(&OF_HORIZON, none.any_event(), &input, &[], empty);
    assert_errors(&of_endpoint(), none.any_event(), &input, &[], empty);
    assert_errors(&of_score(), none.any_event(), &input, &[], empty);
}

#[test]
fn no_event() {
    let censored = competing(&[1.0, 2.0, 3.0, 4.0, 5.0], &[0; 5]);
    let input = input(5, 2.5);
    let none = |why: &Error| {
        matches!(
            why,
            Error::NoEvents { n: 5 } | Error::NoComparablePair { n: 5 } | Error::Undefined { .. }
        )
    };
    assert_errors(&OF_CAUSES, &censored, &input, &[], none);
    // A curve of 1, the follow-up, the calibration of nobody having an event, and a likelihood of
    // censored times exist.
    let curves = ["kaplan_meier", "nelson_aalen", "follow_up_curve", "kaplan_meier_by_group"];
    let except = [&curves[..], &["weibull_loss"]].concat();
    assert_errors(&OF_OUTCOMES, censored.any_event(), &input, &except, none);
    assert_errors(&OF_HORIZON, censored.any_event(), &input, &["restricted_mean"], none);
    let except = ["calibration_groups", "decision_curve", "pseudo_observations"];
    assert_errors(&of_endpoint(), censored.any_event(), &input, &except, none);
    assert_errors(&of_score(), censored.any_event(), &input, &[], none);
    assert_all_finite(&censored, &input);
}

#[test]
fn scores_that_are_not_numbers_or_too_few() {
    let outcomes = twelve();
    let cause = outcomes.cause(1).unwrap();
    let mut bad = input(12, 3.0);
    (bad.risk[4], bad.other[4]) = (f64::NAN, f64::NAN);
    let outside = |why: &Error| matches!(why, Error::OutOfDomain { .. });
    let without_score =
        ["kaplan_meier", "nelson_aalen", "follow_up_curve", "kaplan_meier_by_group", "log_rank"];
    let causes =
        ["cumulative_incidence", "cumulative_incidence_by_group", "gray_test", "fine_gray_rows"];
    let pseudo = ["pseudo_observations"];
    assert_errors(&OF_CAUSES, &outcomes, &bad, &causes, outside);
    assert_errors(&OF_OUTCOMES, outcomes.any_event(), &bad, &without_score, outside);
    assert_errors(&OF_HORIZON, outcomes.any_event(), &bad, &["restricted_mean"], outside);
    assert_errors(&of_endpoint(), outcomes.any_event(), &bad, &pseudo, outside);
    assert_errors(&of_endpoint(), &cause, &bad, &pseudo, outside);
    assert_errors(&of_score(), &cause, &bad, &[], outside);

    let short = Input { horizon: 3.0, ..input(11, 3.0) };
    let length = |why: &Error| matches!(why, Error::LengthMismatch { expected: 12, got: 11, .. });
    let curves = ["kaplan_meier", "nelson_aalen", "follow_up_curve"];
    assert_errors(
        &OF_CAUSES,
        &outcomes,
        &short,
        &["cumulative_incidence", "fine_gray_rows"],
        length,
    );
    // Two parameters for each subject.
    let except = [&curves[..], &["weibull_loss"]].concat();
    assert_errors(&OF_OUTCOMES, outcomes.any_event(), &short, &except, length);
    assert_errors(&OF_HORIZON, outcomes.any_event(), &short, &["restricted_mean"], length);
    assert_errors(&of_endpoint(), outcomes.any_event(), &short, &pseudo, length);
    assert_errors(&of_endpoint(), &cause, &short, &pseudo, length);
    assert_errors(&of_score(), outcomes.any_event(), &short, &[], length);
}

#[test]
fn horizons_that_nobody_reached_or_that_are_invalid() {
    let outcomes = twelve();
    let cause = outcomes.cause(1).unwrap();
    let last = outcomes.any_event().time().iter().copied().fold(0.0, f64::max);
    let beyond = input(12, last + 1.0);
    let undefined = |why: &Error| matches!(why, Error::Undefined { .. });
    // Uno's C up to a later horizon counts all pairs there are.
    assert_errors(
        &OF_HORIZON,
        outcomes.any_event(),
        &beyond,
        &["uno_c", "compare_uno_c"],
        undefined,
    );
    assert_errors(&of_endpoint(), outcomes.any_event(), &beyond, &[], undefined);
    assert_errors(&of_endpoint(), &cause, &beyond, &[], undefined);
    for horizon in [f64::NAN, -1.0] {
        let bad = input(12, horizon);
        let invalid = |why: &Error| matches!(why, Error::InvalidSetting { .. });
        assert_errors(&OF_HORIZON, outcomes.any_event(), &bad, &[], invalid);
        assert_errors(&of_endpoint(), outcomes.any_event(), &bad, &[], invalid);
        assert_errors(&of_endpoint(), &cause, &bad, &[], invalid);
    }
    let never = input(12, f64::INFINITY);
    assert_all_finite(&outcomes, &never);
}

#[test]
fn one_group_and_everything_tied() {
    let outcomes = twelve();
    let alone = Input { label: vec![3; 12], ..input(12, 3.0) };
    let undefined = |why: &Error| matches!(why, Error::Undefined { .. });
    assert!(log_rank(outcomes.any_event(), &alone.label).is_err_and(|why| undefined(&why)));
    assert!(gray_test(&outcomes.cause(1).unwrap(), &alone.label).is_err_and(|why| undefined(&why)));

    let same = Input { risk: vec![0.4; 12], other: vec![0.4; 12], ..input(12, 3.0) };
    assert_all_finite(&outcomes, &same);
    for comparison in [
        compare_harrell_c(outcomes.any_event(), &same.risk, &same.other),
        compare_uno_c(outcomes.any_event(), &same.risk, &same.other, 3.0),
        compare_c_u_statistic(outcomes.any_event(), &same.risk, &same.other),
        compare_auc_at(outcomes.any_event(), &same.risk, &same.other, 3.0),
        compare_brier(outcomes.any_event(), &same.risk, &same.other, 3.0),
    ] {
        assert!(comparison.is_err_and(|why| undefined(&why)));
    }
    assert!(calibration_slope(outcomes.any_event(), &same.risk).is_err_and(|why| undefined(&why)));
    assert_eq!(harrell_c(outcomes.any_event(), &same.risk).unwrap().estimate.value, 0.5);

    // All at one time: nobody outlives an event.
    let at_once = competing(&[2.0; 6], &[1, 1, 2, 1, 1, 2]);
    let input = input(6, 2.0);
    assert_eq!(
        concordance(at_once.any_event(), &input.risk),
        Err(Error::NoComparablePair { n: 6 })
    );
    assert!(auc_at(at_once.any_event(), &input.risk, 2.0).is_err_and(|why| undefined(&why)));
    assert_all_finite(&at_once, &input);
}

proptest! {
    #[test]
    fn small_messy_samples_give_finite_numbers_or_named_errors(
        rows in vec((0u8..7, 0usize..3, 0u8..7, 0u8..4, 0usize..3, 0u8..5, 0u8..5), 1..14),
        horizon in 0u8..8, delayed in any::<bool>(), weigh in 0u8..3,
    ) {
        let time: Vec<f64> = rows.iter().map(|r| f64::from(r.0) + f64::from(u8::from(delayed))).collect();
        let mut outcomes = CompetingOutcomes::new(time.clone(), rows.iter().map(|r| r.1).collect()).unwrap();
        if delayed {
            let entry = rows.iter().zip(&time).map(|(r, t)| f64::from(r.2).min(t - 1.0)).collect();
            outcomes = outcomes.with_entry(entry).unwrap();
        }
        if weigh > 0 {
            let weight = rows.iter().map(|r| f64::from(r.3 + 1) / f64::from(weigh)).collect();
            outcomes = outcomes.with_weights(weight).unwrap();
        }
        let input = Input {
            risk: rows.iter().map(|r| f64::from(r.5) / 4.0).collect(),
            other: rows.iter().map(|r| f64::from(r.6) / 4.0).collect(),
            label: rows.iter().map(|r| r.4).collect(),
            horizon: f64::from(horizon),
        };
        assert_all_finite(&outcomes, &input);
    }
}

#[test]
fn a_hazard_ratio_without_an_error_and_an_intercept_at_infinity() {
    let at_once = competing(&[5.0, 5.0], &[1, 1]);
    let fit = fine_gray(&at_once.cause(1).unwrap(), &[&[0.75, 0.0]]).unwrap();
    assert!(matches!(fit.hazard_ratio(0, 0.95), Err(Error::Undefined { .. })));
    assert!(matches!(
        fit.hazard_ratio(1, 0.95),
        Err(Error::InvalidSetting { name: "covariate", .. })
    ));
    let all_die = Outcomes::new(vec![0.0, 1.0], vec![false, true]).unwrap();
    let intercept = calibration_intercept(&all_die, &[0.5, 0.75], 1.0);
    assert!(matches!(intercept, Err(Error::Undefined { .. })), "{intercept:?}");
}

#[test]
fn settings_outside_their_domain() {
    let (outcomes, input) = (twelve(), input(12, 3.0));
    let any = outcomes.any_event();
    let invalid = |got: Got, setting: &str| match got {
        Err(Error::InvalidSetting { name, .. }) => assert_eq!(name, setting),
        other => panic!("{setting}: {other:?}"),
    };
    let of = |got: Result<f64, Error>| got.map(|value| json!(value));
    for level in [0.0, 1.0, f64::NAN] {
        invalid(of(CurveOptions::default().with_level(level).fit(any).map(|_| 0.0)), "level");
        let options = ConcordanceOptions::default().with_level(level);
        invalid(of(options.estimate(any, &input.risk).map(|c| c.estimate.value)), "level");
        let options = UStatisticOptions::default().with_level(level);
        let compared = options.compare(any, &input.risk, &input.other);
        invalid(of(compared.map(|c| c.difference.value)), "level");
        let drawn = Bootstrap::new(0.1, vec![0.1, 0.2]).unwrap();
        invalid(of(drawn.percentile(level).map(|i| i.lower)), "level");
        invalid(of(drawn.bca(level, &[0.1, -0.1]).map(|i| i.lower)), "level");
    }
    let weight = LogRankWeight::FlemingHarrington { rho: -1.0, gamma: 0.0 };
    let options = LogRankOptions::default().with_weight(weight);
    invalid(of(options.test(any, &input.label).map(|t| t.test.p)), "rho");
    let options = GrayOptions::default().with_rho(f64::NAN);
    invalid(of(options.test(&outcomes.cause(1).unwrap(), &input.label).map(|t| t.test.p)), "rho");
    invalid(of(outcomes.cause(0).map(|_| 0.0)), "cause");
    invalid(of(incident_auc(any, &input.risk, &[3.0], 0.0).map(|_| 0.0)), "bandwidth");
    invalid(of(incident_auc(any, &input.risk, &[f64::NAN], 1.0).map(|_| 0.0)), "time");
    invalid(of(any.clone().with_tied_times(-1.0).map(|_| 0.0)), "tolerance");
    invalid(of(accuracy_at(any, &input.risk, 3.0, f64::NAN).map(|a| a.ppv.value)), "threshold");
    invalid(of(calibration_groups(any, &input.risk, 3.0, 0).map(|_| 0.0)), "n_groups");
    invalid(of(calibration_groups(any, &input.risk, 3.0, 13).map(|_| 0.0)), "n_groups");
    for threshold in [0.0, 1.0, f64::NAN] {
        assert!(matches!(
            decision_curve(any, &input.risk, 3.0, &[threshold]),
            Err(Error::InvalidSetting { .. })
        ));
    }
    for cuts in [vec![0.3, 0.3], vec![0.0], vec![1.0], vec![f64::NAN]] {
        let cuts = Reclassification::Categories(cuts);
        let got = net_reclassification(any, &input.risk, &input.other, 3.0, &cuts);
        assert!(matches!(got, Err(Error::InvalidSetting { .. })), "{got:?}");
    }
    let none = BootstrapOptions::default().with_replicates(0);
    assert!(none.draw(5, |_: &[usize]| Some(1.0)).is_err());
}

#[test]
fn numbers_without_outcomes() {
    for p in [f64::NAN, -0.1, 1.1] {
        assert!(matches!(holm(&[0.1, p]), Err(Error::OutOfDomain { index: 1, .. })));
        assert!(matches!(benjamini_hochberg(&[0.1, p]), Err(Error::OutOfDomain { index: 1, .. })));
    }
    assert!(matches!(gonen_heller(&[0.1]), Err(Error::NoComparablePair { n: 1 })));
    assert!(matches!(gonen_heller(&[0.1, f64::NAN]), Err(Error::OutOfDomain { index: 1, .. })));
    assert!(Bootstrap::new(0.1, vec![]).unwrap().percentile(0.95).is_err());
    assert!(Bootstrap::new(0.1, vec![0.1, f64::NAN]).is_err());
    assert!(logistic_hazard_loss(&[], &[], &[], 3).is_err());
    assert!(logistic_hazard_loss(&[0, 1], &[true; 2], &[0.1; 5], 3).is_err());
    assert!(logistic_hazard_loss(&[0, 3], &[true; 2], &[0.1; 6], 3).is_err());
    assert!(logistic_hazard_loss(&[0, 1], &[true; 2], &[f64::NAN; 6], 3).is_err());
    for time in [f64::NAN, f64::INFINITY, -1.0] {
        assert!(matches!(
            CompetingOutcomes::new(vec![1.0, time], vec![1, 2]),
            Err(Error::OutOfDomain { name: "time", index: 1, .. })
        ));
    }
}
