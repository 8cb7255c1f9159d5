//! Survival and follow-up of all subjects, and the cumulative incidence of each cause.

use crate::Evaluation;
use serde_json::{Value, json};
use vertebra_examples::output;
use vertebra_survival::{
    CumulativeIncidence, Endpoint, Error, OneCause, SurvivalCurve, cumulative_incidence,
    follow_up_curve, kaplan_meier,
};

/// Kaplan-Meier and Nelson-Aalen at the horizons, quartiles of survival, and follow-up; of an event of any cause.
pub(crate) fn survival<E: Endpoint>(evaluation: &Evaluation<'_, E>) -> Value {
    let outcomes = evaluation.data.observed.any();
    let names = ["median", "median_lower", "median_upper", "quartiles", "median_follow_up", "at"];
    let curves = kaplan_meier(outcomes).and_then(|c| Ok((c, follow_up_curve(outcomes)?)));
    match curves {
        Err(why) => output::nothing(&names, &why),
        Ok((curve, follow_up)) => {
            let horizons = evaluation.arguments.horizons.iter();
            let at = horizons.map(|&h| survival_at(&curve, h)).collect::<Vec<_>>();
            let quartiles = [0.25, 0.5, 0.75].map(|q| curve.quantile(q));
            let value = json!({
                "quartiles": quartiles,
                "median_follow_up": follow_up.quantile(0.5),
                "at": at,
            });
            with_median(value, &curve)
        }
    }
}

/// `value` with the median of a curve and its interval.
pub(crate) fn with_median(mut value: Value, curve: &SurvivalCurve) -> Value {
    let (lower, upper) = curve.quantile_interval(0.5);
    for (name, time) in
        [("median", curve.quantile(0.5)), ("median_lower", lower), ("median_upper", upper)]
    {
        value = output::with(value, name, json!(time));
    }
    value
}

/// A curve at a horizon, with the mean up to there.
pub(crate) fn survival_at(curve: &SurvivalCurve, horizon: f64) -> Value {
    let names = [
        "survival",
        "se",
        "lower",
        "upper",
        "cumulative_hazard",
        "restricted_mean",
        "restricted_mean_se",
    ];
    let value = match curve.restricted_mean(horizon) {
        Err(why) => output::nothing(&names, &why),
        Ok(mean) => {
            let (lower, upper) = curve.interval_at(horizon);
            json!({
                "survival": curve.at(horizon),
                "se": curve.at(horizon) * curve.std_err_log_at(horizon),
                "lower": lower, "upper": upper,
                "cumulative_hazard": curve.cumulative_hazard_at(horizon),
                "restricted_mean": mean.mean, "restricted_mean_se": mean.se,
            })
        }
    };
    let value = output::with(value, "at_risk", output::count(curve.n_risk_at(horizon)));
    output::with(value, "horizon", json!(horizon))
}

/// The cumulative incidence of every cause.
pub(crate) fn incidence<E: Endpoint>(evaluation: &Evaluation<'_, E>, cause: OneCause<'_>) -> Value {
    let curves = match curves_of(cause) {
        Err(why) => return json!([output::nothing(&["cause", "events", "at"], &why)]),
        Ok(curves) => curves,
    };
    let causes = cause.outcomes().causes();
    let one = |curve: &CumulativeIncidence| {
        let horizons = evaluation.arguments.horizons.iter();
        json!({
            "cause": curve.cause,
            "events": causes.iter().filter(|&&c| c == curve.cause).count(),
            "at": horizons.map(|&h| incidence_at(&curves.0, curve, h)).collect::<Vec<_>>(),
        })
    };
    curves.1.iter().filter(|curve| causes.contains(&curve.cause)).map(one).collect()
}

/// The curve of any event, and the cumulative incidences.
fn curves_of(cause: OneCause<'_>) -> Result<(SurvivalCurve, Vec<CumulativeIncidence>), Error> {
    Ok((kaplan_meier(cause.outcomes().any())?, cumulative_incidence(cause.outcomes())?))
}

/// A cumulative incidence at a horizon that somebody was followed to, as the curve of any event tells.
pub(crate) fn incidence_at(
    any: &SurvivalCurve,
    curve: &CumulativeIncidence,
    horizon: f64,
) -> Value {
    let value = match any.restricted_mean(horizon) {
        Err(_) => output::nothing(
            &["incidence", "se", "lower", "upper"],
            &"the cumulative incidence is undefined: nobody was followed so long",
        ),
        Ok(_) => {
            let (lower, upper) = curve.interval_at(horizon);
            json!({
                "incidence": curve.at(horizon), "se": curve.std_err_at(horizon),
                "lower": lower, "upper": upper,
            })
        }
    };
    let value = output::with(value, "at_risk", output::count(any.n_risk_at(horizon)));
    output::with(value, "horizon", json!(horizon))
}
