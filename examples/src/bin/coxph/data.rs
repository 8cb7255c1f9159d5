//! The rows of the table that are fitted.

use crate::arguments::Arguments;
use anyhow::{Context, ensure};
use vertebra_baselines::{DesignMatrix, Error, Outcomes, PreparedDesign};
use vertebra_cohort::table::Table;
use vertebra_examples::raw_table::raw_table;

/// The rows without missing values.
pub(crate) struct Data {
    pub(crate) outcomes: Outcomes,
    pub(crate) design: DesignMatrix,
    pub(crate) prepared: PreparedDesign,
    /// The column of strata with what each is called.
    pub(crate) strata: Option<(String, Vec<String>)>,
    /// The column of offsets.
    pub(crate) offset: Option<String>,
    pub(crate) dropped: usize,
    /// The columns of numbers that terms are made of.
    pub(crate) numbers: Vec<(String, Vec<f64>)>,
}

pub(crate) fn read(arguments: &Arguments) -> anyhow::Result<Data> {
    let Arguments { input, entry, id, strata, weights, offset, cluster, .. } = arguments;
    let recipe = arguments.terms.recipe()?;
    let terms: Vec<String> = recipe.columns().into_iter().map(str::to_owned).collect();
    input.refuse_outcomes("--covariates", &terms)?;
    let options = [entry, id, strata, weights, offset, cluster].into_iter().flatten();
    let used: Vec<&str> = terms.iter().chain(options).map(String::as_str).collect();
    let complete = input.complete_rows(&Table::read(&input.table)?, &used)?;
    let (table, dropped) = (complete.table, complete.dropped);
    let path = || input.table.display().to_string();
    let outcomes = outcomes(arguments, &table)?;
    let columns: Vec<&str> = terms.iter().map(String::as_str).collect();
    let raw = raw_table(&table, &columns, &[]).with_context(path)?;
    let prepared = recipe.prepare(&raw).with_context(path)?;
    let numbers = columns
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), raw.numbers(name).ok()?.to_vec())));
    let numbers = numbers.collect();
    let mut design = prepared.design(&raw).with_context(path)?;
    if let Some(column) = strata {
        design = design.with_strata(table.labels(column)?)?;
    }
    if let Some(column) = offset {
        design = design.with_offset(table.numbers(column)?)?;
    }
    if let Some(column) = cluster {
        design = design.with_clusters(clusters(arguments, &table, column)?)?;
    }
    if let Some(column) = id {
        design = subjects(design, &outcomes, &table, column)?;
    }
    let strata = strata.as_ref().map(|column| anyhow::Ok((column.clone(), names(&table, column)?)));
    let (strata, offset) = (strata.transpose()?, offset.clone());
    Ok(Data { outcomes, design, prepared, strata, offset, dropped, numbers })
}

fn outcomes(arguments: &Arguments, table: &Table) -> anyhow::Result<Outcomes> {
    let Arguments { input, entry, weights, tied_times, .. } = arguments;
    let tolerance = tied_times.unwrap_or_default();
    ensure!(
        tolerance.is_finite() && tolerance >= 0.0,
        "--tied-times: expected a number >= 0, got {tolerance}"
    );
    let mut outcomes = table.outcomes(&input.time, &input.event, entry.as_deref())?;
    if let Some(tolerance) = *tied_times {
        outcomes = outcomes.with_tied_times(tolerance)?;
    }
    if let Some(weights) = weights {
        outcomes = outcomes.with_weights(table.weights(weights)?)?;
    }
    Ok(outcomes)
}

fn clusters(arguments: &Arguments, table: &Table, column: &str) -> anyhow::Result<Vec<usize>> {
    let labels = table.labels(column)?;
    let n = labels.iter().max().map_or(0, |last| last + 1);
    ensure!(
        n > 1,
        "{}: --cluster {column}: expected at least two clusters, got one in all {} rows used",
        arguments.input.table.display(),
        labels.len()
    );
    Ok(labels)
}

fn subjects(
    design: DesignMatrix,
    outcomes: &Outcomes,
    table: &Table,
    column: &str,
) -> anyhow::Result<DesignMatrix> {
    match design.with_subjects(table.labels(column)?, outcomes) {
        Err(Error::Overlapping { index, other }) => {
            let mut rows = table.rows();
            let (row, other) = (rows.nth(index), table.rows().nth(other));
            let (row, other) = row.zip(other).context("rows of one subject overlap")?;
            let (expected, got) =
                ("rows of one subject that do not overlap (--entry)", other.line());
            Err(row.problem(column, expected, &format!("one beside that of line {got}")))?
        }
        other => Ok(other?),
    }
}

/// What the strata are called, in the order of their labels.
fn names(table: &Table, column: &str) -> anyhow::Result<Vec<String>> {
    let mut names: Vec<&str> = table.texts(column)?;
    names.sort_unstable();
    names.dedup();
    Ok(names.into_iter().map(str::to_owned).collect())
}
