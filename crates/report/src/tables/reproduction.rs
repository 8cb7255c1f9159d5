//! What was run on what.

use crate::results::RunRecord;
use crate::table::{Cell, Column, Table};

/// Time by stage.
pub(crate) fn seconds(run: &RunRecord) -> Table {
    let columns = [
        Column::text("Stage", "stage", "Stage of the run, in order"),
        Column::number("Seconds", "seconds", "Wall-clock time, s"),
    ];
    let mut table = Table::new("seconds", "Wall-clock time by stage", columns);
    let stages = &run.seconds;
    let row = |name: &str, seconds: f64| vec![Cell::text(name), Cell::Number(seconds, 1)];
    table.rows = stages.iter().map(|(name, seconds)| row(name, *seconds)).collect();
    if stages.len() > 1 {
        table.rows.push(row("Total", stages.iter().map(|(_, s)| s).sum()));
    }
    table
}
