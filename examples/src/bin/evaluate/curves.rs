//! Survival, follow-up, and the groups of the first risk.

use crate::arguments::{Arguments, Data};
use serde_json::{Value, json};
use vertebra_examples::output;
use vertebra_survival::{Error, Outcomes, SurvivalCurve, follow_up_curve, kaplan_meier, log_rank};

/// Names of the thirds of a risk.
pub(crate) const THIRDS: [&str; 3] = ["low", "middle", "high"];

/// Kaplan-Meier at the horizons, median survival and follow-up.
pub(crate) fn survival(arguments: &Arguments, outcomes: &Outcomes) -> Value {
    let medians = ["median", "median_lower", "median_upper", "median_follow_up", "at"];
    let curves = kaplan_meier(outcomes).and_then(|c| Ok((c, follow_up_curve(outcomes)?)));
    match curves {
        Err(why) => output::nothing(&medians, &why),
        Ok((curve, follow_up)) => {
            let (lower, upper) = curve.quantile_interval(0.5);
            let at = arguments.horizons.iter().map(|&h| at_horizon(&curve, h));
            json!({
                "median": curve.quantile(0.5), "median_lower": lower, "median_upper": upper,
                "median_follow_up": follow_up.quantile(0.5),
                "at": at.collect::<Vec<_>>(),
            })
        }
    }
}

fn at_horizon(curve: &SurvivalCurve, horizon: f64) -> Value {
    let names = ["survival", "lower", "upper", "restricted_mean", "restricted_mean_se"];
    let value = match curve.restricted_mean(horizon) {
        Err(why) => output::nothing(&names, &why),
        Ok(mean) => {
            let (lower, upper) = curve.interval_at(horizon);
            json!({
                "survival": curve.at(horizon), "lower": lower, "upper": upper,
                "restricted_mean": mean.mean, "restricted_mean_se": mean.se,
            })
        }
    };
    let value = output::with(value, "at_risk", output::count(curve.n_risk_at(horizon)));
    output::with(value, "horizon", json!(horizon))
}

/// The third of a risk that each subject is in; equal risks stay together.
pub(crate) fn thirds(risk: &[f64]) -> Vec<usize> {
    let mut sorted = risk.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let cut = |k: usize| sorted[(sorted.len() * k).div_ceil(3).saturating_sub(1)];
    let cuts = [cut(1), cut(2)];
    risk.iter().map(|r| cuts.iter().filter(|&cut| r > cut).count()).collect()
}

/// Log-rank test between the thirds of each risk.
pub(crate) fn groups(data: &Data) -> Value {
    let one = |(name, risk): &(String, Vec<f64>)| {
        let value = match log_rank(&data.outcomes, &thirds(risk)) {
            Ok(test) => json!({
                "n": test.n_subjects, "observed": test.observed, "expected": test.expected,
                "chi_square": test.chi_square, "df": test.degrees_of_freedom, "p": test.p,
            }),
            Err(why) => nothing(&why),
        };
        output::with(value, "risk", json!(name))
    };
    data.risks.iter().map(one).collect()
}

fn nothing(why: &Error) -> Value {
    output::nothing(&["n", "observed", "expected", "chi_square", "df", "p"], why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirds_keep_equal_risks_together() {
        assert_eq!(thirds(&[5.0, 1.0, 4.0, 2.0, 3.0, 6.0]), [2, 0, 1, 0, 1, 2]);
        assert_eq!(thirds(&[1.0, 0.0, 1.0, 1.0]), [0, 0, 0, 0]);
        assert_eq!(thirds(&[2.0, 1.0]), [1, 0]);
    }
}
