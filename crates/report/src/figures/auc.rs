//! AUC at each horizon on the test set.

use super::leading;
use crate::palette::{label, style};
use crate::results::{ModelResult, StudyResults};
use vertebra_charts::{AucChart, AucLine, Chart, Figure};

/// Points with intervals, side by side at each horizon.
pub(crate) fn auc_over_time(results: &StudyResults) -> Option<Figure> {
    let lines: Vec<AucLine> = leading(results).into_iter().map(line).collect();
    let lines: Vec<AucLine> = lines.into_iter().filter(|l| !l.points.is_empty()).collect();
    if lines.is_empty() {
        return None;
    }
    let chart = AucChart::new("AUC over time").with_time_axis("Years from the baseline radiograph");
    let caption = "Cumulative/dynamic AUC on the test set (inverse probability of censoring \
                   weights, 95 % intervals); the dashed line is chance. Of each kind, the model \
                   with the most covariates is shown.";
    Some(lines.into_iter().fold(chart, AucChart::with_line).figure("auc", caption))
}

fn line(model: &ModelResult) -> AucLine {
    let line = AucLine::new(label(model.method))
        .with_full_name(&model.name)
        .with_style(style(model.method));
    let defined = model.horizons.iter().filter_map(|h| Some((h.horizon, h.auc.value()?)));
    defined.fold(line, |line, (horizon, auc)| {
        line.with_point(horizon, auc.value, [auc.interval.lower, auc.interval.upper])
    })
}
