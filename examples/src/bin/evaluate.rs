//! Discrimination of risk scores from a CSV of outcomes: C, AUC at horizons, paired comparisons.

#![allow(clippy::print_stdout)]

use anyhow::ensure;
use clap::Parser;
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use vertebra_examples::{output, table::Table};
use vertebra_survival::{
    ConcordanceOptions, Outcomes, PairedDifference, TimeWeight, auc_at, bootstrap,
};

/// Evaluate risk scores (higher = earlier expected event) on right-censored outcomes.
///
/// Intervals are 95 %: on the logit scale for C, percentile and BCa over subjects for the
/// bootstrap of Harrell's C.
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
    /// Column of a risk score; repeat to compare several.
    #[arg(long, required = true)]
    risk: Vec<String>,
    /// Column of entry times, where follow-up is left-truncated.
    #[arg(long)]
    entry: Option<String>,
    /// Column of case weights.
    #[arg(long)]
    weights: Option<String>,
    /// Column of strata: only pairs of one stratum are compared.
    #[arg(long)]
    strata: Option<String>,
    /// Times at which to give the AUC, in the unit of the time column.
    #[arg(long, value_delimiter = ',')]
    horizons: Vec<f64>,
    /// Time at which Uno's C is cut off, in the unit of the time column; all of follow-up if absent.
    #[arg(long)]
    tau: Option<f64>,
    /// Bootstrap samples for intervals of Harrell's C.
    #[arg(long, value_name = "N")]
    bootstrap: Option<usize>,
    /// Seed of the bootstrap.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Unit of the time column, for the heading only.
    #[arg(long, default_value = "years")]
    time_unit: String,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

/// What is evaluated: outcomes, and each score with its name.
struct Data {
    outcomes: Outcomes,
    strata: Option<Vec<usize>>,
    risks: Vec<(String, Vec<f64>)>,
}

fn main() -> std::process::ExitCode {
    output::exit_code(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let data = read(arguments)?;
    let evaluation = evaluate(arguments, &data);
    match arguments.json {
        true => println!("{evaluation}"),
        false => print_tables(arguments, &evaluation),
    }
    Ok(())
}

fn read(arguments: &Arguments) -> anyhow::Result<Data> {
    let table = Table::read(&arguments.table)?;
    let entry = arguments.entry.as_deref();
    let mut outcomes = table.outcomes(&arguments.time, &arguments.event, entry)?;
    let n = outcomes.n_subjects();
    let path = arguments.table.display();
    ensure!(outcomes.n_events() > 0, "{path}: no event among {n} rows, nothing to evaluate");
    if let Some(weights) = &arguments.weights {
        outcomes = outcomes.with_weights(table.weights(weights)?)?;
    }
    let strata = arguments.strata.as_deref().map(|name| table.labels(name)).transpose()?;
    for (i, name) in arguments.risk.iter().enumerate() {
        ensure!(!arguments.risk[..i].contains(name), "--risk {name} is given twice");
    }
    for &positive in arguments.horizons.iter().chain(&arguments.tau) {
        ensure!(positive.is_finite() && positive > 0.0, "expected a time > 0, got {positive}");
    }
    ensure!(arguments.bootstrap != Some(0), "--bootstrap: expected at least 1 sample, got 0");
    let risks = arguments.risk.iter();
    let risks = risks.map(|name| Ok((name.clone(), table.numbers(name)?)));
    Ok(Data { outcomes, strata, risks: risks.collect::<anyhow::Result<_>>()? })
}

fn evaluate(arguments: &Arguments, data: &Data) -> Value {
    let risks: Map<String, Value> = data
        .risks
        .iter()
        .map(|(name, risk)| (name.clone(), evaluate_one(arguments, data, risk)))
        .collect();
    let pairs = (0..data.risks.len()).flat_map(|a| (a + 1..data.risks.len()).map(move |b| (a, b)));
    let comparisons: Vec<Value> =
        pairs.map(|(a, b)| compare(arguments, data, &data.risks[a], &data.risks[b])).collect();
    json!({
        "n": data.outcomes.n_subjects(),
        "events": data.outcomes.n_events(),
        "time_unit": arguments.time_unit,
        "risks": risks,
        "comparisons": comparisons,
    })
}

fn evaluate_one(arguments: &Arguments, data: &Data, risk: &[f64]) -> Value {
    let auc: Vec<Value> =
        arguments.horizons.iter().map(|&h| auc(&data.outcomes, risk, h)).collect();
    json!({
        "harrell": harrell_value(data, risk),
        "uno": uno_value(arguments, data, risk),
        "auc": auc,
        "bootstrap": bootstrap_value(arguments, data, risk),
    })
}

fn harrell(strata: Option<&Vec<usize>>) -> ConcordanceOptions {
    match strata {
        Some(strata) => ConcordanceOptions::default().with_strata(strata.clone()),
        None => ConcordanceOptions::default(),
    }
}

fn uno(arguments: &Arguments, data: &Data) -> ConcordanceOptions {
    let options = harrell(data.strata.as_ref()).with_time_weight(TimeWeight::Uno);
    match arguments.tau {
        Some(tau) => options.with_horizon(tau),
        None => options,
    }
}

fn harrell_value(data: &Data, risk: &[f64]) -> Value {
    match harrell(data.strata.as_ref()).estimate(&data.outcomes, risk) {
        Ok(got) => json!({
            "c": got.c, "se": got.se, "lower": got.lower, "upper": got.upper,
            "concordant": output::count(got.pairs.concordant),
            "discordant": output::count(got.pairs.discordant),
            "tied_risk": output::count(got.pairs.tied_risk),
            "tied_time": output::count(got.pairs.tied_time),
            "tied_both": output::count(got.pairs.tied_both),
        }),
        Err(why) => {
            let names = ["c", "se", "lower", "upper", "concordant", "discordant"];
            output::nothing(&[&names[..], &["tied_risk", "tied_time", "tied_both"]].concat(), &why)
        }
    }
}

fn uno_value(arguments: &Arguments, data: &Data, risk: &[f64]) -> Value {
    let value = match uno(arguments, data).estimate(&data.outcomes, risk) {
        Ok(got) => json!({"c": got.c, "se": got.se, "lower": got.lower, "upper": got.upper}),
        Err(why) => output::nothing(&["c", "se", "lower", "upper"], &why),
    };
    output::with(value, "tau", json!(arguments.tau))
}

fn auc(outcomes: &Outcomes, risk: &[f64], horizon: f64) -> Value {
    let value = match auc_at(outcomes, risk, horizon) {
        Ok(got) => json!({
            "auc": got.auc, "se": got.se, "lower": got.lower, "upper": got.upper,
            "cases": got.n_cases, "controls": got.n_controls,
        }),
        Err(why) => output::nothing(&["auc", "se", "lower", "upper"], &why),
    };
    output::with(value, "horizon", json!(horizon))
}

fn bootstrap_value(arguments: &Arguments, data: &Data, risk: &[f64]) -> Value {
    let nothing = |why: &dyn std::fmt::Display| output::nothing(&["percentile", "bca"], why);
    let Some(samples) = arguments.bootstrap else {
        return nothing(&"not asked for: --bootstrap N");
    };
    let statistic = |subjects: &[usize]| {
        let strata = data.strata.as_ref().map(|s| subjects.iter().map(|&i| s[i]).collect());
        let sampled: Vec<f64> = subjects.iter().map(|&i| risk[i]).collect();
        let outcomes = data.outcomes.subset(subjects);
        harrell(strata.as_ref()).estimate(&outcomes, &sampled).ok().map(|got| got.c)
    };
    let n = data.outcomes.n_subjects();
    let intervals = bootstrap(n, samples, arguments.seed, statistic).and_then(|drawn| {
        let options = harrell(data.strata.as_ref());
        let influence = options.jackknife_values(&data.outcomes, risk)?;
        Ok((drawn.percentile(0.95), drawn.bca(0.95, &influence), drawn.n_undefined))
    });
    match intervals {
        Ok((Ok(percentile), Ok(bca), undefined)) => {
            json!({"percentile": percentile, "bca": bca, "samples": samples, "undefined": undefined})
        }
        Ok((Ok(percentile), Err(why), undefined)) => json!({
            "percentile": percentile, "bca": null, "why": why.to_string(),
            "samples": samples, "undefined": undefined,
        }),
        Ok((Err(why), ..)) | Err(why) => nothing(&why),
    }
}

fn compare(
    arguments: &Arguments,
    data: &Data,
    first: &(String, Vec<f64>),
    second: &(String, Vec<f64>),
) -> Value {
    let difference =
        |options: ConcordanceOptions| match options.compare(&data.outcomes, &first.1, &second.1) {
            Ok(PairedDifference { difference, se, z, p, lower, upper, .. }) => json!({
                "difference": difference, "se": se, "z": z, "p": p, "lower": lower, "upper": upper,
            }),
            Err(why) => output::nothing(&["difference", "se", "z", "p", "lower", "upper"], &why),
        };
    json!({
        "first": first.0,
        "second": second.0,
        "harrell": difference(harrell(data.strata.as_ref())),
        "uno": difference(uno(arguments, data)),
    })
}

fn print_tables(arguments: &Arguments, evaluation: &Value) {
    let n = &evaluation["n"];
    let events = &evaluation["events"];
    println!("{}: {n} subjects, {events} events\n", arguments.table.display());
    println!("{:<24} {:>8} {:>8}   95 % interval", "C", "", "se");
    for name in &arguments.risk {
        let risk = &evaluation["risks"][name.as_str()];
        for (kind, label) in [("harrell", "Harrell"), ("uno", "Uno")] {
            println!("{}", output::line(&format!("{name} ({label})"), &risk[kind], "c"));
        }
        let boot = &risk["bootstrap"];
        if arguments.bootstrap.is_some() {
            println!("  bootstrap: percentile {}, BCa {}", boot["percentile"], boot["bca"]);
        }
        for auc in risk["auc"].as_array().into_iter().flatten() {
            let label = format!("{name} AUC({} {})", auc["horizon"], arguments.time_unit);
            println!("{}", output::line(&label, auc, "auc"));
        }
    }
    for pair in evaluation["comparisons"].as_array().into_iter().flatten() {
        let (first, second) = (&pair["first"], &pair["second"]);
        for kind in ["harrell", "uno"] {
            let label = format!("{first} - {second} ({kind})").replace('"', "");
            let line = output::line(&label, &pair[kind], "difference");
            println!("{line}  P {}", output::p_value(&pair[kind]["p"]));
        }
    }
}
