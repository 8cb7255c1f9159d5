//! The whole protocol: a cohort folder (or a synthetic cohort made on the spot) in, one report out.

#![allow(clippy::print_stderr)]

use anyhow::{Context, bail};
use clap::Parser;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vertebra_examples::{
    output::{self, exit_code},
    say,
};
use vertebra_networks::{configuration, console::Console, name::run_name};
use vertebra_phantom::PhantomConfig;
use vertebra_report::results::{EvaluationSet, StudyResults, Subgroup};
use vertebra_study::{Preset, Progress, Study, StudyConfig};

/// Predict vertebral fracture from lateral spine radiographs, compare models, write a report.
///
/// Without arguments a synthetic cohort is made, written to disk, and studied on the CPU in
/// minutes. For research only; not a medical device.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Folder with cohort.csv, visits.csv, annotations.json and the radiographs they name
    #[arg(long)]
    cohort: Option<PathBuf>,
    #[command(flatten)]
    configuration: configuration::Arguments,
    /// Folder of a trained keypoint detector; then none is trained
    #[arg(long)]
    keypoint_model: Option<PathBuf>,
    /// Subjects to analyse in the synthetic cohort
    #[arg(long, conflicts_with = "cohort")]
    subjects: Option<usize>,
    /// Run folder; must not exist yet, or be empty [default: runs/PRESET-TIME]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Read the cohort and every film that would be used, say what is there, and compute nothing
    #[arg(long, requires = "cohort")]
    check: bool,
    /// With --check: the answer as JSON
    #[arg(long, requires = "check")]
    json: bool,
    /// Print every setting of the preset and the --config file as TOML, and end
    #[arg(long, conflicts_with_all = ["cohort", "out"])]
    print_config: bool,
}

fn main() -> ExitCode {
    exit_code(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut config = arguments.configuration.resolve()?;
    if arguments.keypoint_model.is_some() {
        config.keypoint_model.clone_from(&arguments.keypoint_model);
    }
    if arguments.print_config {
        output::print(format_args!("{}", config.to_toml()?));
        return Ok(());
    }
    if let Some(folder) = arguments.cohort.as_ref().filter(|_| arguments.check) {
        return check(folder, config, arguments.json);
    }
    let out = run_folder(arguments, &config)?;
    let mut console = Console::new();
    let cohort = match &arguments.cohort {
        Some(folder) => folder.clone(),
        None => make_phantom(arguments, &config, &out, &mut console)?,
    };
    let study = Study::new(cohort).config(config).command(std::env::args());
    let results = study.on_progress(|m| console.show(m)).run(&out)?;
    let report = vertebra_report::write_report(&results, &out)?;
    console.finish();
    summarise(&results);
    say!("{}", report.display());
    Ok(())
}

fn check(folder: &Path, config: StudyConfig, json: bool) -> anyhow::Result<()> {
    let mut console = Console::new();
    let check = Study::new(folder).config(config).on_progress(|m| console.show(m)).check()?;
    console.finish();
    match json {
        true => say!("{}", serde_json::to_string_pretty(&check)?),
        false => output::print(format_args!("{check}")),
    }
    if check.films.opened == 0 {
        bail!("none of the {} films can be used", check.films.failed.len());
    }
    Ok(())
}

/// C of every model on the test set, as the report has it in full.
fn summarise(results: &StudyResults) {
    say!("{:<42} C on the test set (95 % interval over subjects)", "model");
    for model in &results.models {
        if let Some(d) = model.on(EvaluationSet::Test, Subgroup::All) {
            let c = d.harrell.estimate;
            let (lower, upper) = (c.interval.lower, c.interval.upper);
            say!("{:<42} {:.3} ({lower:.3} to {upper:.3})", model.name, c.value);
        }
    }
}

fn run_folder(arguments: &Arguments, config: &StudyConfig) -> anyhow::Result<PathBuf> {
    let out = match &arguments.out {
        Some(folder) => folder.clone(),
        None => Path::new("runs").join(run_name(&config.preset)),
    };
    if out.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} is not empty; give another folder with --out", out.display());
    }
    std::fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    Ok(out)
}

fn make_phantom(
    arguments: &Arguments,
    config: &StudyConfig,
    out: &Path,
    console: &mut Console,
) -> anyhow::Result<PathBuf> {
    let folder = out.join("cohort");
    let preset = match arguments.configuration.preset() {
        Preset::Quick => PhantomConfig::quick(),
        _ => PhantomConfig::standard(),
    };
    let mut phantom = preset.with_seed(config.seed);
    if let Some(subjects) = arguments.subjects {
        phantom = phantom.with_subjects(subjects);
    }
    let total = Some(phantom.n_films() as u64);
    console.show(Progress::Stage { name: "making the synthetic cohort".to_owned(), total });
    vertebra_phantom::generate(&phantom, &folder, &mut |done| {
        console.show(Progress::Step(done as u64));
    })?;
    Ok(folder)
}
