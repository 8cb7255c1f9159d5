//! The table: covariates, outcomes, and which rows train, stop early and test.

use crate::Arguments;
use anyhow::ensure;
use vertebra_baselines::DesignMatrix;
use vertebra_cohort::table::{Column, SplitRows, Table};
use vertebra_deepsurv::RiskInputs;
use vertebra_examples::survival_table::SurvivalTable;
use vertebra_survival::Outcomes;

/// Covariates and outcomes, and what each row is for.
pub(crate) struct Data {
    pub(crate) names: Vec<String>,
    pub(crate) inputs: RiskInputs,
    pub(crate) outcomes: Outcomes,
    pub(crate) rows: SplitRows,
    pub(crate) dropped: usize,
    /// Text columns that are no covariates, where --covariates does not name any.
    pub(crate) left_out: Vec<String>,
}

impl Data {
    pub(crate) fn subset(&self, rows: &[usize]) -> (RiskInputs, Outcomes) {
        (self.inputs.subset(rows), self.outcomes.subset(rows))
    }

    pub(crate) fn design(&self, rows: &[usize]) -> anyhow::Result<DesignMatrix> {
        let values = rows.iter().flat_map(|&r| &self.inputs.covariates()[r]);
        Ok(DesignMatrix::new(self.names.clone(), values.map(|&x| f64::from(x)).collect())?)
    }
}

/// Reads the table that the arguments name.
pub(crate) fn read(arguments: &Arguments) -> anyhow::Result<Data> {
    let (input, split) = (&arguments.input, &arguments.split);
    let table = Table::read(&input.table)?;
    let (covariates, left_out) = match &arguments.covariates {
        Some(names) => (names.clone(), Vec::new()),
        None => other_columns(&table, arguments)?,
    };
    input.refuse_outcomes("--covariates", &covariates)?;
    let used: Vec<&str> = [split].into_iter().chain(&covariates).map(String::as_str).collect();
    let complete = input.complete_rows(&table, &used)?;
    let (table, dropped) = (complete.table, complete.dropped);
    let outcomes = table.outcomes(&input.time, &input.event, None)?;
    let (names, columns): (Vec<_>, Vec<_>) = table.covariates(&covariates)?.into_iter().unzip();
    let rows = table.split_rows(split)?;
    for (name, part) in [("train", &rows.train), ("test", &rows.test)] {
        let (path, events) = (input.table.display(), outcomes.subset(part).n_events());
        ensure!(events > 0, "{path}: no event among {} rows marked {name:?}", part.len());
    }
    let row = |r: usize| columns.iter().map(|column| column[r] as f32).collect();
    let inputs = RiskInputs::from_covariates((0..table.n_rows()).map(row).collect())?;
    Ok(Data { names, inputs, outcomes, rows, dropped, left_out })
}

/// Every numeric column that is neither outcome nor split nor the truth of a simulation, and the
/// text columns beside them.
fn other_columns(
    table: &Table,
    arguments: &Arguments,
) -> anyhow::Result<(Vec<String>, Vec<String>)> {
    let SurvivalTable { table: path, time, event, .. } = &arguments.input;
    let (mut names, mut left_out) = (Vec::new(), Vec::new());
    for name in table.names() {
        if [&arguments.split, time, event].contains(&name) || name == "log_hazard_true" {
            continue;
        }
        match table.column(name)? {
            Column::Number(_) => names.push(name.clone()),
            _ => left_out.push(name.clone()),
        }
    }
    ensure!(!names.is_empty(), "{}: no numeric column to learn from", path.display());
    Ok((names, left_out))
}
