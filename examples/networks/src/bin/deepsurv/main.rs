//! DeepSurv on a CSV table that says which rows train and which test, beside the linear Cox model.

mod curves;
mod data;
mod ensemble;
mod search;
mod settings;

use clap::Parser;
use data::Data;
use ensemble::Training;
use serde::Serialize;
use settings::Settings;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Instant;
use vertebra_baselines::CoxRegression;
use vertebra_deepsurv::{Members, Recalibration, RiskEnsemble, Trained};
use vertebra_evaluation::{Estimate, Figure, Reason, Undefined};
use vertebra_examples::concordance::{self, Concordance};
use vertebra_examples::{output, say, survival_table::SurvivalTable};
use vertebra_networks::device::{DeviceArgument, tell};
use vertebra_survival::calibration::calibration_slope;
use vertebra_survival::harrell_c;
use vertebra_training::keep_freed_memory;

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
    #[arg(long, default_value = "5")]
    networks: NonZeroUsize,
    /// Cycles of the learning rate in the training of each network, whose epochs they share; each gives
    /// a member of the ensemble.
    #[arg(long, default_value = "1", value_name = "N")]
    snapshots: NonZeroUsize,
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
    /// Save the trained networks as a model folder.
    #[arg(long, value_name = "FOLDER")]
    save: Option<PathBuf>,
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
    epochs_per_member: Vec<usize>,
    networks: usize,
    snapshots: usize,
    seconds: f64,
}

impl Run {
    fn new(
        (data, members): (&Data, &Members),
        settings: Settings,
        (runs, started): (&[Trained<()>], Instant),
    ) -> Self {
        let epochs: Vec<usize> = runs.iter().map(|run| run.history.len()).collect();
        Self {
            n: Sizes::of(data, members),
            covariates: data.names.clone(),
            left_out: data.left_out.clone(),
            cox: cox(data),
            settings,
            epochs: epochs.iter().sum(),
            networks: members.held_out().len(),
            snapshots: members.snapshots(),
            epochs_per_member: epochs,
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

impl Sizes {
    /// Of one network: what it is trained on and what it holds out.
    fn of(data: &Data, members: &Members) -> Self {
        let (all, test) = (data.rows.train.len() + data.rows.valid.len(), data.rows.test.len());
        let valid = members.held_out().last().map_or(0, Vec::len);
        Self { train: all - valid, valid, test, dropped: data.dropped }
    }
}

/// The calibration slope on the test rows, and what brought it there.
#[derive(Serialize)]
struct Calibrated {
    slope: Figure<Estimate>,
    slope_before: Figure<Estimate>,
    learnt: Option<Recalibration>,
}

#[derive(Serialize)]
struct Harrell {
    harrell: Figure<Concordance>,
}

fn main() -> std::process::ExitCode {
    output::exit_code(run(&Arguments::parse()))
}

impl Arguments {
    fn members(&self, training: Training<'_>) -> anyhow::Result<Members> {
        Ok(training.members(self.networks.get())?.with_snapshots(self.snapshots.get()))
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    keep_freed_memory();
    let data = data::read(arguments)?;
    let (table, device) = (&arguments.input.table, &arguments.device.open()?);
    tell(device);
    let device = &device.device;
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
    let members = arguments.members(training)?;
    let trained = training.risks(&settings, &members)?;
    if let Some(folder) = &arguments.save {
        trained.ensemble.save(folder)?;
    }
    let log_hazard = trained.ensemble.log_hazard(&data.inputs.subset(&data.rows.test))?;
    let test = harrell(data, &log_hazard);
    let calibration = calibrated(data, &trained.ensemble, &log_hazard);
    let run = Run::new((data, &members), settings, (&trained.runs, started));
    Ok(Report { run, test, calibration })
}

/// Calibration slopes on the test rows.
fn calibrated(data: &Data, ensemble: &RiskEnsemble, log_hazard: &[f64]) -> Calibrated {
    let outcomes = data.outcomes.subset(&data.rows.test);
    let slope_after = |factor: f64| {
        let scaled: Vec<f64> = log_hazard.iter().map(|h| factor * h).collect();
        calibration_slope(&outcomes, &scaled).into()
    };
    let learnt = ensemble.recalibration().copied();
    let slope_before = slope_after(learnt.map_or(1.0, |learnt| 1.0 / learnt.factor));
    Calibrated { slope: slope_after(1.0), slope_before, learnt }
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
    let Run { n, networks, snapshots, epochs, seconds, left_out, .. } = run;
    let snapshots = match snapshots {
        1 => String::new(),
        n => format!(" of {n} snapshots"),
    };
    let Sizes { train, valid, test, dropped } = n;
    let path = arguments.input.table.display();
    say!(
        "{path}: {train} rows train, {valid} hold out, {test} test; {networks} networks{snapshots}, \
         {epochs} epochs, {seconds:.1} s\n"
    );
    if *dropped > 0 {
        say!("left out, as a value is missing: {dropped} rows\n");
    }
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
    say!(
        "\ncalibration slope of DeepSurv, test: {}, before recalibration {}",
        with_interval(slope),
        with_interval(slope_before)
    );
    if let Some(Recalibration { factor, events, .. }) = learnt {
        say!("log hazards times {factor:.2}, learnt on {events} events of rows held out");
    }
    if arguments.search > 0 {
        say!("settings found: {}", serde_json::to_string(&report.run.settings).unwrap_or_default());
    }
}
