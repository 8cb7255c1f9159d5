//! Cox proportional hazards regression of a CSV table.

use anyhow::{Context, ensure};
use clap::{Parser, ValueEnum};
use serde::Serialize;
use std::path::{Path, PathBuf};
use vertebra_baselines::{Coefficient, CoxFit, CoxRegression, DesignMatrix, Outcomes, Test, Ties};
use vertebra_cohort::table::Table;
use vertebra_examples::{output, say};
use vertebra_survival::ConcordanceOptions;

/// Fit a Cox regression and test its coefficients.
///
/// Rows with a missing value in a column used are dropped and counted; a text column becomes
/// indicators against its first level in sorted order.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// CSV file with a header.
    #[arg(long)]
    table: PathBuf,
    /// Column of follow-up times.
    #[arg(long)]
    time: String,
    /// Column of events: 1 = event, 0 = censored.
    #[arg(long)]
    event: String,
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
    /// Column of case weights.
    #[arg(long)]
    weights: Option<String>,
    /// Column of clusters, e.g. the subject of several rows; gives robust standard errors.
    #[arg(long)]
    cluster: Option<String>,
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
    let regression = CoxRegression::default().with_ties(ties).with_ridge(arguments.ridge);
    let fit = regression
        .fit(&data.outcomes, &data.design)
        .with_context(|| format!("{}", arguments.table.display()))?;
    let report = Report::new(&data, &fit)?;
    match arguments.json {
        true => say!("{}", serde_json::to_string(&report)?),
        false => print_tables(&arguments.table, &report),
    }
    Ok(())
}

fn read(arguments: &Arguments) -> anyhow::Result<Data> {
    let table = Table::read(&arguments.table)?;
    let options = [&arguments.entry, &arguments.strata, &arguments.weights, &arguments.cluster];
    let used: Vec<&str> = [&arguments.time, &arguments.event]
        .into_iter()
        .chain(&arguments.covariates)
        .chain(options.into_iter().flatten())
        .map(String::as_str)
        .collect();
    let complete = table.complete_rows(&used)?;
    let dropped = table.n_rows() - complete.len();
    let path = arguments.table.display();
    ensure!(!complete.is_empty(), "{path}: every row has a missing value in {}", used.join(", "));
    let table = table.subset(&complete);
    let entry = arguments.entry.as_deref();
    let mut outcomes = table.outcomes(&arguments.time, &arguments.event, entry)?;
    if let Some(weights) = &arguments.weights {
        outcomes = outcomes.with_weights(table.weights(weights)?)?;
    }
    let mut design = DesignMatrix::from_columns(table.covariates(&arguments.covariates)?)
        .with_context(|| format!("{path}"))?;
    if let Some(strata) = &arguments.strata {
        design = design.with_strata(table.labels(strata)?)?;
    }
    if let Some(cluster) = &arguments.cluster {
        design = design.with_clusters(table.labels(cluster)?)?;
    }
    Ok(Data { outcomes, design, dropped })
}

/// What the program prints, as a table or as JSON.
#[derive(Serialize)]
struct Report {
    n: usize,
    events: usize,
    dropped: usize,
    ties: Ties,
    coefficients: Vec<Row>,
    loglik_null: f64,
    loglik: f64,
    tests: Tests,
    concordance: Concordance,
    iterations: usize,
}

/// One coefficient.
#[derive(Serialize)]
struct Row {
    name: String,
    coef: f64,
    hazard_ratio: f64,
    se: f64,
    robust_se: Option<f64>,
    z: f64,
    p: f64,
    lower: f64,
    upper: f64,
}

#[derive(Serialize)]
struct Tests {
    likelihood_ratio: ChiSquare,
    wald: ChiSquare,
    score: ChiSquare,
}

/// A test, or why there is none.
#[derive(Default, Serialize)]
struct ChiSquare {
    statistic: Option<f64>,
    df: Option<f64>,
    p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// Harrell's C of the fit, or why there is none.
#[derive(Default, Serialize)]
struct Concordance {
    c: Option<f64>,
    se: Option<f64>,
    lower: Option<f64>,
    upper: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

impl Report {
    fn new(data: &Data, fit: &CoxFit) -> anyhow::Result<Self> {
        Ok(Self {
            n: fit.n,
            events: fit.events,
            dropped: data.dropped,
            ties: fit.ties,
            coefficients: fit.coefficients.iter().map(Row::from).collect(),
            loglik_null: fit.log_likelihood_null,
            loglik: fit.log_likelihood,
            tests: Tests {
                likelihood_ratio: Some(fit.tests.likelihood_ratio).into(),
                wald: fit.tests.wald.into(),
                score: Some(fit.tests.score).into(),
            },
            concordance: concordance(data, fit)?,
            iterations: fit.steps,
        })
    }
}

impl From<&Coefficient> for Row {
    fn from(c: &Coefficient) -> Self {
        let interval = c.hazard_ratio.interval;
        Self {
            name: c.name.clone(),
            coef: c.log_hazard_ratio.value,
            hazard_ratio: c.hazard_ratio.value,
            se: c.model_std_error,
            robust_se: c.robust_std_error,
            z: c.test.statistic,
            p: c.test.p,
            lower: interval.lower,
            upper: interval.upper,
        }
    }
}

impl From<Option<Test>> for ChiSquare {
    fn from(test: Option<Test>) -> Self {
        match test {
            Some(Test { statistic, df, p, .. }) => {
                Self { statistic: Some(statistic), df, p: Some(p), why: None }
            }
            None => Self { why: Some("too few clusters".to_owned()), ..Self::default() },
        }
    }
}

/// Within strata, as R's `concordance(fit)`.
fn concordance(data: &Data, fit: &CoxFit) -> anyhow::Result<Concordance> {
    let mut options = ConcordanceOptions::default();
    if let Some(strata) = data.design.strata() {
        options = options.with_strata(strata.to_vec());
    }
    if let Some(clusters) = data.design.clusters() {
        options = options.with_clusters(clusters.to_vec());
    }
    let log_hazard = fit.log_hazard(&data.design)?;
    Ok(match options.estimate(&data.outcomes, &log_hazard) {
        Ok(c) => Concordance {
            c: Some(c.estimate.value),
            se: Some(c.estimate.std_error),
            lower: Some(c.estimate.interval.lower),
            upper: Some(c.estimate.interval.upper),
            why: None,
        },
        Err(why) => Concordance { why: Some(why.to_string()), ..Concordance::default() },
    })
}

fn print_tables(path: &Path, fit: &Report) {
    let Report { n, events, dropped, .. } = fit;
    let path = path.display();
    say!("{path}: {n} rows, {events} events, {dropped} dropped for missing values\n");
    say!("{:<20} {:>9} {:>9} {:>9} {:>9} {:>9}   95 % interval", "", "coef", "HR", "se", "z", "P");
    for c in &fit.coefficients {
        let se = c.robust_se.unwrap_or(c.se);
        let cells = [c.coef, c.hazard_ratio, se, c.z].map(|cell| format!("{cell:>9.4}")).join(" ");
        let p = p_value(Some(c.p));
        say!("{:<20} {cells} {p:>9}   {:.4} to {:.4}", c.name, c.lower, c.upper);
    }
    say!("");
    let Tests { likelihood_ratio, wald, score } = &fit.tests;
    for (label, test) in [("Likelihood ratio", likelihood_ratio), ("Wald", wald), ("Score", score)]
    {
        let (statistic, df) = (fixed(test.statistic), test.df.unwrap_or_default());
        say!("{label:<20} {statistic:>9} on {df} df, P {}", p_value(test.p));
    }
    let c = &fit.concordance;
    match &c.why {
        Some(why) => say!("{:<30} {:>8}   {why}", "Concordance", "-"),
        None => {
            let [value, se, lower, upper] = [c.c, c.se, c.lower, c.upper].map(fixed);
            say!("{:<30} {value:>8} {se:>8}   {lower} to {upper}", "Concordance");
        }
    }
}

/// A number with four decimals, or a dash.
fn fixed(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.4}"))
}

/// A P value: four decimals, two digits of it below that, or a dash.
fn p_value(p: Option<f64>) -> String {
    match p {
        Some(p) if p < 1e-4 => format!("{p:.1e}"),
        _ => fixed(p),
    }
}
