//! External validation: the models of a study on another hospital's cohort, and a report.

#![allow(clippy::print_stderr)]

use anyhow::bail;
use clap::Parser;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vertebra_examples::{output::exit_code, say};
use vertebra_networks::{
    configuration::settings,
    console::Console,
    device::{DeviceArgument, tell},
};
use vertebra_report::results::{Measure, PooledFigure, RunRecord, ValidationResults};
use vertebra_study::{Preset, Validation, pool_validations};

/// Judges the models of a model folder on a cohort that took no part in making them.
///
/// The cohort is read as study reads one, films are predicted as predict does. Writes results.json,
/// report.html, tables, figures, and model folders whose risks were recalibrated on the cohort.
/// Nothing is trained. For research only; not a medical device.
#[derive(Parser)]
#[command(name = "validate", version)]
struct Arguments {
    /// Model folder, as a study writes it, or as this program writes it in recalibrated/
    #[arg(long)]
    model: PathBuf,
    /// Folder with cohort.csv, visits.csv, the radiographs they name, and annotations where
    /// fractures are read from the films; repeat for several cohorts, each of which gets a folder
    /// of its name within --out, and all a forest plot and a summary by random effects
    #[arg(long, required = true)]
    cohort: Vec<PathBuf>,
    /// Models of the folder by their names in models.json, separated by commas; all are those that
    /// fit the cohort
    #[arg(long, value_delimiter = ',', default_value = "all", value_name = "all|NAME,..")]
    models: Vec<String>,
    /// Run folder, new or empty
    #[arg(long)]
    out: PathBuf,
    /// A TOML file that says how the cohort is read [default: study.toml of the cohort folder,
    /// where there is one]
    #[arg(long)]
    config: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceArgument,
    /// Seed of the bootstrap and of the folds
    #[arg(long)]
    seed: Option<u64>,
    /// Align films by their annotated points, where they have some, instead of detected ones
    #[arg(long)]
    annotated_points: bool,
    /// Take predictions against the verdict too
    #[arg(long)]
    force: bool,
}

fn main() -> ExitCode {
    exit_code(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let out = &arguments.out;
    if out.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} is not empty; give another folder with --out", out.display());
    }
    let [cohort] = arguments.cohort.as_slice() else { return several(arguments) };
    let results = one(arguments, cohort, out)?;
    summarise(&results);
    say!("{}", out.join("report.html").display());
    Ok(())
}

/// Each cohort in a folder of its own, then all together.
fn several(arguments: &Arguments) -> anyhow::Result<()> {
    let mut cohorts: Vec<(String, ValidationResults)> = Vec::new();
    for cohort in &arguments.cohort {
        let name = cohort.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.is_empty() || cohorts.iter().any(|(other, _)| *other == name) {
            bail!("{}: expected cohort folders of different names", cohort.display());
        }
        say!("{name}");
        let results = one(arguments, cohort, &arguments.out.join(&name))?;
        summarise(&results);
        cohorts.push((name, results));
    }
    let run = pooled_run(arguments, &cohorts);
    let pooled = pool_validations(run, &cohorts)?;
    pooled.write(&arguments.out.join("results.json"))?;
    say!("over all cohorts, at {} years:", pooled.main_horizon);
    pooled.figures.iter().filter(|f| f.measure == Measure::Concordance).for_each(over_all);
    say!("{}", vertebra_report::write_pooled_report(&pooled, &arguments.out)?.display());
    Ok(())
}

/// The record of the run of the first cohort, without what is that cohort's alone.
fn pooled_run(arguments: &Arguments, cohorts: &[(String, ValidationResults)]) -> RunRecord {
    let mut run = cohorts.first().map(|(_, results)| results.run.clone()).unwrap_or_default();
    let name = arguments.out.file_name().unwrap_or_default().to_string_lossy();
    run.name = name.into_owned();
    run.phantom = cohorts.iter().any(|(_, results)| results.run.phantom);
    run.config.clear();
    run.inputs.clear();
    run.seconds.clear();
    run
}

fn over_all(figure: &PooledFigure) {
    let Some(over) = figure.pooled.value() else { return };
    let (lower, upper) = (over.interval.lower, over.interval.upper);
    let other = over
        .prediction
        .map_or(String::new(), |p| format!(", another cohort {:.3} to {:.3}", p.lower, p.upper));
    say!("{:<36} C {:.3} ({lower:.3} to {upper:.3}){other}", figure.model, over.mean);
}

/// One cohort: its results and its report.
fn one(arguments: &Arguments, cohort: &Path, out: &Path) -> anyhow::Result<ValidationResults> {
    let file = arguments.config.as_deref();
    let mut config = settings(Preset::Quick, file, Some(cohort))?;
    config.seed = arguments.seed.unwrap_or(config.seed);
    let device = arguments.device.open()?;
    tell(&device);
    let mut console = Console::new();
    let mut validation = Validation::new(&arguments.model, cohort)
        .config(config)
        .command(std::env::args())
        .device(device)
        .annotated_points(arguments.annotated_points)
        .force(arguments.force)
        .on_progress(|message| console.show(message));
    if arguments.models != ["all"] {
        validation = validation.models(arguments.models.clone());
    }
    let results = validation.run(out)?;
    vertebra_report::write_validation_report(&results, out)?;
    console.finish();
    Ok(results)
}

fn summarise(results: &ValidationResults) {
    let size = results.size;
    say!("{} subjects, {} events; at {} years:", size.n, size.events, results.main_horizon);
    for model in &results.models {
        let score = results.evaluation.score(&model.title);
        let c = score.and_then(|score| score.figures.headline.value());
        let c = c.map_or("C -".to_owned(), |c| {
            let e = &c.estimate;
            format!("C {:.3} ({:.3} to {:.3})", e.value, e.interval.lower, e.interval.upper)
        });
        let oe = results.prediction(&model.title).and_then(|p| p.observed_expected.value());
        let oe = oe.map_or(String::new(), |oe| format!(", O/E {:.2}", oe.ratio));
        say!("{:<36} {c}{oe}, n = {}", model.title, model.answered.n);
    }
}
