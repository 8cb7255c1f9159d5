//! The development cohort in numbers of the whole, for the model folder: what another hospital's
//! subjects are compared with. No row of a person is in it.

use crate::input::table_one::{characteristics, of_films};
use crate::stages::Context;
use crate::stages::decode::FilmFacts;
use crate::stages::models::{Fitted, FittedModel};
use std::collections::BTreeMap;
use vertebra_report::results::{
    DevelopedModel, DevelopmentSummary, EvaluationSet, ModelResult, Subgroup,
};
use vertebra_survival::numeric::mean_and_sd;

/// The subjects that models were fitted on, and what the models were worth on the test set.
pub(crate) fn of(
    context: Context<'_>,
    films: &BTreeMap<String, FilmFacts>,
    fitted: &[FittedModel],
    results: &[ModelResult],
) -> DevelopmentSummary {
    let data = context.data;
    let (development, test) = (data.development(), data.test());
    let outcome = data.outcome_summary.clone();
    let mut summary = DevelopmentSummary::new(data.size(development), data.size(test), outcome);
    let known = |&i: &usize| films.get(&data.films[i]);
    let spacing = development.iter().map(|i| known(i)?.spacing_mm);
    let height = development.iter().map(|i| Some(known(i)?.size[0]));
    let of_films = of_films(spacing.collect(), height.collect());
    let of_subjects = characteristics(data, development);
    summary.characteristics = of_subjects.iter().chain(&of_films).map(|c| c.summary()).collect();
    let kept = fitted.iter().filter(|model| !matches!(model.fitted, Fitted::Nothing));
    let pair = |model: &'_ FittedModel| {
        let result = results.iter().find(|result| result.name == model.name)?;
        Some(developed(test, model, result))
    };
    summary.models = kept.filter_map(pair).collect();
    let marks = development.iter().filter_map(known).map(|film| film_mark(&film.sha256));
    summary.films = marks.collect();
    summary.films.sort();
    summary
}

/// What tells a film again and says nothing of it: 64 bits of its SHA-256.
pub(crate) fn film_mark(sha256: &str) -> String {
    sha256.chars().take(16).collect()
}

fn developed(test: &[usize], model: &FittedModel, result: &ModelResult) -> DevelopedModel {
    let mut developed = DevelopedModel::new(model.code());
    let scores: Vec<f64> = test.iter().filter_map(|&i| model.scores.log_hazard[i]).collect();
    developed.log_hazard = (scores.len() > 1).then(|| <[f64; 2]>::from(mean_and_sd(&scores)));
    let on_test = result.on(EvaluationSet::Test, Subgroup::All);
    developed.c = on_test.map(|on| on.harrell.estimate);
    if let Some(calibration) = &result.calibration {
        developed.horizon = Some(calibration.horizon);
        developed.observed_expected = calibration.observed_expected.value().copied();
        developed.slope = calibration.slope.value().map(|slope| slope.estimate);
    }
    developed
}
