//! What was run on what.

use crate::results::StudyResults;
use crate::table::{Cell, Kind, Table};

/// Time by stage.
pub(crate) fn seconds(results: &StudyResults) -> Table {
    let columns = [("Stage", Kind::Text), ("Seconds", Kind::Number)];
    let mut table = Table::new("seconds", "Wall-clock time by stage", &columns);
    let stages = &results.run.seconds;
    let row = |name: &str, seconds: f64| vec![Cell::text(name), Cell::Number(seconds, 1)];
    table.rows = stages.iter().map(|(name, seconds)| row(name, *seconds)).collect();
    if stages.len() > 1 {
        table.rows.push(row("Total", stages.iter().map(|(_, s)| s).sum()));
    }
    table
}

/// Digests of the inputs.
pub(crate) fn inputs(results: &StudyResults) -> Option<Table> {
    let columns = [("File", Kind::Text), ("SHA-256", Kind::Text)];
    let caption = "Digests of the input files, relative to the cohort folder";
    let mut table = Table::new("inputs", caption, &columns);
    let row = |(file, digest): (&String, &String)| vec![Cell::text(file), Cell::text(digest)];
    table.rows = results.run.inputs.iter().map(row).collect();
    (!table.rows.is_empty()).then_some(table)
}
