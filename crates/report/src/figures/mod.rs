//! The figures, each a function of the results; `None` where there is nothing to draw.

mod auc;
pub(crate) mod calibration;
mod concordance;
mod decision;
pub(crate) mod flow;
mod forest;
mod risk_curves;
mod saliency;
mod survival_curves;
mod training;

use crate::results::{EvaluationSet, Method, ModelResult, StudyResults};
use vertebra_charts::Figure;

/// All figures that these results have, in the order of the report.
pub(crate) fn all(results: &StudyResults) -> Vec<Figure> {
    let split = &results.split;
    let sets = [("Development set", split.development), ("Test set", split.test)];
    let events = split.development.events + split.test.events;
    let mut figures = vec![flow::flow(&results.flow, events, &sets)];
    figures.extend(forest::variants(results));
    figures.extend(training::curves(results));
    figures.extend(concordance::concordance(results, EvaluationSet::CrossValidation));
    figures.extend(concordance::concordance(results, EvaluationSet::Test));
    figures.extend(forest::differences(results));
    figures.extend(auc::auc_over_time(results));
    figures.extend(calibration::calibration(results));
    figures.extend(decision::decision_curve(results));
    figures.extend(results.risk_groups.iter().enumerate().map(survival_curves::curves));
    figures.extend(risk_curves::curves(results));
    figures.extend(saliency::mass_by_level(results));
    figures
}

/// The models that figures over time show: those with the most covariates of each kind, so that
/// like is compared with like.
pub(crate) fn leading(results: &StudyResults) -> Vec<&ModelResult> {
    let methods = [
        Method::CoxPh,
        Method::DeepSurv,
        Method::DeepSurvImage,
        Method::ImageOnly,
        Method::Frax,
        Method::FraxSurrogate,
        Method::Oracle,
    ];
    let best =
        |method| results.models.iter().filter(|m| m.method == method).max_by_key(|m| m.clinical);
    methods.into_iter().filter_map(best).collect()
}
