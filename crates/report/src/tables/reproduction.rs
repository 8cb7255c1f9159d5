//! What was run on what.

use crate::results::StudyResults;
use crate::table::{Cell, Column, Kind, Table};

/// Time by stage.
pub(crate) fn seconds(results: &StudyResults) -> Table {
    let columns = [
        Column::new("Stage", Kind::Text, "stage", "Stage of the study, in order"),
        Column::new("Seconds", Kind::Number, "seconds", "Wall-clock time, s"),
    ];
    let mut table = Table::new("seconds", "Wall-clock time by stage", columns);
    let stages = &results.run.seconds;
    let row = |name: &str, seconds: f64| vec![Cell::text(name), Cell::Number(seconds, 1)];
    table.rows = stages.iter().map(|(name, seconds)| row(name, *seconds)).collect();
    if stages.len() > 1 {
        table.rows.push(row("Total", stages.iter().map(|(_, s)| s).sum()));
    }
    table
}
