//! Who was analysed.

use crate::format::{covariate_label, years};
use crate::results::{SetSize, StudyResults};
use crate::table::{Cell, Kind, Table};
use vertebra_cohort::{Summary, TableOneTest};

/// The flow chart in numbers.
pub(crate) fn flow(results: &StudyResults) -> Table {
    let columns =
        [("Step", Kind::Text), ("Subjects", Kind::Number), ("Not recorded", Kind::Number)];
    let mut table = Table::new("flow-counts", "Flow of subjects", &columns)
        .with_note("Not recorded: subjects who stayed although the fact is missing.");
    let flow = &results.flow;
    table.rows.push(vec![Cell::text("Cohort"), Cell::Int(flow.start()), Cell::Nothing]);
    for step in flow.steps() {
        let reason = Cell::text(format!("Excluded: {}", step.reason));
        table.rows.push(vec![reason, Cell::Int(step.excluded), Cell::Int(step.not_recorded)]);
    }
    table.rows.push(vec![Cell::text("Analysed"), Cell::Int(flow.remaining()), Cell::Nothing]);
    table
}

/// Table 1.
pub(crate) fn characteristics(results: &StudyResults) -> Table {
    let one = &results.table_one;
    let heads = [0, 1].map(|g| format!("{}, n = {}", one.groups[g], one.sizes[g]));
    let columns = [
        ("Characteristic", Kind::Text),
        (&heads[0], Kind::Spread),
        (&heads[1], Kind::Spread),
        ("Missing", Kind::Number),
        ("SMD", Kind::Number),
        ("P", Kind::Number),
    ];
    let note = "Mean ± SD or number (%) of recorded values. Missing: first, second set. SMD: \
                standardised mean difference, second less first set. P: Student’s t test with \
                pooled variance, or chi-square test with Yates’ correction; – where undefined.";
    let caption = "Characteristics of the subjects";
    let mut table = Table::new("characteristics", caption, &columns).with_note(note);
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
        ("Covariate", Kind::Text),
        ("Development", Kind::Number),
        ("Test", Kind::Number),
        ("Imputed by", Kind::Text),
    ];
    let note = "The imputation’s value was learnt on the development set.";
    let caption = "Subjects without a value, and what was done";
    let mut table = Table::new("missing", caption, &columns).with_note(note);
    table.rows = results
        .missing
        .iter()
        .map(|m| {
            let counts = [Cell::Int(m.development), Cell::Int(m.test)];
            let [development, test] = counts;
            vec![Cell::text(covariate_label(&m.name)), development, test, Cell::text(&m.imputation)]
        })
        .collect();
    (!table.rows.is_empty()).then_some(table)
}

/// Subjects and events of each set and fold.
pub(crate) fn sets(results: &StudyResults) -> Table {
    let columns =
        [("Set", Kind::Text), ("Subjects", Kind::Number), ("With fracture", Kind::Spread)];
    let split = &results.split;
    let mut table = Table::new("sets", "Subjects and incident fractures by set", &columns)
        .with_note(format!("Subjects were assigned {}.", split.method));
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

/// Incident fractures by level.
pub(crate) fn fractures(results: &StudyResults) -> Option<Table> {
    let outcome = &results.outcome;
    let columns = [("Level", Kind::Text), ("Subjects", Kind::Number)];
    let median = outcome.median_follow_up.map(years).unwrap_or_else(|| "–".to_owned());
    let note = format!(
        "A subject may count at several levels. Median follow-up {median} years (reverse \
         Kaplan–Meier)."
    );
    let mut table =
        Table::new("fractures", "Incident fractures by level", &columns).with_note(note);
    let row = |(level, n): &(vertebra_keypoints::Level, usize)| {
        vec![Cell::text(level.name()), Cell::Int(*n)]
    };
    table.rows = outcome.fractures.iter().map(row).collect();
    (!table.rows.is_empty()).then_some(table)
}
