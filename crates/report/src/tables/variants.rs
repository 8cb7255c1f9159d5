//! The comparison of image variants, like the paper's Table 2.

use crate::format::years;
use crate::results::{StudyResults, VariantResult};
use crate::table::{Cell, Column, Table};
use crate::tables::at_threshold;
use vertebra_evaluation::discrimination::ReportedAccuracy;

const PAPER: &str = include_str!("../../data/paper_variants.csv");

/// One row per variant, with the paper's AUROC beside ours.
pub(crate) fn variants(results: &StudyResults) -> Option<Table> {
    let horizon = years(results.variants.first()?.horizon);
    let mut columns = vec![
        Column::text("Variant", "variant", "What the network sees"),
        Column::interval("AUC", "auc", "Cumulative/dynamic AUC at the main horizon"),
    ];
    columns.extend(at_threshold());
    columns.extend([
        Column::number("PPV", "ppv", "Positive predictive value"),
        Column::number("NPV", "npv", "Negative predictive value"),
    ]);
    let paper = Column::number("Paper’s AUROC", "paper_auroc", "AUROC as the paper prints it");
    let with_paper = results.details.paper_values;
    columns.extend(with_paper.then_some(paper));
    let of_paper = " The paper’s AUROC is that of a binary classification of its own data.";
    let note = format!(
        "Cumulative/dynamic AUC at {horizon} years with inverse probability of censoring weights, \
         95 % interval over subjects. Sensitivity to NPV at a threshold chosen on the other \
         validation folds; the test set played no part. The chosen variant is in bold.{}",
        if with_paper { of_paper } else { "" }
    );
    let caption = "Image variants on the validation folds of the development set";
    let mut table = Table::new("variants-table", caption, columns).with_note(note);
    table.rows = results.variants.iter().map(|v| row(v, with_paper)).collect();
    table.bold = results.variants.iter().position(|v| v.chosen);
    Some(table)
}

fn row(v: &VariantResult, with_paper: bool) -> Vec<Cell> {
    let label = v.variant.label();
    let of = |part: fn(&ReportedAccuracy) -> f64| {
        Cell::figure(&v.accuracy, |accuracy| Cell::Number(part(accuracy), 3))
    };
    let mut row = vec![
        Cell::text(label.replace('-', "–")),
        Cell::Estimate(v.auc.estimate, 3),
        of(|a| a.sensitivity.value),
        of(|a| a.specificity.value),
        of(|a| a.ppv.value),
        of(|a| a.npv.value),
    ];
    if with_paper {
        row.push(Cell::of(paper_auroc(label), |auroc| Cell::Number(auroc, 3)));
    }
    row
}

fn paper_auroc(label: &str) -> Option<f64> {
    let mut cells = PAPER.lines().map(|line| line.split(','));
    let mut row = cells.find(|row| row.clone().next() == Some(label))?;
    row.nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_has_its_printed_value() {
        for variant in vertebra_alignment::ImageVariant::ALL {
            assert!(paper_auroc(variant.label()).is_some(), "{}", variant.label());
        }
        assert_eq!(paper_auroc("L1-L4 with masks"), Some(0.7358));
    }
}
