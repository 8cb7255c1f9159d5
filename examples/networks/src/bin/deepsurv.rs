//! DeepSurv on a CSV table that says which rows train and which test, beside the linear Cox model.

use anyhow::{Context, bail, ensure};
use clap::Parser;
use serde_json::{Value, json};
use std::path::PathBuf;
use vertebra_baselines::{CoxRegression, DesignMatrix};
use vertebra_cohort::Folds;
use vertebra_cohort::table::{Column, Table};
use vertebra_deepsurv::{Activation, RiskInputs, RiskModelConfig, RiskTrainer, RiskTraining};
use vertebra_examples::{output, say};
use vertebra_survival::{Outcomes, harrell_c};
use vertebra_training::{LearningRate, Schedule, Seed, keep_going};

/// Train DeepSurv on the rows marked `train`, and measure its concordance on those marked `test`.
///
/// The score is the mean of several networks. Rows marked `valid` stop each of them early; without
/// such rows every network holds out a part of the training rows of its own, so that together they
/// learn from all. Rows with a missing value are dropped and counted.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// CSV file with a header.
    #[arg(long)]
    table: PathBuf,
    /// Column that says `train`, `valid` (optional) or `test`.
    #[arg(long)]
    split: String,
    /// Column of follow-up times.
    #[arg(long)]
    time: String,
    /// Column of events: 1 = event, 0 = censored.
    #[arg(long)]
    event: String,
    /// Covariates, separated by commas; all other numeric columns if absent.
    #[arg(long, value_delimiter = ',')]
    covariates: Option<Vec<String>>,
    /// Number of networks.
    #[arg(long, default_value_t = 5)]
    networks: usize,
    /// Widths of the hidden layers.
    #[arg(long, value_delimiter = ',', default_value = "64,64,64")]
    hidden: Vec<usize>,
    /// Largest number of epochs of each network.
    #[arg(long, default_value_t = 600)]
    epochs: usize,
    /// Seed of weights, dropout and held-out parts.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print one JSON object instead of lines.
    #[arg(long)]
    json: bool,
}

/// Covariates and outcomes of some rows.
struct Part {
    rows: Vec<Vec<f32>>,
    outcomes: Outcomes,
}

struct Data {
    names: Vec<String>,
    train: Part,
    valid: Option<Part>,
    test: Part,
    dropped: usize,
}

/// What the networks say about the test rows, and how long each one learnt.
struct Trained {
    log_hazard: Vec<f64>,
    epochs: Vec<usize>,
    n_valid: usize,
    n_train: usize,
}

fn main() -> std::process::ExitCode {
    output::exit_code(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let started = std::time::Instant::now();
    let data = read(arguments)?;
    let trained = train(arguments, &data)?;
    let described = json!({
        "n": {
            "train": trained.n_train, "valid": trained.n_valid, "test": data.test.rows.len(),
            "dropped": data.dropped,
        },
        "covariates": data.names,
        "test": {"harrell": harrell(&data.test.outcomes, &trained.log_hazard)},
        "cox": {"harrell": cox(&data)},
        "epochs": trained.epochs.iter().sum::<usize>(),
        "epochs_per_network": trained.epochs,
        "networks": arguments.networks,
        "seconds": started.elapsed().as_secs_f64(),
    });
    match arguments.json {
        true => say!("{described}"),
        false => print_lines(arguments, &described),
    }
    Ok(())
}

fn read(arguments: &Arguments) -> anyhow::Result<Data> {
    let table = Table::read(&arguments.table)?;
    let covariates = match &arguments.covariates {
        Some(names) => names.clone(),
        None => numeric_columns(&table, arguments)?,
    };
    let fixed = [&arguments.split, &arguments.time, &arguments.event];
    let used: Vec<&str> = fixed.into_iter().chain(&covariates).map(String::as_str).collect();
    let complete = table.complete_rows(&used)?;
    let dropped = table.n_rows() - complete.len();
    let table = table.subset(&complete);
    let outcomes = table.outcomes(&arguments.time, &arguments.event, None)?;
    let columns = table.covariates(&covariates)?;
    let splits = table.texts(&arguments.split)?;
    let path = arguments.table.display();
    if let Some(other) = splits.iter().find(|s| !["train", "valid", "test"].contains(s)) {
        bail!("{path}: column {:?}: expected train, valid or test, got {other:?}", arguments.split);
    }
    let part = |name: &str| {
        let rows: Vec<usize> = (0..splits.len()).filter(|&r| splits[r] == name).collect();
        let outcomes = outcomes.subset(&rows);
        let row = |r: &usize| columns.iter().map(|(_, values)| values[*r] as f32).collect();
        Part { rows: rows.iter().map(row).collect(), outcomes }
    };
    let (train, valid, test) = (part("train"), part("valid"), part("test"));
    for (name, part) in [("train", &train), ("test", &test)] {
        let events = part.outcomes.n_events();
        ensure!(events > 0, "{path}: no event among {} rows marked {name:?}", part.rows.len());
    }
    let valid = (!valid.rows.is_empty()).then_some(valid);
    let names = columns.into_iter().map(|(name, _)| name).collect();
    Ok(Data { names, train, valid, test, dropped })
}

/// Every numeric column that is neither outcome nor split nor the truth of a simulation.
fn numeric_columns(table: &Table, arguments: &Arguments) -> anyhow::Result<Vec<String>> {
    let reserved = [&arguments.split, &arguments.time, &arguments.event];
    let mut names = Vec::new();
    for name in table.names() {
        if reserved.contains(&name) || name == "log_hazard_true" {
            continue;
        }
        if matches!(table.column(name)?, Column::Number(_)) {
            names.push(name.clone());
        }
    }
    ensure!(!names.is_empty(), "{}: no numeric column to learn from", arguments.table.display());
    Ok(names)
}

fn train(arguments: &Arguments, data: &Data) -> anyhow::Result<Trained> {
    ensure!(arguments.networks > 0, "--networks: expected at least 1, got 0");
    let test = RiskInputs::from_covariates(data.test.rows.clone())?;
    let mut log_hazard = vec![0.0; test.n_subjects()];
    let mut epochs = Vec::new();
    let (mut n_train, mut n_valid) = (0, 0);
    for network in 0..arguments.networks {
        let (train, valid) = held_out(arguments, data, network)?;
        (n_train, n_valid) = (train.1.n_subjects(), valid.1.n_subjects());
        let trained = trainer(arguments, &data.names, network)
            .fit((&train.0, &train.1), Some((&valid.0, &valid.1)), &mut keep_going)
            .with_context(|| format!("{}", arguments.table.display()))?;
        let predicted = trained.model.log_hazard(&test)?;
        let share = 1.0 / arguments.networks as f64;
        log_hazard.iter_mut().zip(predicted).for_each(|(sum, h)| *sum += share * h);
        epochs.push(trained.history.len());
    }
    Ok(Trained { log_hazard, epochs, n_valid, n_train })
}

fn trainer(arguments: &Arguments, names: &[String], network: usize) -> RiskTrainer<'static> {
    let config = RiskModelConfig::clinical(names.to_vec())
        .with_activation(Activation::Relu)
        .with_hidden(arguments.hidden.clone());
    let mut settings = RiskTraining::default();
    settings.training.epochs = arguments.epochs;
    settings.training.learning_rate = LearningRate::new(1e-2, 1e-3, Schedule::Cosine);
    settings.training.patience = Some(100);
    let seed = Seed::new(arguments.seed).named("networks").at(&[network as u64]);
    settings.training.seed = seed.value();
    settings.micro_batch = usize::MAX;
    RiskTrainer::new(config).with_settings(settings)
}

type Rows = (RiskInputs, Outcomes);

/// The training and validation rows of one network.
fn held_out(arguments: &Arguments, data: &Data, network: usize) -> anyhow::Result<(Rows, Rows)> {
    let rows = |part: &Part, subset: &[usize]| -> anyhow::Result<Rows> {
        let rows = subset.iter().map(|&r| part.rows[r].clone()).collect();
        Ok((RiskInputs::from_covariates(rows)?, part.outcomes.subset(subset)))
    };
    let all = |part: &Part| (0..part.rows.len()).collect::<Vec<_>>();
    if let Some(valid) = &data.valid {
        return Ok((rows(&data.train, &all(&data.train))?, rows(valid, &all(valid))?));
    }
    let n_folds = 5;
    // After five networks the parts are drawn anew.
    let seed = Seed::new(arguments.seed).named("folds").at(&[(network / n_folds) as u64]).value();
    let folds = Folds::stratified(data.train.outcomes.event(), n_folds, seed)
        .with_context(|| format!("{}: holding out rows", arguments.table.display()))?;
    let fold = network % n_folds;
    Ok((rows(&data.train, &folds.train(fold))?, rows(&data.train, &folds.validation(fold))?))
}

fn harrell(outcomes: &Outcomes, risk: &[f64]) -> Value {
    match harrell_c(outcomes, risk) {
        Ok(c) => {
            json!({"c": c.estimate.value, "se": c.estimate.std_error, "lower": c.estimate.interval.lower, "upper": c.estimate.interval.upper})
        }
        Err(why) => output::nothing(&["c", "se", "lower", "upper"], &why),
    }
}

/// The linear model, fitted on all rows that are not test rows.
fn cox(data: &Data) -> Value {
    let learnt_from = [Some(&data.train), data.valid.as_ref()];
    let parts: Vec<&Part> = learnt_from.into_iter().flatten().collect();
    let time = parts.iter().flat_map(|p| p.outcomes.time()).copied().collect();
    let event = parts.iter().flat_map(|p| p.outcomes.event()).copied().collect();
    let design = |parts: &[&Part]| {
        let values = parts.iter().flat_map(|p| p.rows.iter().flatten()).map(|&x| f64::from(x));
        DesignMatrix::new(data.names.clone(), values.collect())
    };
    let fitted = || -> anyhow::Result<Vec<f64>> {
        let outcomes = Outcomes::new(time, event)?;
        let fit = CoxRegression::default().fit(&outcomes, &design(&parts)?)?;
        Ok(fit.log_hazard(&design(&[&data.test])?)?)
    };
    match fitted() {
        Ok(log_hazard) => harrell(&data.test.outcomes, &log_hazard),
        Err(why) => output::nothing(&["c", "se", "lower", "upper"], &why),
    }
}

fn print_lines(arguments: &Arguments, described: &Value) {
    let n = &described["n"];
    say!(
        "{}: {} rows train, {} hold out, {} test; {} networks, {} epochs, {:.1} s\n",
        arguments.table.display(),
        n["train"],
        n["valid"],
        n["test"],
        described["networks"],
        described["epochs"],
        described["seconds"].as_f64().unwrap_or_default()
    );
    say!("{:<24} {:>8} {:>8}   95 % interval", "Harrell's C, test", "", "se");
    say!("{}", output::line("DeepSurv", &described["test"]["harrell"], "c"));
    say!("{}", output::line("Cox regression", &described["cox"]["harrell"], "c"));
}
