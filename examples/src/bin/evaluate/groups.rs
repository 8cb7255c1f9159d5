//! Curves of groups and tests between them: those of a column, and the thirds of each risk.

use crate::{
    Evaluation,
    arguments::Grouping,
    curves::{incidence_at, survival_at, with_median},
};
use serde_json::{Value, json};
use vertebra_examples::output;
use vertebra_survival::{
    Endpoint, Error, GrayOptions, LogRank, LogRankOptions, LogRankWeight, OneCause,
    cumulative_incidence_by_group, kaplan_meier, kaplan_meier_by_group,
};

const LOG_RANK: [&str; 6] = ["n", "observed", "expected", "chi_square", "df", "p"];
const CHI_SQUARE: [&str; 3] = ["chi_square", "df", "p"];

/// The weighted family besides the log-rank test itself.
const WEIGHTED: [(&str, LogRankWeight); 4] = [
    ("gehan", LogRankWeight::Gehan),
    ("tarone_ware", LogRankWeight::TaroneWare),
    ("peto_prentice", LogRankWeight::FlemingHarrington { rho: 1.0, gamma: 0.0 }),
    ("late", LogRankWeight::FlemingHarrington { rho: 0.0, gamma: 1.0 }),
];

/// The column's groups, then the thirds of each risk.
pub(crate) fn groups<E: Endpoint>(evaluation: &Evaluation<'_, E>) -> Value {
    let thirds: Vec<Grouping> =
        evaluation.data.risks.iter().map(|(name, risk)| thirds_of(name, risk)).collect();
    evaluation.data.group.iter().chain(&thirds).map(|group| one(evaluation, group)).collect()
}

/// The groups that are drawn: those of the column, or the thirds of the first risk.
pub(crate) fn with_first<T>(
    evaluation: &Evaluation<'_, impl Endpoint>,
    draw: impl FnOnce(&Grouping) -> T,
) -> T {
    match &evaluation.data.group {
        Some(group) => draw(group),
        None => {
            let (name, risk) = &evaluation.data.risks[0];
            draw(&thirds_of(name, risk))
        }
    }
}

fn thirds_of(name: &str, risk: &[f64]) -> Grouping {
    let names = ["low", "middle", "high"].map(str::to_owned).to_vec();
    Grouping { kind: "risk", column: name.to_owned(), labels: thirds(risk), names }
}

/// The third of a risk that each subject is in; equal risks stay together.
fn thirds(risk: &[f64]) -> Vec<usize> {
    let mut sorted = risk.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let cut = |k: usize| sorted[(sorted.len() * k).div_ceil(3).saturating_sub(1)];
    let cuts = [cut(1), cut(2)];
    risk.iter().map(|r| cuts.iter().filter(|&cut| r > cut).count()).collect()
}

fn one<E: Endpoint>(evaluation: &Evaluation<'_, E>, grouping: &Grouping) -> Value {
    let mut value = match log_rank(evaluation, grouping, LogRankWeight::LogRank) {
        Ok(test) => json!({
            "n": test.n_subjects, "observed": test.observed, "expected": test.expected,
            "chi_square": test.chi_square, "df": test.degrees_of_freedom, "p": test.p,
        }),
        Err(why) => output::nothing(&LOG_RANK, &why),
    };
    for (name, weight) in WEIGHTED {
        let test = log_rank(evaluation, grouping, weight);
        let test = test.map(|test| chi_square(test.chi_square, test.degrees_of_freedom, test.p));
        value = output::with(value, name, output::object(test, &CHI_SQUARE));
    }
    if let Some(cause) = evaluation.cause {
        value = output::with(value, "gray", gray(evaluation, cause, grouping));
    }
    let value = output::with(value, "curves", curves(evaluation, grouping));
    output::with(value, grouping.kind, json!(grouping.column))
}

fn log_rank<E: Endpoint>(
    evaluation: &Evaluation<'_, E>,
    grouping: &Grouping,
    weight: LogRankWeight,
) -> Result<LogRank, Error> {
    let mut options = LogRankOptions::default().with_weight(weight);
    if let Some(strata) = &evaluation.data.strata {
        options = options.with_strata(strata.clone());
    }
    options.test(&evaluation.own, &grouping.labels)
}

fn gray<E: Endpoint>(
    evaluation: &Evaluation<'_, E>,
    cause: OneCause<'_>,
    grouping: &Grouping,
) -> Value {
    let mut options = GrayOptions::default();
    if let Some(strata) = &evaluation.data.strata {
        options = options.with_strata(strata.clone());
    }
    let test = options.test(cause.outcomes(), cause.number(), &grouping.labels);
    let test = test.map(|test| chi_square(test.chi_square, test.degrees_of_freedom, test.p));
    output::object(test, &CHI_SQUARE)
}

fn chi_square(statistic: f64, df: usize, p: f64) -> Value {
    json!({"chi_square": statistic, "df": df, "p": p})
}

/// Survival of each group, or its cumulative incidence of the cause.
fn curves<E: Endpoint>(evaluation: &Evaluation<'_, E>, grouping: &Grouping) -> Value {
    let curves = match evaluation.cause {
        None => survival(evaluation, grouping),
        Some(cause) => incidence(evaluation, cause, grouping),
    };
    let curves = curves.map(Value::Array);
    curves.unwrap_or_else(|why| output::nothing(&["curves"], &why))
}

fn survival<E: Endpoint>(
    evaluation: &Evaluation<'_, E>,
    grouping: &Grouping,
) -> Result<Vec<Value>, Error> {
    let by_group = kaplan_meier_by_group(&evaluation.own, &grouping.labels)?;
    let one = |group: vertebra_survival::GroupCurve<usize>| {
        let horizons = evaluation.arguments.horizons.iter();
        let at = horizons.map(|&h| survival_at(&group.curve, h)).collect::<Vec<_>>();
        let value = json!({
            "label": grouping.names[group.label], "n": group.n_subjects,
            "events": group.n_events, "at": at,
        });
        with_median(value, &group.curve)
    };
    Ok(by_group.into_iter().map(one).collect())
}

fn incidence<E: Endpoint>(
    evaluation: &Evaluation<'_, E>,
    cause: OneCause<'_>,
    grouping: &Grouping,
) -> Result<Vec<Value>, Error> {
    let by_group = cumulative_incidence_by_group(cause.outcomes(), &grouping.labels)?;
    let one = |group: vertebra_survival::GroupIncidence<usize>| {
        let members = grouping.members(group.label);
        let any = kaplan_meier(&cause.outcomes().any().subset(&members))?;
        let curve = &group.curves[cause.number() - 1];
        let horizons = evaluation.arguments.horizons.iter();
        Ok(json!({
            "label": grouping.names[group.label], "n": group.n_subjects,
            "events": evaluation.own.subset(&members).n_events(),
            "at": horizons.map(|&h| incidence_at(&any, curve, h)).collect::<Vec<_>>(),
        }))
    };
    by_group.into_iter().map(one).collect()
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
