//! The columns of a table as a design takes them.

use vertebra_baselines::{RawColumn, RawTable};
use vertebra_cohort::table::{Column, Table};

/// Columns without missing values: numbers as such, text as labels. `labels` are labels also where
/// they look like numbers.
///
/// # Errors
/// For a column that does not exist or a value that is missing, with its line.
pub fn raw_table(table: &Table, columns: &[&str], labels: &[&str]) -> anyhow::Result<RawTable> {
    let column = |name: &str| {
        let column = match table.column(name)? {
            Column::Number(_) if !labels.contains(&name) => {
                RawColumn::Numbers(table.numbers(name)?)
            }
            _ => RawColumn::Labels(table.texts(name)?.into_iter().map(str::to_owned).collect()),
        };
        anyhow::Ok((name.to_owned(), column))
    };
    let columns = columns.iter().map(|name| column(name)).collect::<Result<_, _>>()?;
    Ok(RawTable::new(columns)?)
}
