//! DeepSurv on a CSV table that says which rows train and which test, beside the linear Cox model.

mod curves;
mod data;
mod ensemble;
mod search;
mod settings;

use anyhow::ensure;
use clap::Parser;
use data::Data;
use ensemble::{Ensemble, Training};
use serde::Serialize;
use settings::Settings;
use std::num::NonZeroUsize;
use std::time::Instant;
use vertebra_baselines::CoxRegression;
use vertebra_deepsurv::Recalibration;
use vertebra_evaluation::{Estimate, Figure, Reason, Undefined};
use vertebra_examples::concordance::{self, Concordance};
use vertebra_examples::{output, say, survival_table::SurvivalTable};
use vertebra_networks::device::{DeviceArgument, tell};
use vertebra_survival::calibration::calibration_slope;
use vertebra_survival::harrell_c;

/// Train DeepSurv on the rows marked `train`, and measure its concordance on those marked `test`.
///
/// The score is the mean of several networks. Rows marked `valid` stop each of them early; without
/// such rows every network holds out a part of the training rows of its own, so that together they
/// learn from all. Those rows recalibrate the log hazards too: the calibration slope on the test
/// rows is given before and after. Rows with a missing value are dropped and counted.
#[derive(Parser)]
#[command(name = "deepsurv", version)]
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
    #[command(flatten)]
    settings: Settings,
    /// Search among as many settings drawn at random, on the training rows alone.
    #[arg(long, default_value_t = 0)]
    search: usize,
    /// Networks of whole survival curves instead of log hazards: the hazards of as many intervals,
    /// which need not be proportional. Measured by Antolini's C.
    #[arg(long, value_name = "N", conflicts_with = "search")]
    intervals: Option<NonZeroUsize>,
    /// Seed of weights, dropout and held-out parts.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    device: DeviceArgument,
    /// Print one JSON object instead of lines.
    #[arg(long)]
    json: bool,
}

/// What the program prints, as lines or as JSON.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    run: Run,
    test: Harrell,
    calibration: Calibrated,
}

/// What was trained on what, whatever for, and the linear model beside it.
#[derive(Serialize)]
struct Run {
    n: Sizes,
    covariates: Vec<String>,
    left_out: Vec<String>,
    cox: Harrell,
    settings: Settings,
    epochs: usize,
    epochs_per_network: Vec<usize>,
    networks: usize,
    seconds: f64,
}

impl Run {
    fn new(
        data: &Data,
        settings: Settings,
        (train, valid): (usize, usize),
        (epochs, started): (Vec<usize>, Instant),
    ) -> Self {
        let (test, dropped) = (data.rows.test.len(), data.dropped);
        Self {
            n: Sizes { train, valid, test, dropped },
            covariates: data.names.clone(),
            left_out: data.left_out.clone(),
            cox: cox(data),
            settings,
            epochs: epochs.iter().sum(),
            networks: epochs.len(),
            epochs_per_network: epochs,
            seconds: started.elapsed().as_secs_f64(),
        }
    }
}

#[derive(Serialize)]
struct Sizes {
    train: usize,
    valid: usize,
    test: usize,
    dropped: usize,
}

/// The calibration slope on the test rows, and what brought it there.
#[derive(Serialize)]
struct Calibrated {
    slope: Figure<Estimate>,
    slope_before: Figure<Estimate>,
    learnt: Recalibration,
}

#[derive(Serialize)]
struct Harrell {
    harrell: Figure<Concordance>,
}

fn main() -> std::process::ExitCode {
    output::exit_code(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    ensure!(arguments.networks > 0, "--networks: expected at least 1, got 0");
    let data = data::read(arguments)?;
    let (table, device) = (&arguments.input.table, &arguments.device.open()?);
    tell(device);
    let training = Training { table, data: &data, seed: arguments.seed, device };
    match arguments.intervals {
        Some(n) => {
            let report = curves::report(arguments, (training, &data), n.get())?;
            shown(arguments, &report, curves::print_lines)
        }
        None => shown(arguments, &report(arguments, (training, &data))?, print_lines),
    }
}

fn shown<R: Serialize>(
    arguments: &Arguments,
    report: &R,
    print_lines: impl Fn(&Arguments, &R),
) -> anyhow::Result<()> {
    match arguments.json {
        true => say!("{}", serde_json::to_string(report)?),
        false => print_lines(arguments, report),
    }
    Ok(())
}

fn report(
    arguments: &Arguments,
    (training, data): (Training<'_>, &Data),
) -> anyhow::Result<Report> {
    let started = Instant::now();
    let settings = search::search(training, &arguments.settings, arguments.search)?;
    let found = training.ensemble(&settings, arguments.networks)?;
    let (test, calibration) = (harrell(data, &found.log_hazard), calibrated(data, &found));
    let sizes = (found.n_train, found.n_held_out);
    let run = Run::new(data, settings, sizes, (found.epochs, started));
    Ok(Report { run, test, calibration })
}

/// Calibration slopes on the test rows.
fn calibrated(data: &Data, found: &Ensemble) -> Calibrated {
    let outcomes = data.outcomes.subset(&data.rows.test);
    let slope = |factor: f64| {
        let scaled: Vec<f64> = found.log_hazard.iter().map(|h| factor * h).collect();
        calibration_slope(&outcomes, &scaled).into()
    };
    let learnt = found.recalibration;
    Calibrated { slope: slope(learnt.factor), slope_before: slope(1.0), learnt }
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

/// What was trained on what.
fn print_head(arguments: &Arguments, run: &Run) {
    let Run { n, networks, epochs, seconds, left_out, .. } = run;
    let Sizes { train, valid, test, .. } = n;
    let path = arguments.input.table.display();
    say!(
        "{path}: {train} rows train, {valid} hold out, {test} test; {networks} networks, \
         {epochs} epochs, {seconds:.1} s\n"
    );
    if !left_out.is_empty() {
        let columns = left_out.join(", ");
        say!("left out, as text: {columns} (name them in --covariates to have indicators)\n");
    }
}

/// The columns of a table of concordances.
fn print_columns(what: &str) {
    say!("{what:<24} {:>8} {:>8}   95 % interval", "", "se");
}

/// A figure with its interval, or why there is none.
fn with_interval(figure: &Figure<Estimate>) -> String {
    match figure {
        Figure::Defined(Estimate { value, interval, .. }) => {
            format!("{value:.2} ({:.2} to {:.2})", interval.lower, interval.upper)
        }
        Figure::Undefined(why) => why.to_string(),
    }
}

fn print_lines(arguments: &Arguments, report: &Report) {
    print_head(arguments, &report.run);
    print_columns("Harrell's C, test");
    say!("{}", concordance::line("DeepSurv", &report.test.harrell));
    say!("{}", concordance::line("Cox regression", &report.run.cox.harrell));
    let Calibrated { slope, slope_before, learnt } = &report.calibration;
    let Recalibration { factor, events, .. } = learnt;
    say!(
        "\ncalibration slope of DeepSurv, test: {}, before recalibration {}\n\
         log hazards times {factor:.2}, learnt on {events} events of rows held out",
        with_interval(slope),
        with_interval(slope_before)
    );
    if arguments.search > 0 {
        say!("settings found: {}", serde_json::to_string(&report.run.settings).unwrap_or_default());
    }
}
