//! Net benefit over threshold probabilities.

use super::leading;
use crate::format::years;
use crate::palette::{label, style};
use crate::results::{DecisionCurve, Method, StudyResults};
use vertebra_charts::{Chart, DecisionChart, Figure};

/// Curves of the leading models, of treating everyone and of treating no one.
pub(crate) fn decision_curve(results: &StudyResults) -> Option<Figure> {
    let curves: Vec<(Method, &DecisionCurve)> = leading(results)
        .into_iter()
        .filter_map(|m| Some((m.method, m.decision.as_ref()?)))
        .filter(|(_, curve)| !curve.thresholds.is_empty())
        .collect();
    let (_, first) = curves.first()?;
    let chart = DecisionChart::new("Decision curves", &first.thresholds, &first.treat_all);
    let chart = curves.iter().fold(chart, |chart, (method, curve)| {
        chart.with_styled_line(label(*method), style(*method), &curve.model)
    });
    let caption = format!(
        "Decision curves on the test set at {} years: net benefit of acting on predicted risks \
         above a threshold, in true positives per subject.",
        years(first.horizon)
    );
    Some(chart.figure("decision", caption))
}
