//! The whole protocol: a cohort folder (or a synthetic cohort made on the spot) in, one report out.

#![allow(clippy::print_stderr)]

use anyhow::{Context, bail};
use clap::Parser;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vertebra_examples::{
    output::{self, exit_code},
    remark, say,
};
use vertebra_networks::run_folder::RunFolder;
use vertebra_networks::{
    configuration,
    console::Console,
    device::{DeviceArgument, tell},
};
use vertebra_phantom::PhantomConfig;
use vertebra_report::results::{EvaluationSet, StudyResults, Subgroup};
use vertebra_study::{
    FitShare, Preset, Progress, Study, StudyConfig, scan_films, settings_page, write_blank_cohort,
};

/// Predict vertebral fracture from lateral spine radiographs, compare models, write a report.
///
/// Without arguments a synthetic cohort is made, written to disk, and studied on the CPU in
/// minutes. A study that was stopped, in whatever way, goes on by the same command. For research
/// only; not a medical device.
#[derive(Parser)]
#[command(name = "study", version)]
struct Arguments {
    /// Folder with cohort.csv, visits.csv, annotations.json and the radiographs they name
    #[arg(long)]
    cohort: Option<PathBuf>,
    #[command(flatten)]
    configuration: configuration::Arguments,
    #[command(flatten)]
    device: DeviceArgument,
    /// Names, codes and units of the tables, in the place of columns.toml of the cohort folder
    #[arg(long, value_name = "FILE", requires = "cohort")]
    map: Option<PathBuf>,
    /// Folder of a trained keypoint detector, or `shipped`; then none is trained
    #[arg(long)]
    keypoint_model: Option<PathBuf>,
    /// Subjects to analyse in the synthetic cohort
    #[arg(long, conflicts_with = "cohort")]
    subjects: Option<usize>,
    /// Run folder; must not exist yet, be empty, or be that of this command, stopped before it
    /// ended [default: runs/PRESET-TIME]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Do share K of N of the networks that are pending in the run folder, and write no results:
    /// for job arrays. The same command without --fit gathers them, and does what is left
    #[arg(long, value_name = "K/N", requires_all = ["cohort", "out"], conflicts_with = "check")]
    fit: Option<FitShare>,
    /// Read the cohort and every film that would be used, say what is there, and compute nothing
    #[arg(long, requires = "cohort")]
    check: bool,
    /// With --check: the answer as JSON
    #[arg(long, requires = "check")]
    json: bool,
    /// With --check: the answer also as a page of HTML, with contact sheets of the films
    #[arg(long, requires = "check", value_name = "FILE")]
    page: Option<PathBuf>,
    /// Print every setting of the preset and the --config file as TOML, and end
    #[arg(long, conflicts_with = "out")]
    print_config: bool,
    /// Print what every setting means and its value in each preset, as Markdown, and end
    #[arg(long, conflicts_with_all = ["cohort", "out"])]
    print_settings: bool,
    /// Write a cohort folder to fill in: tables, study.toml with every setting, an example of
    /// annotations, a README; and end
    #[arg(long, value_name = "DIR", conflicts_with_all = ["cohort", "out"])]
    init: Option<PathBuf>,
    /// Write visits.csv of the cohort folder from a folder of DICOM films (patient, date, view,
    /// laterality), and end; without --cohort that folder is the cohort's
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["check", "out"])]
    scan: Option<PathBuf>,
}

fn main() -> ExitCode {
    exit_code(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if let Some(films) = &arguments.scan {
        return scan(films, arguments.cohort.as_ref().unwrap_or(films));
    }
    if arguments.print_settings {
        output::print(format_args!("{}", settings_page()?));
        return Ok(());
    }
    let config = settings(arguments)?;
    if arguments.print_config {
        output::print(format_args!("{}", config.to_toml()?));
        return Ok(());
    }
    if let Some(folder) = &arguments.init {
        write_blank_cohort(folder, &config)?;
        say!("{}", folder.join("README.md").display());
        return Ok(());
    }
    if let Some(folder) = arguments.cohort.as_ref().filter(|_| arguments.check) {
        return check(folder, config, arguments);
    }
    let device = arguments.device.open()?;
    let command: Vec<String> = std::env::args().collect();
    let out = RunFolder::of(arguments.out.as_deref(), &config.preset, &command)?;
    let mut console = Console::new();
    remark!("{out}");
    tell(&device);
    let cohort = match &arguments.cohort {
        Some(folder) => folder.clone(),
        None => make_phantom(arguments, &config, &out, &mut console)?,
    };
    let study = Study::new(cohort).config(config).command(command).device(device);
    let study = study.on_progress(|m| console.show(m));
    if let Some(share) = arguments.fit {
        let left = study.fit_share(out.path(), share)?;
        console.finish();
        match left.pending {
            0 => say!("every network is fitted; the same command without --fit gathers them"),
            n => say!("{}: {n} fits of other shares are pending; then call again", left.stage),
        }
        return Ok(());
    }
    let results = study.run(out.path())?;
    let report = vertebra_report::write_report(&results, out.path())?;
    console.finish();
    summarise(&results);
    say!("{}", report.display());
    Ok(())
}

/// The settings of the preset or file, with those that the command line names.
fn settings(arguments: &Arguments) -> anyhow::Result<StudyConfig> {
    let mut config = arguments.configuration.resolve(arguments.cohort.as_deref())?;
    if arguments.keypoint_model.is_some() {
        config.keypoint_model = arguments.keypoint_model.clone().map(Into::into);
    }
    if arguments.map.is_some() {
        config.columns.clone_from(&arguments.map);
    }
    Ok(config)
}

fn scan(films: &Path, cohort: &Path) -> anyhow::Result<()> {
    let mut console = Console::new();
    console.show(Progress::Stage { name: "reading headers".to_owned(), total: None });
    let scan = scan_films(films, cohort)?;
    console.finish();
    output::print(format_args!("{scan}"));
    Ok(())
}

fn check(folder: &Path, config: StudyConfig, arguments: &Arguments) -> anyhow::Result<()> {
    let mut console = Console::new();
    let check = Study::new(folder).config(config).on_progress(|m| console.show(m)).check()?;
    console.finish();
    if let Some(page) = &arguments.page {
        check.write_page(page)?;
    }
    match arguments.json {
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

fn make_phantom(
    arguments: &Arguments,
    config: &StudyConfig,
    out: &RunFolder,
    console: &mut Console,
) -> anyhow::Result<PathBuf> {
    let folder = out.path().join("cohort");
    let preset = match arguments.configuration.preset() {
        Preset::Quick => PhantomConfig::quick(),
        _ => PhantomConfig::standard(),
    };
    let mut phantom = preset.with_seed(config.seed);
    if let Some(subjects) = arguments.subjects {
        phantom = phantom.with_subjects(subjects);
    }
    // Calls that fit a share each begin at once; the first makes the cohort of all.
    let _alone = out.alone_at("cohort")?;
    if out.has("cohort") {
        return Ok(folder);
    }
    if folder.exists() {
        // The command was stopped while it made the cohort.
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    let total = Some(phantom.n_films() as u64);
    console.show(Progress::Stage { name: "making the synthetic cohort".to_owned(), total });
    vertebra_phantom::generate(&phantom, &folder, &mut |done| {
        console.show(Progress::Step(done as u64));
    })?;
    out.keep("cohort")?;
    Ok(folder)
}
