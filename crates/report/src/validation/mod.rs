//! The report of a validation: its figures, its tables and its page, from the results alone.

pub(crate) mod figures;
pub(crate) mod page;
pub(crate) mod pooled;
pub(crate) mod tables;

use crate::format::thousands;
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

/// Whether the models were made on these subjects, as the end of a sentence about them.
fn who_took_part(n: Option<usize>) -> String {
    match n {
        None => "said to have taken no part in making the models (the model folder does not tell)"
            .to_owned(),
        Some(0) => "none of whose films took part in making the models".to_owned(),
        Some(n) => format!(
            "{} of whom the models were made on, by their films: figures are too good by as much \
             as the models know these people, and are no external validation",
            thousands(n)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::who_took_part;

    #[test]
    fn nobody_is_said_to_be_new_to_the_models_who_is_not() {
        assert!(who_took_part(Some(0)).starts_with("none"));
        assert!(who_took_part(Some(3)).starts_with("3 of whom the models were made on"));
        assert!(who_took_part(None).contains("does not tell"));
    }
}
