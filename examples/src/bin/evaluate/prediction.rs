//! Calibration, Brier score, net benefit and reclassification of predicted probabilities.

use crate::arguments::{Arguments, Data, Prediction};
use crate::discrimination::difference;
use serde_json::{Value, json};
use vertebra_examples::output;
use vertebra_survival::{
    Error, Outcomes, Reclassification, brier_score, calibration_curve, calibration_groups,
    calibration_intercept, calibration_line, calibration_slope, compare_brier, decision_curve,
    integrated_discrimination, net_reclassification, observed_expected,
};

/// An object for each prediction.
pub(crate) fn predictions(arguments: &Arguments, data: &Data) -> Value {
    data.predictions.iter().map(|prediction| one(arguments, data, prediction)).collect()
}

/// The Brier scores of each pair of predictions for the same horizon, and what the second adds to the first.
pub(crate) fn brier_comparisons(data: &Data) -> Value {
    let all = &data.predictions;
    let pairs = (0..all.len()).flat_map(|a| (a + 1..all.len()).map(move |b| (&all[a], &all[b])));
    let compare = |(first, second): (&Prediction, &Prediction)| {
        let survival = |p: &Prediction| p.risk.iter().map(|r| 1.0 - r).collect::<Vec<f64>>();
        let got = compare_brier(&data.outcomes, &survival(first), &survival(second), first.horizon);
        json!({
            "first": first.name, "second": second.name, "horizon": first.horizon,
            "brier": difference(got),
            "reclassification": reclassification(&data.outcomes, first, second),
            "discrimination": discrimination(&data.outcomes, first, second),
        })
    };
    pairs.filter(|(a, b)| a.horizon == b.horizon).map(compare).collect()
}

/// NRI of the second over the first prediction, without categories.
fn reclassification(outcomes: &Outcomes, first: &Prediction, second: &Prediction) -> Value {
    let any = Reclassification::AnyChange;
    object(
        net_reclassification(outcomes, &first.risk, &second.risk, first.horizon, &any),
        &["n_up", "n_down", "events", "non_events", "total"],
    )
}

/// IDI of the second over the first prediction.
fn discrimination(outcomes: &Outcomes, first: &Prediction, second: &Prediction) -> Value {
    object(
        integrated_discrimination(outcomes, &first.risk, &second.risk, first.horizon),
        &["old_slope", "new_slope", "improvement"],
    )
}

/// The smooth calibration curve: its indices, and points at the 1st, 3rd, .. 99th percentile of the predictions.
fn curve(outcomes: &Outcomes, risk: &[f64], horizon: f64) -> Value {
    const NAMES: [&str; 5] = ["ici", "e50", "e90", "e_max", "points"];
    let curve = match calibration_curve(outcomes, risk, horizon) {
        Ok(curve) => curve,
        Err(why) => return output::nothing(&NAMES, &why),
    };
    let mut order: Vec<usize> = (0..risk.len()).collect();
    order.sort_by(|&a, &b| risk[a].total_cmp(&risk[b]));
    let points = (0..50).map(|k| order[(2 * k + 1) * (risk.len() - 1) / 100]);
    let points = points.map(|i| json!({"predicted": risk[i], "observed": curve.observed[i]}));
    json!({
        "ici": curve.ici, "e50": curve.e50, "e90": curve.e90, "e_max": curve.e_max,
        "points": points.collect::<Vec<_>>(),
    })
}

fn one(arguments: &Arguments, data: &Data, prediction: &Prediction) -> Value {
    let (outcomes, risk, horizon) = (&data.outcomes, &prediction.risk, prediction.horizon);
    let in_the_large = object(
        observed_expected(outcomes, risk, horizon),
        &["observed", "expected", "ratio", "lower", "upper"],
    );
    let slope = log_hazard(risk).and_then(|h| calibration_slope(outcomes, &h));
    let survival: Vec<f64> = risk.iter().map(|r| 1.0 - r).collect();
    let brier = object(
        brier_score(outcomes, &survival, horizon),
        &["horizon", "brier", "se", "reference", "scaled", "scaled_se"],
    );
    let intercept =
        object(calibration_intercept(outcomes, risk, horizon), &["value", "se", "lower", "upper"]);
    json!({
        "name": prediction.name,
        "horizon": horizon,
        "observed_expected": in_the_large,
        "slope": object(slope, &["slope", "se", "lower", "upper"]),
        "intercept": intercept,
        "line": object(calibration_line(outcomes, risk, horizon), &["intercept", "slope"]),
        "curve": curve(outcomes, risk, horizon),
        "groups": list(calibration_groups(outcomes, risk, horizon, arguments.groups), "groups"),
        "brier": brier,
        "net_benefit":
            list(decision_curve(outcomes, risk, horizon, &arguments.thresholds), "net_benefit"),
    })
}

/// The log hazard behind a probability, `ln(-ln(1 - p))`, up to a constant.
fn log_hazard(risk: &[f64]) -> Result<Vec<f64>, Error> {
    let inside = |p: &f64| *p > 0.0 && *p < 1.0;
    if !risk.iter().all(inside) {
        let why = "a predicted probability is 0 or 1, which has no log hazard";
        return Err(Error::Undefined("the calibration slope", why));
    }
    Ok(risk.iter().map(|p| (-(-p).ln_1p()).ln()).collect())
}

fn object<T: serde::Serialize>(got: Result<T, Error>, names: &[&str]) -> Value {
    match got {
        Ok(value) => json!(value),
        Err(why) => output::nothing(names, &why),
    }
}

/// A list, or null inside an object that says why.
fn list<T: serde::Serialize>(got: Result<Vec<T>, Error>, name: &str) -> Value {
    match got {
        Ok(values) => json!(values),
        Err(why) => output::nothing(&[name], &why),
    }
}
