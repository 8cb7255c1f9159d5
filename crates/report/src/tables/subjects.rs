//! Who was analysed.

use crate::format::{covariate_label, years};
use crate::results::{SetSize, StudyResults};
use crate::table::{Cell, Column, Table};
use vertebra_cohort::{EligibilityFlow, Summary, TableOne, TableOneTest};

/// The flow chart in numbers.
pub(crate) fn flow(flow: &EligibilityFlow) -> Table {
    let not_recorded = "Subjects who stayed although the fact is missing";
    let columns = [
        Column::text("Step", "step", "Step of the flow, in order"),
        Column::number("Subjects", "subjects", "Subjects at this step"),
        Column::number("Not recorded", "not_recorded", not_recorded),
    ];
    let mut table = Table::new("flow-counts", "Flow of subjects", columns)
        .with_note("Not recorded: subjects who stayed although the fact is missing.");
    table.rows.push(vec![Cell::text("Cohort"), Cell::Int(flow.start()), Cell::Nothing]);
    for step in flow.steps() {
        let reason = Cell::text(format!("Excluded: {}", step.reason));
        table.rows.push(vec![reason, Cell::Int(step.excluded), Cell::Int(step.not_recorded)]);
    }
    table.rows.push(vec![Cell::text("Analysed"), Cell::Int(flow.remaining()), Cell::Nothing]);
    table
}

/// Table 1.
pub(crate) fn characteristics(one: &TableOne) -> Table {
    let [first, second] = [0, 1].map(|g| format!("{}, n = {}", one.groups[g], one.sizes[g]));
    let columns = [
        Column::text("Characteristic", "characteristic", "Covariate, or one of its values"),
        Column::spread(first, "first_set", "The first group of subjects (development)"),
        Column::spread(
            second,
            "second_set",
            "The second group of subjects (test, or of the validation)",
        ),
        Column::number("Missing", "missing", "Subjects without a value, first and second group"),
        Column::number("SMD", "smd", "Standardised mean difference, second less first set"),
        Column::number("P", "p", "P value of the difference between the sets"),
    ];
    let note = "Mean ± SD or number (%) of recorded values. Missing: first, second group. \
                SMD: standardised mean difference, second less first group. P: Student’s t test with \
                pooled variance, or chi-square test with Yates’ correction; – where undefined.";
    let caption = "Characteristics of the subjects";
    let mut table = Table::new("characteristics", caption, columns).with_note(note);
    table.rows = one
        .rows
        .iter()
        .map(|row| {
            let digits = usize::from(row.test == TableOneTest::PooledT);
            vec![
                Cell::text(&row.name),
                summary(row.groups[0], digits),
                summary(row.groups[1], digits),
                Cell::text(format!("{}, {}", row.missing[0], row.missing[1])),
                Cell::of(row.smd, |smd| Cell::Number(smd, 2)),
                Cell::of(row.p, Cell::P),
            ]
        })
        .collect();
    table
}

fn summary(summary: Summary, digits: usize) -> Cell {
    match summary {
        Summary::MeanSd { mean, sd, .. } => Cell::MeanSd(mean, sd, digits),
        Summary::Count { n, count } => Cell::Share(count, n),
        Summary::Nothing => Cell::Nothing,
    }
}

/// Covariates with missing values.
pub(crate) fn missing(results: &StudyResults) -> Option<Table> {
    let columns = [
        Column::text("Covariate", "covariate", "Name of the covariate"),
        Column::number("Development", "development", "Development subjects without a value"),
        Column::number("Test", "test", "Test subjects without a value"),
        Column::text("Imputed by", "imputed_by", "What stands in for a missing value"),
    ];
    let note = "The imputation’s value was learnt on the development set.";
    let caption = "Subjects without a value, and what was done";
    let mut table = Table::new("missing", caption, columns).with_note(note);
    table.rows = results
        .missing
        .iter()
        .map(|m| {
            let counts = [Cell::Int(m.development), Cell::Int(m.test)];
            let [development, test] = counts;
            vec![
                Cell::named(covariate_label(&m.name), &m.name),
                development,
                test,
                Cell::text(&m.imputation),
            ]
        })
        .collect();
    (!table.rows.is_empty()).then_some(table)
}

/// Subjects and events of each set and fold.
pub(crate) fn sets(results: &StudyResults) -> Table {
    let columns = [
        Column::text("Set", "set", "Set, or fold of the development set"),
        Column::number("Subjects", "subjects", "Subjects in it"),
        Column::share("With fracture", "events", "Subjects with an incident fracture"),
    ];
    let split = &results.split;
    let mut table = Table::new("sets", "Subjects and incident fractures by set", columns)
        .with_note(assigned(&split.method));
    let mut add = |name: String, size: SetSize| {
        let share = if size.n > 0 { Cell::Share(size.events, size.n) } else { Cell::Nothing };
        table.rows.push(vec![Cell::Text(name), Cell::Int(size.n), share]);
    };
    add("Development".to_owned(), split.development);
    for (i, fold) in split.folds.iter().enumerate() {
        add(format!("Development, fold {}", i + 1), *fold);
    }
    add("Test".to_owned(), split.test);
    table
}

/// How subjects came to their set.
fn assigned(method: &str) -> String {
    match method.strip_prefix("column ") {
        Some(column) => format!("Subjects were assigned to the sets by the column {column}."),
        None => format!("Subjects were assigned to the sets {method}."),
    }
}

/// Incident fractures by level; none where outcomes come from columns, which have no levels.
pub(crate) fn fractures(results: &StudyResults) -> Option<Table> {
    let outcome = &results.outcome;
    if outcome.fractures.iter().all(|(_, n)| *n == 0) {
        return None;
    }
    let columns = [
        Column::text("Level", "level", "Vertebra, L1 to L5"),
        Column::number("Subjects", "subjects", "Subjects with an incident fracture of it"),
    ];
    let median = outcome.median_follow_up.map(years).unwrap_or_else(|| "–".to_owned());
    let note = format!(
        "A subject may count at several levels. Median follow-up {median} years (reverse \
         Kaplan–Meier)."
    );
    let mut table = Table::new("fractures", "Incident fractures by level", columns).with_note(note);
    let row = |(level, n): &(vertebra_keypoints::Level, usize)| {
        vec![Cell::text(level.name()), Cell::Int(*n)]
    };
    table.rows = outcome.fractures.iter().map(row).collect();
    (!table.rows.is_empty()).then_some(table)
}
