//! Net benefit over threshold probabilities.

use super::leading;
use crate::format::years;
use crate::palette::{label, style};
use crate::results::{DecisionCurve, Method, StudyResults};
use vertebra_charts::{Chart, DecisionChart, Figure};
use vertebra_evaluation::NetBenefit;

/// Curves of the leading models, of treating everyone and of treating no one.
pub(crate) fn decision_curve(results: &StudyResults) -> Option<Figure> {
    let curves: Vec<(Method, &DecisionCurve)> = leading(results)
        .into_iter()
        .filter_map(|m| Some((m.method, m.decision.as_ref()?)))
        .filter(|(_, curve)| !curve.points.is_empty())
        .collect();
    let (_, first) = curves.first()?;
    let of = |curve: &DecisionCurve, part: fn(&NetBenefit) -> f64| -> Vec<f64> {
        curve.points.iter().map(part).collect()
    };
    let (thresholds, all) = (of(first, |b| b.threshold), of(first, |b| b.treat_all));
    let chart = DecisionChart::new("Decision curves", &thresholds, &all);
    let chart = curves.iter().fold(chart, |chart, (method, curve)| {
        chart.with_styled_line(label(*method), style(*method), &of(curve, |b| b.model))
    });
    let caption = format!(
        "Decision curves on the test set at {} years: net benefit of acting on predicted risks \
         above a threshold, in true positives per subject.",
        years(first.horizon)
    );
    Some(chart.figure("decision", caption))
}
