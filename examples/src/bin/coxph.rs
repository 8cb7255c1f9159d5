//! Cox proportional hazards regression of a CSV table.

use anyhow::{Context, ensure};
use clap::{Parser, ValueEnum};
use serde_json::{Value, json};
use std::path::PathBuf;
use vertebra_baselines::{ChiSquareTest, CoxFit, CoxRegression, DesignMatrix};
use vertebra_cohort::table::Table;
use vertebra_examples::{output, say};
use vertebra_survival::{ConcordanceOptions, Outcomes, Ties};

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
    let described = describe(&data, &fit)?;
    match arguments.json {
        true => say!("{described}"),
        false => print_tables(arguments, &described),
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

fn describe(data: &Data, fit: &CoxFit) -> anyhow::Result<Value> {
    let coefficients: Vec<Value> = fit
        .coefficients
        .iter()
        .map(|c| {
            json!({
                "name": c.name, "coef": c.coef, "hazard_ratio": c.hazard_ratio, "se": c.se,
                "robust_se": c.robust_se, "z": c.z, "p": c.p, "lower": c.lower, "upper": c.upper,
            })
        })
        .collect();
    let wald = match fit.tests.wald {
        Some(wald) => test(wald),
        None => output::nothing(&["statistic", "df", "p"], &"too few clusters"),
    };
    Ok(json!({
        "n": fit.n,
        "events": fit.events,
        "dropped": data.dropped,
        "ties": fit.ties,
        "coefficients": coefficients,
        "loglik_null": fit.loglik_null,
        "loglik": fit.loglik,
        "tests": {
            "likelihood_ratio": test(fit.tests.likelihood_ratio),
            "wald": wald,
            "score": test(fit.tests.score),
        },
        "concordance": concordance(data, fit)?,
        "iterations": fit.iterations,
    }))
}

fn test(test: ChiSquareTest) -> Value {
    json!({"statistic": test.statistic, "df": test.df, "p": test.p})
}

/// Within strata, as R's `concordance(fit)`.
fn concordance(data: &Data, fit: &CoxFit) -> anyhow::Result<Value> {
    let mut options = ConcordanceOptions::default();
    if let Some(strata) = data.design.strata() {
        options = options.with_strata(strata.to_vec());
    }
    if let Some(clusters) = data.design.clusters() {
        options = options.with_clusters(clusters.to_vec());
    }
    let log_hazard = fit.log_hazard(&data.design)?;
    Ok(match options.estimate(&data.outcomes, &log_hazard) {
        Ok(c) => {
            json!({"c": c.estimate.value, "se": c.estimate.std_error, "lower": c.estimate.interval.lower, "upper": c.estimate.interval.upper})
        }
        Err(why) => output::nothing(&["c", "se", "lower", "upper"], &why),
    })
}

fn print_tables(arguments: &Arguments, fit: &Value) {
    let path = arguments.table.display();
    let (n, events, dropped) = (&fit["n"], &fit["events"], &fit["dropped"]);
    say!("{path}: {n} rows, {events} events, {dropped} dropped for missing values\n");
    say!("{:<20} {:>9} {:>9} {:>9} {:>9} {:>9}   95 % interval", "", "coef", "HR", "se", "z", "P");
    for c in fit["coefficients"].as_array().into_iter().flatten() {
        let se = if c["robust_se"].is_null() { &c["se"] } else { &c["robust_se"] };
        let name = c["name"].as_str().unwrap_or_default();
        let cells = [&c["coef"], &c["hazard_ratio"], se, &c["z"]].map(output::fixed);
        let cells = cells.map(|cell| format!("{cell:>9}")).join(" ");
        let cells = format!("{cells} {:>9}", output::p_value(&c["p"]));
        let interval = [&c["lower"], &c["upper"]].map(output::fixed).join(" to ");
        say!("{name:<20} {cells}   {interval}");
    }
    say!();
    for (name, label) in
        [("likelihood_ratio", "Likelihood ratio"), ("wald", "Wald"), ("score", "Score")]
    {
        let test = &fit["tests"][name];
        let [statistic, df, p] = ["statistic", "df", "p"].map(|key| &test[key]);
        say!(
            "{label:<20} {:>9} on {} df, P {}",
            output::fixed(statistic),
            df.as_f64().unwrap_or_default(),
            output::p_value(p)
        );
    }
    say!("{}", output::line("Concordance", &fit["concordance"], "c"));
}
