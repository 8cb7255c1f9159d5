//! How well the models rank subjects.

use crate::format::{covariate_label, within_unit};
use crate::results::{Discrimination, EvaluationSet, ModelResult, StudyResults, Subgroup};
use crate::table::{Cell, Column, Table};

/// C of every model on one set, with every kind of interval.
pub(crate) fn concordance(results: &StudyResults, set: EvaluationSet) -> Option<Table> {
    let columns = [
        Column::group("Subjects", "subjects", "Subgroup with its subjects and events"),
        Column::text("Model", "model", "Name of the model"),
        Column::interval("Harrell’s C, over subjects", "harrell_c", "Harrell’s C"),
        Column::bounds("BCa", "harrell_c_bca", "Harrell’s C, BCa bootstrap"),
        Column::interval("Uno’s C", "uno_c", "Uno’s C up to the last horizon"),
        Column::interval("Over folds", "harrell_c_folds", "Mean of Harrell’s C over folds"),
    ];
    let (id, name) = match set {
        EvaluationSet::Test => ("concordance-test-table", "test set"),
        EvaluationSet::CrossValidation => ("concordance-development-table", "validation folds"),
    };
    let note = "95 % intervals. Over subjects: studentised bootstrap on the logit scale, or where \
                that does not exist Student’s t on the logit scale; BCa: the same bootstrap, bias \
                corrected and accelerated. Over folds: mean and t interval over folds, as in the \
                paper, cut at 0 and 1; it tells how much fold models differ, not how sure one can \
                be of C.";
    let caption = format!("Concordance on the {name}");
    let mut table = Table::new(id, &caption, columns).with_note(note);
    for subgroup in [Subgroup::All, Subgroup::Women] {
        for model in &results.models {
            table.rows.extend(model.on(set, subgroup).map(|d| row(model, subgroup, d)));
        }
    }
    (!table.rows.is_empty()).then_some(table)
}

fn row(model: &ModelResult, subgroup: Subgroup, d: &Discrimination) -> Vec<Cell> {
    let name = if subgroup == Subgroup::All { "All" } else { "Women" };
    vec![
        Cell::text(format!("{name}: {} subjects, {} fractures", d.size.n, d.size.events)),
        Cell::text(&model.name),
        Cell::Estimate(d.harrell.estimate, 3),
        Cell::of(d.harrell_bca, |bounds| Cell::Bounds(bounds.lower, bounds.upper, 3)),
        Cell::figure(&d.uno, |uno| Cell::Estimate(*uno, 3)),
        Cell::figure(&d.over_folds.mean, |mean| Cell::Estimate(within_unit(&mean.estimate), 3)),
    ]
}

/// Paired differences between models.
pub(crate) fn differences(results: &StudyResults) -> Option<Table> {
    let columns = [
        Column::group("Set", "set", "Set and subgroup with its subjects and events"),
        Column::text("First model", "first_model", "Name of the first model"),
        Column::text("Second model", "second_model", "Name of the second model"),
        Column::interval("Difference of C", "difference", "First less second Harrell’s C"),
        Column::number("P", "p", "P value of no difference"),
        Column::number("P, Holm", "p_holm", "The same adjusted by Holm’s method"),
    ];
    let note = "First less second model on the same subjects; standard error from their joint \
                distribution. Holm: adjusted over the comparisons of the same set and subjects.";
    let caption = "Paired differences of Harrell’s C";
    let mut table = Table::new("differences-table", caption, columns).with_note(note);
    table.rows = results
        .comparisons
        .iter()
        .map(|c| {
            let set = match c.set {
                EvaluationSet::Test => "Test set",
                EvaluationSet::CrossValidation => "Validation folds",
            };
            let subgroup = if c.subgroup == Subgroup::All { "all" } else { "women" };
            vec![
                Cell::text(format!(
                    "{set}, {subgroup}: {} subjects, {} fractures",
                    c.size.n, c.size.events
                )),
                Cell::text(&c.first),
                Cell::text(&c.second),
                Cell::Estimate(c.difference.estimate, 3),
                Cell::P(c.difference.p),
                Cell::P(c.p_holm),
            ]
        })
        .collect();
    (!table.rows.is_empty()).then_some(table)
}

/// Coefficients of the Cox models.
pub(crate) fn coefficients(results: &StudyResults) -> Option<Table> {
    let columns = [
        Column::group("Model", "model", "Name of the model"),
        Column::text("Covariate", "covariate", "Name of the covariate"),
        Column::number("Coefficient", "coefficient", "Log hazard ratio per unit"),
        Column::number("SE", "std_error", "Standard error of the coefficient"),
        Column::interval("Hazard ratio", "hazard_ratio", "Hazard ratio per unit"),
        Column::number("P", "p", "P value of a coefficient of 0"),
    ];
    let note = "Log hazard ratio per unit of the covariate, fitted on the development set; 95 % \
                intervals.";
    let mut table = Table::new("coefficients", "Cox regression models", columns).with_note(note);
    for model in &results.models {
        for c in &model.coefficients {
            table.rows.push(vec![
                Cell::text(&model.name),
                Cell::named(covariate_label(&c.name), &c.name),
                Cell::Number(c.coef, 4),
                Cell::Number(c.std_error, 4),
                Cell::Estimate(c.hazard_ratio, 3),
                Cell::P(c.p),
            ]);
        }
    }
    (!table.rows.is_empty()).then_some(table)
}
