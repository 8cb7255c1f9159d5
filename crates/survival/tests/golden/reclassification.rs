//! Calibration curves and intercepts, pseudo-observations, NRI and IDI: `calibration.R`,
//! `competing.R`.

use crate::{Golden, assert_all_close, assert_all_near, assert_close};
use vertebra_survival::{
    CompetingOutcomes, Endpoint, Outcomes,
    calibration::{CalibrationCurve, CalibrationOptions, calibration_intercept, calibration_line},
    horizon::{
        Reclassification, integrated_discrimination, net_reclassification, pseudo_observations,
    },
};

const HORIZONS: [f64; 3] = [1095.0, 1825.0, 2920.0];

fn pbc(k: usize) -> (Outcomes, Vec<f64>, Vec<f64>) {
    let pbc = Golden::read("pbc");
    let risk = |name: &str| -> Vec<f64> {
        let rows = pbc.at(&format!("/riskRegression/risk_{name}")).as_array().unwrap();
        rows.iter().map(|row| row[k].as_f64().unwrap()).collect()
    };
    (pbc.outcomes(), risk("a"), risk("b"))
}

fn mgus(time: &str) -> (CompetingOutcomes, Vec<f64>) {
    let mgus = Golden::read("mgus2");
    let (spike, age) = (mgus.column("mspike"), mgus.column("age"));
    let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
    let risk = (0..age.len()).map(|i| logistic(-4.0 + 0.8 * spike[i] + 0.01 * age[i])).collect();
    let months = mgus.column("etime").into_iter().enumerate();
    let apart = |(i, t): (usize, f64)| t + (i + 1) as f64 / 2000.0;
    let time = if time == "distinct" { months.map(apart).collect() } else { mgus.column("etime") };
    (CompetingOutcomes::new(time, mgus.labels("event")).unwrap(), risk)
}

fn assert_curve(golden: &Golden, path: &str, got: &CalibrationCurve, tolerance: f64) {
    let at = |leaf: &str| golden.number(&format!("{path}/{leaf}"));
    assert_close(path, got.ici, at("ici"), tolerance);
    assert_close(path, got.e50, at("e50"), tolerance);
    assert_close(path, got.e90, at("e90"), tolerance);
    assert_close(path, got.e_max, at("e_max"), tolerance);
    let observed = [0, 49, 99, 199].map(|i| got.observed[i]);
    assert_all_close(path, &observed, &golden.numbers(&format!("{path}/observed")), tolerance);
}

#[test]
fn smooth_calibration_curves() {
    let golden = Golden::read("calibration");
    for (k, horizon) in HORIZONS.into_iter().enumerate() {
        let (outcomes, _, risk) = pbc(k);
        for knots in 3..=5 {
            let options = CalibrationOptions::default().with_knots(knots);
            let got = options.calibration_curve(&outcomes, &risk, horizon).unwrap();
            assert_curve(&golden, &format!("/curve/{horizon}/{knots}"), &got, 1e-9);
        }
    }
    let (outcomes, risk) = mgus("distinct");
    let options = CalibrationOptions::default();
    let got = options.calibration_curve(&outcomes.cause(1).unwrap(), &risk, 120.0).unwrap();
    assert_curve(&golden, "/competing/curve", &got, 1e-9);
}

fn assert_intercept_and_line(
    golden: &Golden,
    path: &str,
    endpoint: &impl Endpoint,
    risk: &[f64],
    horizon: f64,
) {
    let at = |leaf: &str| golden.numbers(&format!("{path}/{leaf}"));
    // geese stops at a relative change of the coefficients.
    let got = calibration_intercept(endpoint, risk, horizon).unwrap();
    let intercept = |leaf: &str| golden.number(&format!("{path}/intercept/{leaf}"));
    assert_close(path, got.value, intercept("coef"), 1e-8);
    assert_close(path, got.std_error, intercept("se"), 1e-8);
    let got = calibration_line(endpoint, risk, horizon).unwrap();
    assert_all_close(path, &[got.intercept.value, got.slope.value], &at("line/coef"), 1e-8);
    assert_all_close(path, &[got.intercept.std_error, got.slope.std_error], &at("line/se"), 1e-8);
}

#[test]
fn calibration_intercepts_and_lines() {
    let golden = Golden::read("calibration");
    for (k, horizon) in HORIZONS.into_iter().enumerate() {
        let (outcomes, _, risk) = pbc(k);
        assert_intercept_and_line(&golden, &format!("/gee/{horizon}"), &outcomes, &risk, horizon);
    }
    let (outcomes, risk) = mgus("distinct");
    let cause = outcomes.cause(1).unwrap();
    assert_intercept_and_line(&golden, "/competing/gee", &cause, &risk, 120.0);
}

#[test]
fn pseudo_observations_agree_with_prodlim() {
    let golden = Golden::read("competing");
    for time in ["etime", "distinct"] {
        let (outcomes, _) = mgus(time);
        let every_30th = |values: Vec<f64>| values.into_iter().step_by(30).collect::<Vec<_>>();
        let got = every_30th(pseudo_observations(&outcomes.cause(1).unwrap(), 120.0).unwrap());
        assert_all_near(time, &got, &golden.numbers(&format!("/pseudo/{time}")), 1e-9);
        let got = every_30th(pseudo_observations(outcomes.any_event(), 120.0).unwrap());
        let survival: Vec<f64> = got.iter().map(|risk| 1.0 - risk).collect();
        let expected = golden.numbers(&format!("/pseudo_survival/{time}"));
        assert_all_near(time, &survival, &expected, 1e-9);
    }
}

#[test]
fn reclassification_and_discrimination_improvements() {
    let golden = Golden::read("calibration");
    for (k, horizon) in HORIZONS.into_iter().enumerate() {
        let (outcomes, old, new) = pbc(k);
        for (name, kind) in [
            ("any", Reclassification::AnyChange),
            ("categories", Reclassification::Categories(vec![0.1, 0.2, 0.4])),
        ] {
            let got = net_reclassification(&outcomes, &old, &new, horizon, &kind).unwrap();
            let path = format!("/nri/{horizon}/{name}");
            let at = |leaf: &str| golden.number(&format!("{path}/{leaf}"));
            assert_eq!((got.n_up as f64, got.n_down as f64), (at("n_up"), at("n_down")), "{path}");
            assert_close(&path, got.events.value, at("events"), 1e-10);
            assert_close(&path, got.non_events.value, at("non_events"), 1e-10);
            let total = got.events.value + got.non_events.value;
            assert_close(&path, got.total.difference.value, total, 1e-12);
        }
        let got = integrated_discrimination(&outcomes, &old, &new, horizon).unwrap();
        let at = |leaf: &str| golden.number(&format!("/idi/{horizon}/{leaf}"));
        assert_close("old", got.old_slope, at("old"), 1e-11);
        assert_close("new", got.new_slope, at("new"), 1e-11);
        assert_close("idi", got.improvement.difference.value, at("improvement"), 1e-9);
    }
}
