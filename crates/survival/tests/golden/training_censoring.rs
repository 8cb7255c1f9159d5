//! scikit-survival with the censoring curve of a training set, on GBSG-2; the net benefit by its
//! definition.
//!
//! It weighs an event by `1 / G(t)`, which counts those censored at `t` in the training set, where
//! `1 / G(t-)` is meant (Uno et al. 2007); here the training set is taken a quarter of a day
//! earlier, so that both are the same.

use crate::{Golden, assert_close};
use vertebra_survival::{
    ConcordanceOptions, Error, Outcomes, TimeWeight, auc_at, brier_score, decision_curve,
    outcomes::CensoringCurve,
};

/// The odd rows weighted by the even ones; the risk; the curve.
fn test_set(golden: &Golden) -> (Outcomes, Vec<f64>, CensoringCurve) {
    let all = golden.outcomes_of("time", "event");
    let rows = |odd: usize| (odd..all.n_subjects()).step_by(2).collect::<Vec<_>>();
    let train = all.subset(&rows(0));
    let earlier = train.time().iter().map(|t| t - 0.25).collect();
    let train = Outcomes::new(earlier, train.event().to_vec()).unwrap();
    let curve = CensoringCurve::of(&train).unwrap();
    let test = all.subset(&rows(1)).with_censoring(curve.clone());
    (test, golden.numbers("/test_risk"), curve)
}

#[test]
fn figures_weighted_by_the_censoring_of_a_training_set() {
    let golden = Golden::read("gbsg2");
    let (outcomes, risk, _) = test_set(&golden);
    let of = |name: &str| golden.numbers(name);
    let survival = golden.at("/surv_at_times_test").as_array().unwrap();
    let times = of("/cumulative_dynamic_auc/times");
    for (k, &horizon) in times.iter().enumerate() {
        let auc = auc_at(&outcomes, &risk, horizon).unwrap();
        let expected = of("/cumulative_dynamic_auc/auc")[k];
        assert_close("auc", auc.estimate.value, expected, 1e-11);
        let predicted: Vec<f64> = survival.iter().map(|row| row[k].as_f64().unwrap()).collect();
        let brier = brier_score(&outcomes, &predicted, horizon).unwrap();
        assert_close("brier", brier.estimate.value, of("/brier/score")[k], 1e-11);
    }
    let uno = ConcordanceOptions::default().with_time_weight(TimeWeight::Uno);
    for horizon in [1095.0, 1825.0, 2190.0] {
        let c = uno.clone().with_horizon(horizon - 0.5).estimate(&outcomes, &risk).unwrap();
        let expected = of(&format!("/cindex_ipcw/{horizon:?}"))[0];
        assert_close("uno", c.estimate.value, expected, 1e-11);
        assert!(c.estimate.std_error > 0.0);
    }
}

#[test]
fn net_benefit_is_the_weighted_share_of_cases_less_that_of_controls() {
    let golden = Golden::read("gbsg2");
    let (outcomes, risk, curve) = test_set(&golden);
    let p: Vec<f64> = risk.iter().map(|r| 1.0 / (1.0 + (1.0 - r).exp())).collect();
    let mut sorted = p.clone();
    sorted.sort_by(f64::total_cmp);
    let (horizon, threshold) = (1095.0, sorted[p.len() / 2]);
    let at = decision_curve(&outcomes, &p, horizon, &[threshold]).unwrap()[0];
    let (mut positive, mut negative) = (0.0, 0.0);
    for (i, (&time, &event)) in outcomes.time().iter().zip(outcomes.event()).enumerate() {
        match (p[i] >= threshold, time <= horizon, event) {
            (true, true, true) => positive += 1.0 / curve.before(time),
            (true, false, _) => negative += 1.0 / curve.at(horizon),
            _ => {}
        }
    }
    let expected = (positive - negative * threshold / (1.0 - threshold)) / p.len() as f64;
    assert_close("net benefit", at.model, expected, 1e-12);
    let (model, over) = (at.estimate.unwrap(), at.over_all.unwrap());
    assert_close("over all", over.value, at.model - at.treat_all, 1e-11);
    assert!(model.interval.contains(at.model) && over.interval.contains(over.value));
}

#[test]
fn nothing_is_weighted_beyond_the_follow_up_of_the_training_set() {
    let golden = Golden::read("gbsg2");
    let (outcomes, risk, _) = test_set(&golden);
    let short = CensoringCurve::new(vec![200.0, 500.0], vec![0.9, 0.8]).unwrap();
    let outcomes = outcomes.with_censoring(short);
    assert!(auc_at(&outcomes, &risk, 365.0).is_ok());
    let uno = ConcordanceOptions::default().with_time_weight(TimeWeight::Uno);
    for error in [
        auc_at(&outcomes, &risk, 730.0).unwrap_err(),
        uno.estimate(&outcomes, &risk).unwrap_err(),
        decision_curve(&outcomes, &vec![0.5; risk.len()], 730.0, &[0.1]).unwrap_err(),
    ] {
        assert!(matches!(error, Error::Undefined { .. }), "{error}");
    }
}
