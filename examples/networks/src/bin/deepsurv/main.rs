//! DeepSurv on a CSV table that says which rows train and which test, beside the linear Cox model.

mod data;

use anyhow::{Context, ensure};
use clap::Parser;
use data::Data;
use serde::Serialize;
use vertebra_baselines::CoxRegression;
use vertebra_cohort::Folds;
use vertebra_cohort::table::SplitRows;
use vertebra_deepsurv::{Activation, RiskModelConfig, RiskTrainer, RiskTraining};
use vertebra_evaluation::{Figure, Reason, Undefined};
use vertebra_examples::concordance::{self, Concordance};
use vertebra_examples::{output, say, survival_table::SurvivalTable};
use vertebra_survival::harrell_c;
use vertebra_training::{LearningRate, Schedule, Seed, keep_going};

/// Train DeepSurv on the rows marked `train`, and measure its concordance on those marked `test`.
///
/// The score is the mean of several networks. Rows marked `valid` stop each of them early; without
/// such rows every network holds out a part of the training rows of its own, so that together they
/// learn from all. Rows with a missing value are dropped and counted.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    input: SurvivalTable,
    /// Column that says `train`, `valid` (optional) or `test`.
    #[arg(long)]
    split: String,
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

/// What the program prints, as lines or as JSON.
#[derive(Serialize)]
struct Report {
    n: Sizes,
    covariates: Vec<String>,
    left_out: Vec<String>,
    test: Harrell,
    cox: Harrell,
    epochs: usize,
    epochs_per_network: Vec<usize>,
    networks: usize,
    seconds: f64,
}

#[derive(Default, Serialize)]
struct Sizes {
    train: usize,
    valid: usize,
    test: usize,
    dropped: usize,
}

#[derive(Serialize)]
struct Harrell {
    harrell: Figure<Concordance>,
}

fn main() -> std::process::ExitCode {
    output::exit_code(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let report = report(arguments)?;
    match arguments.json {
        true => say!("{}", serde_json::to_string(&report)?),
        false => print_lines(arguments, &report),
    }
    Ok(())
}

fn report(arguments: &Arguments) -> anyhow::Result<Report> {
    let started = std::time::Instant::now();
    ensure!(arguments.networks > 0, "--networks: expected at least 1, got 0");
    let data = data::read(arguments)?;
    let test = data.inputs.subset(&data.rows.test);
    let mut n = Sizes { test: test.n_subjects(), dropped: data.dropped, ..Sizes::default() };
    let mut log_hazard = vec![0.0; n.test];
    let mut epochs = Vec::new();
    for network in 0..arguments.networks {
        let (train, valid) = held_out(arguments, &data, network)?;
        (n.train, n.valid) = (train.len(), valid.len());
        let (train, valid) = (data.subset(&train), data.subset(&valid));
        let trained = trainer(arguments, &data.names, network)
            .fit((&train.0, &train.1), Some((&valid.0, &valid.1)), &mut keep_going)
            .with_context(|| arguments.input.table.display().to_string())?;
        let share = 1.0 / arguments.networks as f64;
        let predicted = trained.model.log_hazard(&test)?;
        log_hazard.iter_mut().zip(predicted).for_each(|(sum, h)| *sum += share * h);
        epochs.push(trained.history.len());
    }
    Ok(Report {
        n,
        test: harrell(&data, &log_hazard),
        cox: cox(&data),
        covariates: data.names,
        left_out: data.left_out,
        epochs: epochs.iter().sum(),
        epochs_per_network: epochs,
        networks: arguments.networks,
        seconds: started.elapsed().as_secs_f64(),
    })
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

/// The training and validation rows of one network.
fn held_out(
    arguments: &Arguments,
    data: &Data,
    network: usize,
) -> anyhow::Result<(Vec<usize>, Vec<usize>)> {
    let SplitRows { train, valid, .. } = &data.rows;
    if !valid.is_empty() {
        return Ok((train.clone(), valid.clone()));
    }
    let n_folds = 5;
    // After five networks the parts are drawn anew.
    let seed = Seed::new(arguments.seed).named("folds").at(&[(network / n_folds) as u64]).value();
    let folds = Folds::stratified(data.outcomes.subset(train).event(), n_folds, seed)
        .with_context(|| format!("{}: holding out rows", arguments.input.table.display()))?;
    let rows = |part: Vec<usize>| part.into_iter().map(|i| train[i]).collect();
    let fold = network % n_folds;
    Ok((rows(folds.train(fold)), rows(folds.validation(fold))))
}

/// Of the test rows.
fn harrell(data: &Data, log_hazard: &[f64]) -> Harrell {
    let c = harrell_c(&data.outcomes.subset(&data.rows.test), log_hazard);
    Harrell { harrell: c.map(Concordance::from).into() }
}

/// The linear model, fitted on all rows that are not test rows.
fn cox(data: &Data) -> Harrell {
    let rows = [&*data.rows.train, &*data.rows.valid].concat();
    let fitted = || -> anyhow::Result<Vec<f64>> {
        let outcomes = data.outcomes.subset(&rows);
        let fit = CoxRegression::default().fit(&outcomes, &data.design(&rows)?)?;
        Ok(fit.log_hazard(&data.design(&data.rows.test)?)?)
    };
    match fitted() {
        Ok(log_hazard) => harrell(data, &log_hazard),
        Err(why) => Harrell { harrell: Undefined::new(Reason::Undefined, why.to_string()).into() },
    }
}

fn print_lines(arguments: &Arguments, report: &Report) {
    let Report { n, networks, epochs, seconds, .. } = report;
    let Sizes { train, valid, test, .. } = n;
    let path = arguments.input.table.display();
    say!(
        "{path}: {train} rows train, {valid} hold out, {test} test; {networks} networks, \
         {epochs} epochs, {seconds:.1} s\n"
    );
    if !report.left_out.is_empty() {
        let columns = report.left_out.join(", ");
        say!("left out, as text: {columns} (name them in --covariates to have indicators)\n");
    }
    say!("{:<24} {:>8} {:>8}   95 % interval", "Harrell's C, test", "", "se");
    say!("{}", concordance::line("DeepSurv", &report.test.harrell));
    say!("{}", concordance::line("Cox regression", &report.cox.harrell));
}
