//! A stored model applied to the rows of a table.

use anyhow::{Context, ensure};
use clap::Parser;
use std::path::PathBuf;
use vertebra_baselines::{CoxModel, Estimate};
use vertebra_cohort::table::Table;
use vertebra_examples::{raw_table::raw_table, remark, say};

/// Predict the rows of a table with a model that `coxph --save` stored.
///
/// Prints a CSV table with a line for each row that has all values: its line in the file, its log
/// hazard against a subject with the training means, and the probability to be free of the event at
/// each time, with its interval.
#[derive(Parser)]
#[command(name = "coxph predict", version)]
pub(crate) struct Arguments {
    /// The stored model.
    #[arg(long, value_name = "MODEL.json")]
    model: PathBuf,
    /// CSV file with the columns that the model was fitted to; outcomes are not needed.
    #[arg(long)]
    table: PathBuf,
    /// Times, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "TIME,..")]
    at: Vec<f64>,
    /// Print the mean over all rows instead, one line for each time.
    #[arg(long, requires = "at")]
    marginal: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let path = arguments.model.display().to_string();
    let json = std::fs::read_to_string(&arguments.model).with_context(|| path.clone())?;
    let model = CoxModel::from_json(&path, &json)?;
    let negative = arguments.at.iter().find(|time| time.is_nan() || **time < 0.0);
    ensure!(negative.is_none(), "--at: expected times >= 0, got {}", negative.unwrap_or(&0.0));
    let table = Table::read(&arguments.table)?;
    let columns = model.columns();
    let complete = table.complete_rows(&columns)?;
    let file = arguments.table.display();
    ensure!(
        !complete.is_empty(),
        "{file}: every row has a missing value in {}",
        columns.join(", ")
    );
    let dropped = table.n_rows() - complete.len();
    if dropped > 0 {
        remark!("{file}: {dropped} rows without a value in {} left out", columns.join(", "));
    }
    let table = table.subset(&complete);
    let strata: Vec<&str> = model.strata_column().into_iter().collect();
    let raw = raw_table(&table, &columns, &strata).with_context(|| file.to_string())?;
    if arguments.marginal {
        say!("time,survival,lower,upper");
        for &time in &arguments.at {
            let mean = model.marginal(&raw, time).with_context(|| file.to_string())?;
            say!("{time}{}", cells(&mean));
        }
        return Ok(());
    }
    let log_hazard = model.log_hazard(&raw).with_context(|| file.to_string())?;
    let survival = |time: &f64| model.survival(&raw, *time).with_context(|| file.to_string());
    let survival = arguments.at.iter().map(survival).collect::<Result<Vec<_>, _>>()?;
    let head: String =
        arguments.at.iter().map(|t| format!(",survival_{t},lower_{t},upper_{t}")).collect();
    say!("line,log_hazard{head}");
    for (i, row) in table.rows().enumerate() {
        let cells: String = survival.iter().map(|at| cells(&at[i])).collect();
        say!("{},{}{cells}", row.line(), log_hazard[i]);
    }
    Ok(())
}

fn cells(Estimate { value, interval, .. }: &Estimate) -> String {
    format!(",{value},{},{}", interval.lower, interval.upper)
}
