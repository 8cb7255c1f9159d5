//! The comparison of image variants, like the paper's Table 2.

use crate::format::years;
use crate::results::StudyResults;
use crate::table::{Cell, Column, Kind, Table};

const PAPER: &str = include_str!("../../data/paper_variants.csv");

/// One row per variant, with the paper's AUROC beside ours.
pub(crate) fn variants(results: &StudyResults) -> Option<Table> {
    let horizon = years(results.variants.first()?.horizon);
    let columns = [
        Column::new("Variant", Kind::Text, "variant", "What the network sees"),
        Column::new("AUC", Kind::Interval, "auc", "Cumulative/dynamic AUC at the main horizon"),
        Column::new(
            "Sensitivity",
            Kind::Number,
            "sensitivity",
            "Sensitivity at the chosen threshold",
        ),
        Column::new(
            "Specificity",
            Kind::Number,
            "specificity",
            "Specificity at the chosen threshold",
        ),
        Column::new("PPV", Kind::Number, "ppv", "Positive predictive value"),
        Column::new("NPV", Kind::Number, "npv", "Negative predictive value"),
        Column::new("Paper’s AUROC", Kind::Number, "paper_auroc", "AUROC as the paper prints it"),
    ];
    let note = format!(
        "Cumulative/dynamic AUC at {horizon} years with inverse probability of censoring weights, \
         95 % interval over subjects. Sensitivity to NPV at a threshold chosen on the validation \
         folds; the test set played no part. The chosen variant is in bold. The paper’s AUROC is \
         that of a binary classification of its own data."
    );
    let caption = "Image variants on the validation folds of the development set";
    let mut table = Table::new("variants-table", caption, columns).with_note(note);
    for v in &results.variants {
        let label = v.variant.label();
        table.rows.push(vec![
            Cell::text(label.replace('-', "–")),
            Cell::Estimate(v.auc.estimate, 3),
            Cell::figure(&v.accuracy, |a| Cell::Number(a.sensitivity.value, 3)),
            Cell::figure(&v.accuracy, |a| Cell::Number(a.specificity.value, 3)),
            Cell::figure(&v.accuracy, |a| Cell::Number(a.ppv.value, 3)),
            Cell::figure(&v.accuracy, |a| Cell::Number(a.npv.value, 3)),
            Cell::of(paper_auroc(label), |auroc| Cell::Number(auroc, 3)),
        ]);
    }
    table.bold = results.variants.iter().position(|v| v.chosen);
    Some(table)
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
