//! The CSV table of survival outcomes that a program reads.

use anyhow::ensure;
use clap::Args;
use std::path::PathBuf;
use vertebra_cohort::table::Table;

/// The arguments that name it and its outcomes, part of a program's.
#[derive(Debug, Args)]
#[non_exhaustive]
pub struct SurvivalTable {
    /// CSV file with a header.
    #[arg(long)]
    pub table: PathBuf,
    /// Column of follow-up times.
    #[arg(long)]
    pub time: String,
    /// Column of events: 1 or true = event, 0 or false = censored.
    #[arg(long)]
    pub event: String,
}

/// The rows of a table that have a value in every column used.
#[derive(Debug)]
#[non_exhaustive]
pub struct CompleteRows {
    /// These rows.
    pub table: Table,
    /// Number of the others.
    pub dropped: usize,
}

impl SurvivalTable {
    /// That none of the columns that `option` names is the outcome itself, which would predict it.
    ///
    /// # Errors
    /// For the first that is.
    pub fn refuse_outcomes<'a>(
        &self,
        option: &str,
        names: impl IntoIterator<Item = &'a String>,
    ) -> anyhow::Result<()> {
        for name in names {
            for (outcome, column) in [("time", &self.time), ("event", &self.event)] {
                ensure!(
                    name != column,
                    "{option} {name}: expected a column that was known at baseline, got the \
                     outcome (--{outcome})"
                );
            }
        }
        Ok(())
    }

    /// The rows of `table` with a time, an event and a value in each of the `other` columns.
    ///
    /// # Errors
    /// For a column that does not exist, and where no row is complete.
    pub fn complete_rows(&self, table: &Table, other: &[&str]) -> anyhow::Result<CompleteRows> {
        let used = [&[&*self.time, &*self.event], other].concat();
        let complete = table.complete_rows(&used)?;
        let (path, columns) = (self.table.display(), used.join(", "));
        ensure!(!complete.is_empty(), "{path}: every row has a missing value in {columns}");
        let dropped = table.n_rows() - complete.len();
        Ok(CompleteRows { table: table.subset(&complete), dropped })
    }
}
