//! The study in a few sentences.

use crate::format::{counted, estimate, fixed, p_equals, thousands};
use crate::results::{
    Comparison, Discrimination, EvaluationSet, Method, ModelResult, StudyResults, Subgroup,
};

/// What every study asks.
pub(crate) const QUESTION: &str = "Who will have a vertebral fracture, and does the lateral \
     radiograph of the spine tell more than clinical covariates do?";

/// Who was studied.
pub(crate) fn data(results: &StudyResults) -> String {
    let (development, test) = (results.split.development, results.split.test);
    format!(
        "{} of {} in the cohort were analysed: models were fitted on {} with {} and judged on {} \
         with {}.",
        counted(results.flow.remaining(), "subject"),
        thousands(results.flow.start()),
        thousands(development.n),
        counted(development.events, "fracture"),
        thousands(test.n),
        counted(test.events, "fracture"),
    )
}

/// The first sentences of the report: the comparison that the protocol asks for, whatever it shows.
///
/// The models compared are those with the most covariates, named before any result was seen.
pub(crate) fn sentences(results: &StudyResults) -> Vec<String> {
    let mut sentences = Vec::new();
    let image = largest(results, Method::DeepSurvImage);
    let cox = largest(results, Method::CoxPh);
    if let Some(((model, with), (reference, without))) = scored(image).zip(scored(cox)) {
        sentences.push(main_sentence(model, with, reference, without));
        sentences.extend(difference(results, model, reference));
    }
    if let Some((_, d)) = scored(results.models.iter().find(|m| m.method == Method::ImageOnly)) {
        sentences
            .push(format!("The radiograph alone reached {}.", estimate(&d.harrell.estimate, 3)));
    }
    if let Some((_, d)) = scored(results.models.iter().find(|m| m.method == Method::Oracle)) {
        sentences.push(format!(
            "The phantom’s true hazard, which no model can be expected to pass, has a C of {}.",
            fixed(d.harrell.estimate.value, 3)
        ));
    }
    sentences
}

fn main_sentence(
    model: &ModelResult,
    with: &Discrimination,
    reference: &ModelResult,
    without: &Discrimination,
) -> String {
    format!(
        "On the test set of {} with {}, “{}” reached a Harrell’s C of {}, against {} for “{}” (95 % intervals over subjects).",
        counted(with.size.n, "subject"),
        counted(with.size.events, "incident fracture"),
        model.name,
        estimate(&with.harrell.estimate, 3),
        estimate(&without.harrell.estimate, 3),
        reference.name,
    )
}

/// The paired difference, in whichever order the study compared the two.
fn difference(results: &StudyResults, model: &ModelResult, other: &ModelResult) -> Option<String> {
    let here = |c: &&Comparison| c.set == EvaluationSet::Test && c.subgroup == Subgroup::All;
    let all = || results.comparisons.iter().filter(here);
    let names = (model.name.as_str(), other.name.as_str());
    let found = all().find(|c| (c.first.as_str(), c.second.as_str()) == names);
    let turned = all().find(|c| (c.second.as_str(), c.first.as_str()) == names);
    let (comparison, sign) = found.map(|c| (c, 1.0)).or(turned.map(|c| (c, -1.0)))?;
    let d = comparison.difference.estimate;
    let bounds = [sign * d.interval.lower, sign * d.interval.upper];
    Some(format!(
        "The paired difference is {} ({} to {}), {}, after Holm’s adjustment {}.",
        fixed(sign * d.value, 3),
        fixed(bounds[0].min(bounds[1]), 3),
        fixed(bounds[0].max(bounds[1]), 3),
        p_equals(comparison.difference.p),
        p_equals(comparison.p_holm),
    ))
}

/// The model of a kind with the most covariates.
fn largest(results: &StudyResults, method: Method) -> Option<&ModelResult> {
    results.models.iter().filter(|m| m.method == method).max_by_key(|m| m.clinical)
}

/// A model with its discrimination on the whole test set.
fn scored(model: Option<&ModelResult>) -> Option<(&ModelResult, &Discrimination)> {
    model.and_then(|m| Some((m, m.on(EvaluationSet::Test, Subgroup::All)?)))
}
