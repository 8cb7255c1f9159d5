//! Estimates with intervals, one a row: the image variants, and the differences between models.

use crate::format::years;
use crate::results::{Comparison, EvaluationSet, StudyResults, Subgroup};
use vertebra_charts::{Chart, Figure, ForestChart, ForestRow};

/// AUC of each image variant.
pub(crate) fn variants(results: &StudyResults) -> Option<Figure> {
    let first = results.variants.first()?;
    let chart = ForestChart::new("AUC of the image variants")
        .with_axis(format!("AUC at {} years", years(first.horizon)))
        .with_headings("AUC (95 % interval)", "")
        .with_neutral(0.5)
        .with_limit(1.0);
    let chart = results.variants.iter().fold(chart, |chart, variant| {
        let (label, auc) = (variant.variant.label().replace('-', "–"), variant.auc.estimate);
        let row = ForestRow::new(label, auc.value, [auc.interval.lower, auc.interval.upper]);
        chart.with_row(row.with_bold(variant.chosen))
    });
    let caption = "Image variants compared on the validation folds of the development set. The \
                   chosen one is in bold; the dashed line is chance.";
    Some(chart.figure("variants", caption))
}

/// Paired differences of C on the test set, all subjects.
pub(crate) fn differences(results: &StudyResults) -> Option<Figure> {
    let here = |c: &&Comparison| c.set == EvaluationSet::Test && c.subgroup == Subgroup::All;
    let rows: Vec<ForestRow> = results.comparisons.iter().filter(here).map(row).collect();
    if rows.is_empty() {
        return None;
    }
    let chart = ForestChart::new("Differences of concordance")
        .with_axis("Difference of Harrell’s C")
        .with_headings("Difference (95 % interval)", "P, Holm");
    let caption = "Paired differences of Harrell’s C on the test set, with intervals from their \
                   joint standard error. Right of the dashed line the first model ranks better.";
    Some(rows.into_iter().fold(chart, ForestChart::with_row).figure("differences", caption))
}

fn row(comparison: &Comparison) -> ForestRow {
    let d = comparison.difference.estimate;
    ForestRow::new(&comparison.first, d.value, [d.interval.lower, d.interval.upper])
        .with_second(format!("less {}", comparison.second))
        .with_p(comparison.p_holm)
}
