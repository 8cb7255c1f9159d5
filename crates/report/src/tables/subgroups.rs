//! How well the models rank the subjects of a group.

use crate::figures::leading;
use crate::format::covariate_label;
use crate::results::{EvaluationSet, StudyResults};
use crate::table::{Cell, Column, Table};
use vertebra_evaluation::discrimination::Subgroup;

/// C in every group of one set, of the leading models.
pub(crate) fn subgroups(results: &StudyResults, set: EvaluationSet) -> Option<Table> {
    let (id, name) = match set {
        EvaluationSet::Test => ("subgroups-test-table", "test set"),
        EvaluationSet::CrossValidation => ("subgroups-development-table", "validation folds"),
    };
    let leading: Vec<&str> = leading(results).into_iter().map(|m| m.name.as_str()).collect();
    let here = results.subgroups.iter().filter(|group| group.set == set);
    let here = here.map(|group| &group.figures).filter(|g| leading.contains(&g.score.as_str()));
    let note = "Harrell’s C in each group with its 95 % interval by Student’s t on the logit \
                scale, and its difference from the first group with the P value of none, adjusted \
                for nothing: many differences are looked at, and some are large by chance. \
                results.json has every model.";
    table((id, &format!("Concordance in subgroups, {name}")), note, here)
}

/// C in each centre of models that were fitted on the others.
pub(crate) fn left_out_centres(results: &StudyResults) -> Option<Table> {
    let note = "Internal-external validation: each centre of the development set is scored by \
                models that were fitted on the other centres alone. Harrell’s C with its 95 % \
                interval, and its difference from the first centre.";
    let caption = "Concordance in centres left out of the fit";
    table(("left-out-centres", caption), note, results.left_out_centres.iter())
}

fn table<'a>(
    (id, caption): (&'static str, &str),
    note: &str,
    groups: impl Iterator<Item = &'a Subgroup>,
) -> Option<Table> {
    let columns = [
        Column::group("Groups", "grouping", "Column of the groups and name of the model"),
        Column::text("Group", "group", "The group"),
        Column::number("Subjects", "n", "Subjects with the score"),
        Column::number("Fractures", "events", "Incident fractures among them"),
        Column::interval("Harrell’s C", "harrell_c", "Harrell’s C"),
        Column::interval(
            "Difference from the first",
            "difference",
            "Harrell’s C less that of the first group",
        ),
        Column::number("P", "p", "P value of no difference"),
    ];
    let mut table = Table::new(id, caption, columns).with_note(note);
    table.rows = groups.map(row).collect();
    (!table.rows.is_empty()).then_some(table)
}

fn row(group: &Subgroup) -> Vec<Cell> {
    let difference = group.difference.as_ref().and_then(|pair| pair.harrell.value());
    let grouping = match group.grouping.as_str() {
        "sex" => "Sex".to_owned(), // not that of one group, as a covariate is called
        column => covariate_label(column),
    };
    vec![
        Cell::text(format!("{grouping}: {}", group.score)),
        Cell::text(&group.group),
        Cell::Int(group.n),
        Cell::Int(group.events),
        Cell::figure(&group.harrell, |c| Cell::Estimate(c.estimate, 3)),
        Cell::of(difference, |d| Cell::Estimate(d.estimate, 3)),
        Cell::of(difference, |d| Cell::P(d.p)),
    ]
}
