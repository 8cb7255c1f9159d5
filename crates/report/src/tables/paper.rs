//! The paper's printed C indices beside ours.

use crate::results::{EvaluationSet, Method, ModelResult, StudyResults, Subgroup};
use crate::table::{Cell, Column, Table};
use vertebra_evaluation::{Estimate, Interval};

const PAPER: &str = include_str!("../../data/paper_concordance.csv");

/// One row per model that the paper has too.
pub(crate) fn concordance(results: &StudyResults) -> Option<Table> {
    if !results.details.paper_values {
        return None;
    }
    let columns = [
        Column::text("Model", "model", "Name of the model"),
        Column::interval("Paper, training", "paper_training", "C as the paper prints it"),
        Column::interval("Here, validation folds", "development", "C on the folds"),
        Column::interval("Paper, test", "paper_test", "C as the paper prints it, women"),
        Column::interval("Here, test", "test", "C on the test set, women"),
    ];
    let note = "Harrell’s C with 95 % intervals: the paper’s as printed, over folds; ours over \
                subjects. The paper’s test values are those in women; two of its printed test \
                estimates do not lie in the middle of their interval. The cohorts differ: compare \
                the order of the models, not the values.";
    let caption = "The paper’s C indices beside those of this study";
    let mut table = Table::new("paper", caption, columns).with_note(note);
    let printed: Vec<Printed> = PAPER.lines().skip(1).filter_map(Printed::parse).collect();
    for model in &results.models {
        let find = |set: &str| printed.iter().find(|p| p.set == set && p.is(model));
        if find("test").is_none() {
            continue;
        }
        let ours = |set, subgroup| {
            Cell::of(model.on(set, subgroup), |d| Cell::Estimate(d.harrell.estimate, 3))
        };
        table.rows.push(vec![
            Cell::text(&model.name),
            Cell::of(find("train"), Printed::cell),
            ours(EvaluationSet::CrossValidation, Subgroup::All),
            Cell::of(find("test"), Printed::cell),
            ours(EvaluationSet::Test, Subgroup::Women),
        ]);
    }
    (!table.rows.is_empty()).then_some(table)
}

/// One printed value.
struct Printed {
    set: String,
    clinical: Option<usize>,
    method: String,
    c: f64,
    bounds: Option<(f64, f64)>,
}

impl Printed {
    fn parse(line: &str) -> Option<Self> {
        let cells: Vec<&str> = line.split(',').collect();
        let [set, clinical, method, c, lower, upper, ..] = cells.as_slice() else { return None };
        Some(Self {
            set: (*set).to_owned(),
            clinical: clinical.parse().ok(),
            method: (*method).to_owned(),
            c: c.parse().ok()?,
            bounds: lower.parse().ok().zip(upper.parse().ok()),
        })
    }

    fn is(&self, model: &ModelResult) -> bool {
        let method = match model.method {
            Method::CoxPh => "cox_ph",
            Method::DeepSurv => "deep_surv",
            Method::DeepSurvImage => "deep_surv_image",
            Method::ImageOnly => "image_only",
            Method::Frax => "frax",
            // Made up: not to be read beside the paper's FRAX.
            Method::FraxSurrogate | Method::Oracle => return false,
        };
        self.method == method && self.clinical == model.clinical
    }

    fn cell(&self) -> Cell {
        match self.bounds {
            Some((lower, upper)) => {
                // The paper prints no standard errors.
                let interval = Interval::new(lower, upper, 0.95);
                Cell::Estimate(Estimate::new(self.c, f64::NAN, interval), 3)
            }
            None => Cell::Number(self.c, 3),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_printed_value_is_read() {
        let printed: Vec<_> = PAPER.lines().skip(1).filter_map(Printed::parse).collect();
        assert_eq!(printed.len(), 21);
        assert_eq!(printed.iter().filter(|p| p.bounds.is_none()).count(), 1); // FRAX
    }
}
