//! Cox proportional hazards regression of a CSV table.

mod report;

use anyhow::{Context, ensure};
use clap::{Parser, ValueEnum};
use report::Report;
use vertebra_baselines::{CoxRegression, DesignMatrix, Outcomes, Ties};
use vertebra_cohort::table::Table;
use vertebra_examples::{output, say, survival_table::SurvivalTable};

/// Fit a Cox regression and test its coefficients.
///
/// Rows with a missing value in a column used are dropped and counted; a text column becomes
/// indicators against its first level in sorted order.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    input: SurvivalTable,
    /// Columns to fit, separated by commas.
    #[arg(long, value_delimiter = ',', required = true)]
    covariates: Vec<String>,
    /// How tied event times are handled.
    #[arg(long, value_enum, default_value = "efron")]
    ties: TiesChoice,
    /// Column of entry times, where follow-up is left-truncated.
    #[arg(long)]
    entry: Option<String>,
    /// Column of strata, each with its own baseline hazard.
    #[arg(long)]
    strata: Option<String>,
    /// Column of case weights; where they are not whole numbers, standard errors are robust.
    #[arg(long)]
    weights: Option<String>,
    /// Column of clusters, e.g. the subject of several rows; gives robust standard errors, with
    /// Student's t where there are few.
    #[arg(long)]
    cluster: Option<String>,
    /// Take times as equal that differ by rounding, by this share of the mean time; R does so with
    /// 1.5e-8.
    #[arg(long, value_name = "TOLERANCE", allow_negative_numbers = true)]
    tied_times: Option<f64>,
    /// Ridge penalty: L / 2 times the sum of squared coefficients.
    #[arg(long, value_name = "L", default_value_t = 0.0)]
    ridge: f64,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum TiesChoice {
    Efron,
    Breslow,
}

/// The rows without missing values.
struct Data {
    outcomes: Outcomes,
    design: DesignMatrix,
    dropped: usize,
}

fn main() -> std::process::ExitCode {
    output::exit_code(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let data = read(arguments)?;
    let ties = match arguments.ties {
        TiesChoice::Efron => Ties::Efron,
        TiesChoice::Breslow => Ties::Breslow,
    };
    let path = arguments.input.table.display();
    let regression = CoxRegression::default().with_ties(ties).with_ridge(arguments.ridge);
    let fit = regression.fit(&data.outcomes, &data.design).with_context(|| path.to_string())?;
    let report = Report::new(&data, &fit)?;
    match arguments.json {
        true => say!("{}", serde_json::to_string(&report)?),
        false => {
            let (n, events, dropped) = (fit.n, fit.events, data.dropped);
            say!("{path}: {n} rows, {events} events, {dropped} dropped for missing values\n");
            report.print();
        }
    }
    Ok(())
}

fn read(arguments: &Arguments) -> anyhow::Result<Data> {
    let Arguments { input, entry, strata, weights, cluster, tied_times, .. } = arguments;
    input.refuse_outcomes("--covariates", &arguments.covariates)?;
    let tolerance = tied_times.unwrap_or_default();
    ensure!(
        tolerance.is_finite() && tolerance >= 0.0,
        "--tied-times: expected a number >= 0, got {tolerance}"
    );
    let options = [entry, strata, weights, cluster].into_iter().flatten();
    let used: Vec<&str> = arguments.covariates.iter().chain(options).map(String::as_str).collect();
    let complete = input.complete_rows(&Table::read(&input.table)?, &used)?;
    let (table, dropped) = (complete.table, complete.dropped);
    let mut outcomes = table.outcomes(&input.time, &input.event, entry.as_deref())?;
    if let Some(tolerance) = *tied_times {
        outcomes = outcomes.with_tied_times(tolerance)?;
    }
    if let Some(weights) = weights {
        outcomes = outcomes.with_weights(table.weights(weights)?)?;
    }
    let mut design = DesignMatrix::from_columns(table.covariates(&arguments.covariates)?)
        .with_context(|| input.table.display().to_string())?;
    if let Some(strata) = strata {
        design = design.with_strata(table.labels(strata)?)?;
    }
    if let Some(cluster) = cluster {
        let labels = table.labels(cluster)?;
        let n = labels.iter().max().map_or(0, |last| last + 1);
        ensure!(
            n > 1,
            "{}: --cluster {cluster}: expected at least two clusters, got one in all {} rows used",
            input.table.display(),
            labels.len()
        );
        design = design.with_clusters(labels)?;
    }
    Ok(Data { outcomes, design, dropped })
}
