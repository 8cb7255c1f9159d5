//! Validations on several cohorts together.

use crate::Error;
use std::collections::BTreeSet;
use vertebra_evaluation::{Estimate, Figure, Interval, Reason, Undefined};
use vertebra_report::results::{
    Measure, OverCohorts, PooledCohort, PooledFigure, PooledResults, RunRecord, ValidationResults,
};
use vertebra_survival::validation::{RandomEffects, random_effects};

const LEVEL: f64 = 0.95;

/// Pools the figures of validations of one model folder on several cohorts, each with its name, by
/// random effects: C as a logit, O/E as a logarithm, the slope as it is.
///
/// # Errors
/// [`Error::InvalidSetting`] for fewer than two cohorts, two of one name, or horizons that differ.
pub fn pool_validations(
    run: RunRecord,
    cohorts: &[(String, ValidationResults)],
) -> Result<PooledResults, Error> {
    let invalid =
        |expected, got: String| Error::InvalidSetting { name: "cohort".into(), expected, got };
    let [(_, first), _, ..] = cohorts else {
        return Err(invalid("two or more cohorts", cohorts.len().to_string()));
    };
    let names: BTreeSet<&String> = cohorts.iter().map(|(name, _)| name).collect();
    if names.len() < cohorts.len() {
        return Err(invalid("folders of different names", "one name twice".to_owned()));
    }
    if let Some((name, _)) = cohorts.iter().find(|(_, r)| r.main_horizon != first.main_horizon) {
        return Err(invalid("one main horizon", format!("another in {name}")));
    }
    let of = |(name, results): &(String, ValidationResults)| {
        PooledCohort::new(name, results.size).with_took_part(results.took_part)
    };
    let mut pooled = PooledResults::new(run, cohorts.iter().map(of).collect(), first.main_horizon);
    for title in titles(first) {
        for measure in [Measure::Concordance, Measure::ObservedExpected, Measure::Slope] {
            let here = |(_, results): &(_, ValidationResults)| value(results, &title, measure);
            let by_cohort: Vec<Option<Estimate>> = cohorts.iter().map(here).collect();
            if by_cohort.iter().any(Option::is_some) {
                let over = over_cohorts(&by_cohort, measure);
                pooled.figures.push(PooledFigure::new(&title, measure, by_cohort, over));
            }
        }
    }
    Ok(pooled)
}

/// The titles of the models, that of the default model first.
fn titles(results: &ValidationResults) -> Vec<String> {
    let first = results.evaluation.comparisons.first().map(|pair| pair.first.clone());
    let all = results.models.iter().map(|model| model.title.clone());
    let rest = all.filter(|title| Some(title) != first.as_ref());
    first.iter().cloned().chain(rest).collect()
}

fn value(results: &ValidationResults, title: &str, measure: Measure) -> Option<Estimate> {
    let prediction = || results.prediction(title);
    match measure {
        Measure::Concordance => {
            let figures = &results.evaluation.score(title)?.figures;
            Some(figures.headline.value()?.estimate)
        }
        Measure::ObservedExpected => {
            let oe = prediction()?.observed_expected.value()?;
            Some(Estimate::new(oe.ratio, 0.0, oe.interval))
        }
        _ => Some(prediction()?.slope.value()?.estimate),
    }
}

fn over_cohorts(by_cohort: &[Option<Estimate>], measure: Measure) -> Figure<OverCohorts> {
    let scaled: Option<Vec<(f64, f64)>> =
        by_cohort.iter().flatten().map(|estimate| to_scale(estimate, measure)).collect();
    let Some(scaled) = scaled else {
        return Undefined::new(Reason::Undefined, "a cohort has it at the end of its scale").into();
    };
    Figure::from(random_effects(&scaled, LEVEL)).map(|pooled| from_scale(&pooled, measure))
}

/// Value and standard error on the scale of pooling; `None` at the end of the figure's own. That of
/// O/E, whose interval is one of the logarithm, is taken from the interval.
fn to_scale(estimate: &Estimate, measure: Measure) -> Option<(f64, f64)> {
    let Estimate { value, std_error, interval, .. } = *estimate;
    let (y, error) = match measure {
        Measure::Concordance => ((value / (1.0 - value)).ln(), std_error / (value * (1.0 - value))),
        Measure::ObservedExpected => {
            let normal = vertebra_survival::estimate::Pivot::Normal.two_sided(interval.level);
            (value.ln(), (interval.upper.ln() - interval.lower.ln()) / (2.0 * normal))
        }
        _ => (value, std_error),
    };
    (y.is_finite() && error.is_finite() && error > 0.0).then_some((y, error))
}

fn from_scale(pooled: &RandomEffects, measure: Measure) -> OverCohorts {
    let back = |y: f64| match measure {
        Measure::Concordance => 1.0 / (1.0 + (-y).exp()),
        Measure::ObservedExpected => y.exp(),
        _ => y,
    };
    let interval = |i: Interval| Interval::new(back(i.lower), back(i.upper), i.level);
    OverCohorts::new(
        back(pooled.mean.value),
        interval(pooled.mean.interval),
        pooled.prediction.map(interval),
        pooled.tau,
        pooled.heterogeneity.p,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_pooled_on_their_scales_and_come_back() {
        let estimate = |value: f64, error: f64, half: f64| {
            let bounds = Interval::new(value - half, value + half, LEVEL);
            Some(Estimate::new(value, error, bounds))
        };
        let same = [estimate(0.7, 0.02, 0.04), estimate(0.7, 0.02, 0.04), None];
        let over = over_cohorts(&same, Measure::Concordance);
        let over = over.value().unwrap();
        assert!((over.mean - 0.7).abs() < 1e-12 && over.tau == 0.0, "{over:?}");
        let ratio = |value: f64, factor: f64| {
            let bounds = Interval::new(value / factor, value * factor, LEVEL);
            Some(Estimate::new(value, 0.0, bounds))
        };
        let ratios = [ratio(0.5, 1.2), ratio(2.0, 1.2), ratio(1.0, 1.2)];
        let over = over_cohorts(&ratios, Measure::ObservedExpected);
        let over = over.value().unwrap();
        assert!((over.mean - 1.0).abs() < 1e-9, "the geometric mean: {over:?}");
        let other = over.prediction.unwrap();
        assert!(other.lower > 0.0 && other.lower < over.interval.lower, "{over:?}");
    }

    #[test]
    fn a_figure_at_the_end_of_its_scale_is_not_pooled() {
        let end = Estimate::new(1.0, 0.0, Interval::new(1.0, 1.0, LEVEL));
        let over = over_cohorts(&[Some(end), Some(end)], Measure::Concordance);
        assert!(over.value().is_none());
    }
}
