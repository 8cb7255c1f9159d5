//! The report of a validation: its figures, its tables and its page, from the results alone.

pub(crate) mod figures;
pub(crate) mod page;
pub(crate) mod pooled;
pub(crate) mod tables;

use crate::results::{ValidatedModel, ValidationResults};
use vertebra_evaluation::Headline;

/// Harrell's C of a model or score.
fn headline<'a>(results: &'a ValidationResults, model: &ValidatedModel) -> Option<&'a Headline> {
    results.evaluation.score(&model.title)?.figures.headline.value()
}

/// The model that the folder is kept for: that of the most covariates with pictures, else the
/// first.
fn main_model(results: &ValidationResults) -> Option<&ValidatedModel> {
    let first = results.evaluation.comparisons.first().map(|pair| pair.first.as_str());
    let by_title = |title| results.models.iter().find(|model| model.title == title);
    first.and_then(by_title).or(results.models.first())
}

/// What a way of recalibration is called.
fn way(how: &str) -> &'static str {
    match how {
        "in_the_large" => "in the large",
        "line" => "intercept and slope",
        _ => "along a curve",
    }
}
