//! Calibration, Brier score, net benefit and reclassification of predicted probabilities.

use crate::{
    Evaluation,
    arguments::Prediction,
    discrimination::{ACCURACY, difference},
};
use serde_json::{Value, json};
use vertebra_examples::output;
use vertebra_survival::{
    Endpoint, Error, Reclassification, accuracy_at, brier_score, calibration_curve,
    calibration_groups, calibration_intercept, calibration_line, calibration_slope, compare_brier,
    decision_curve, gonen_heller, integrated_brier, integrated_discrimination,
    net_reclassification, observed_expected,
};

/// An object for each prediction.
pub(crate) fn predictions<E: Endpoint>(evaluation: &Evaluation<'_, E>) -> Value {
    evaluation.data.predictions.iter().map(|prediction| one(evaluation, prediction)).collect()
}

/// The integrated Brier score of each model with predictions at several horizons.
pub(crate) fn integrated<E: Endpoint>(evaluation: &Evaluation<'_, E>) -> Value {
    let one = |course: &Vec<Prediction>| {
        let survival: Vec<Vec<f64>> = course.iter().map(survival_prob).collect();
        let survival: Vec<&[f64]> = survival.iter().map(Vec::as_slice).collect();
        let horizons: Vec<f64> = course.iter().map(|p| p.horizon).collect();
        let value = output::object(
            integrated_brier(evaluation.endpoint, &survival, &horizons),
            &["span", "brier", "se", "reference", "scaled", "scaled_se"],
        );
        let names: Vec<&str> = course.iter().map(|p| p.name.as_str()).collect();
        output::with(output::with(value, "names", json!(names)), "horizons", json!(horizons))
    };
    evaluation.data.courses.iter().map(one).collect()
}

/// Predicted probabilities of no event.
fn survival_prob(prediction: &Prediction) -> Vec<f64> {
    prediction.risk.iter().map(|r| 1.0 - r).collect()
}

/// The Brier scores of each pair of predictions for the same horizon, and what the second adds to the first.
pub(crate) fn brier_comparisons<E: Endpoint>(evaluation: &Evaluation<'_, E>) -> Value {
    let (all, endpoint) = (&evaluation.data.predictions, evaluation.endpoint);
    let pairs = (0..all.len()).flat_map(|a| (a + 1..all.len()).map(move |b| (&all[a], &all[b])));
    let compare = |(first, second): (&Prediction, &Prediction)| {
        let (a, b) = (survival_prob(first), survival_prob(second));
        let got = compare_brier(endpoint, &a, &b, first.horizon);
        json!({
            "first": first.name, "second": second.name, "horizon": first.horizon,
            "brier": difference(got),
            "reclassification": reclassification(endpoint, first, second),
            "discrimination": discrimination(endpoint, first, second),
        })
    };
    pairs.filter(|(a, b)| a.horizon == b.horizon).map(compare).collect()
}

/// NRI of the second over the first prediction, without categories.
fn reclassification(endpoint: &impl Endpoint, first: &Prediction, second: &Prediction) -> Value {
    let any = Reclassification::AnyChange;
    output::object(
        net_reclassification(endpoint, &first.risk, &second.risk, first.horizon, &any),
        &["n_up", "n_down", "events", "non_events", "total"],
    )
}

/// IDI of the second over the first prediction.
fn discrimination(endpoint: &impl Endpoint, first: &Prediction, second: &Prediction) -> Value {
    output::object(
        integrated_discrimination(endpoint, &first.risk, &second.risk, first.horizon),
        &["old_slope", "new_slope", "improvement"],
    )
}

/// The smooth calibration curve: its indices, and points at the 1st, 3rd, .. 99th percentile of the predictions.
fn curve(endpoint: &impl Endpoint, risk: &[f64], horizon: f64) -> Value {
    const NAMES: [&str; 5] = ["ici", "e50", "e90", "e_max", "points"];
    let curve = match calibration_curve(endpoint, risk, horizon) {
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

fn one<E: Endpoint>(evaluation: &Evaluation<'_, E>, prediction: &Prediction) -> Value {
    let (endpoint, thresholds) = (evaluation.endpoint, &evaluation.arguments.thresholds);
    let (risk, horizon) = (&prediction.risk, prediction.horizon);
    let in_the_large = output::object(
        observed_expected(endpoint, risk, horizon),
        &["observed", "expected", "ratio", "lower", "upper"],
    );
    let log_hazard = log_hazard(risk);
    let slope = log_hazard.as_ref().map_err(Clone::clone);
    let slope = slope.and_then(|h| calibration_slope(endpoint, h));
    let brier = output::object(
        brier_score(endpoint, &survival_prob(prediction), horizon),
        &["horizon", "brier", "se", "reference", "scaled", "scaled_se"],
    );
    let intercept = output::object(
        calibration_intercept(endpoint, risk, horizon),
        &["value", "se", "lower", "upper"],
    );
    let gonen_heller = log_hazard.and_then(|h| concordance_of_the_model(&h));
    json!({
        "name": prediction.name,
        "horizon": horizon,
        "observed_expected": in_the_large,
        "slope": output::object(slope, &["slope", "se", "lower", "upper"]),
        "intercept": intercept,
        "line":
            output::object(calibration_line(endpoint, risk, horizon), &["intercept", "slope"]),
        "curve": curve(endpoint, risk, horizon),
        "groups": list(
            calibration_groups(endpoint, risk, horizon, evaluation.arguments.groups),
            "groups",
        ),
        "brier": brier,
        "accuracy": accuracy(endpoint, risk, horizon, thresholds),
        "net_benefit": list(decision_curve(endpoint, risk, horizon, thresholds), "net_benefit"),
        "gonen_heller": output::object(gonen_heller, &["k"]),
    })
}

/// Gönen and Heller's K, whose time is quadratic in the subjects.
fn concordance_of_the_model(log_hazard: &[f64]) -> Result<Value, Error> {
    const MOST: usize = 20_000;
    if log_hazard.len() > MOST {
        return Err(Error::Unsupported("Gönen and Heller's K", "more than 20,000 subjects here"));
    }
    Ok(json!({ "k": gonen_heller(log_hazard)? }))
}

/// Sensitivity, specificity and predictive values at each threshold.
fn accuracy(endpoint: &impl Endpoint, risk: &[f64], horizon: f64, thresholds: &[f64]) -> Value {
    let one = |&threshold: &f64| {
        let got = accuracy_at(endpoint, risk, horizon, threshold);
        output::with(output::object(got, &ACCURACY), "threshold", json!(threshold))
    };
    thresholds.iter().map(one).collect()
}

/// The log hazard behind a probability, `ln(-ln(1 - p))`, up to a constant.
fn log_hazard(risk: &[f64]) -> Result<Vec<f64>, Error> {
    let inside = |p: &f64| *p > 0.0 && *p < 1.0;
    if !risk.iter().all(inside) {
        let why = "a predicted probability is 0 or 1, which has no log hazard";
        return Err(Error::Undefined("the log hazard", why));
    }
    Ok(risk.iter().map(|p| (-(-p).ln_1p()).ln()).collect())
}

/// A list, or null inside an object that says why.
fn list<T: serde::Serialize>(got: Result<Vec<T>, Error>, name: &str) -> Value {
    match got {
        Ok(values) => json!(values),
        Err(why) => output::nothing(&[name], &why),
    }
}
