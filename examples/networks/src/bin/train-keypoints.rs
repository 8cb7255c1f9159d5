//! Trains a keypoint detector on annotated films; stopped and called again, it goes on.

use anyhow::bail;
use clap::Parser;
use serde_json::json;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vertebra_charts::{Chart, TrainingChart};
use vertebra_examples::{output::exit_code, remark, say};
use vertebra_hrnet::{DetectorCalibration, DetectorConfig, KeypointDetector};
use vertebra_keypoints::check_plausibility;
use vertebra_keypoints::{LocalisationReport, OksOptions, PlausibilityLimits, RelativeReport};
use vertebra_networks::device::{DeviceArgument, tell};
use vertebra_networks::phantom_films::phantom_films;
use vertebra_networks::tested_films::write_films;
use vertebra_networks::{configuration, console::Console};
use vertebra_phantom::CtScan;
use vertebra_study::Reliability;
use vertebra_study::{AnnotatedFilms, DetectorFigures, DetectorStudy, DetectorTest, FilmCache};
use vertebra_study::{StudyConfig, write_keypoint_sheets};
use vertebra_training::EpochSummary;

/// Trains an HRNet to find L1 to L5, and says how well it does on films of other subjects.
#[derive(Parser)]
#[command(name = "train-keypoints", version)]
struct Arguments {
    /// Cohort folder (cohort.csv, visits.csv, annotations.json, radiographs), or an annotation file
    /// (COCO, CVAT, Label Studio, VIA, LabelMe) whose films lie beside it; without cohort.csv every
    /// film counts as a subject of its own
    #[arg(long, required_unless_present = "phantom")]
    cohort: Option<PathBuf>,
    /// Instead of a cohort: this many phantom films of varied exposure, each of another subject,
    /// and the settings made for them; the detector then works on films of other kinds too
    #[arg(long, value_name = "FILMS", conflicts_with = "cohort")]
    phantom: Option<usize>,
    /// Folder of CT scans; every fifth phantom film is then a projection of one of them. Each scan
    /// is a folder in it with three NIfTI files: the scan, a map of vertebrae (TotalSegmentator's
    /// numbers: L1..L5 are 31..27) and a mask of vertebral bodies
    #[arg(long, value_name = "DIR", requires = "phantom")]
    ct: Option<PathBuf>,
    /// Folder of a detector to go on from, as this program writes it: its network, head and
    /// settings are kept
    #[arg(long, value_name = "DIR", conflicts_with = "weights")]
    start: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceArgument,
    #[command(flatten)]
    configuration: configuration::Arguments,
    /// One fold of this many is held out to test the detector
    #[arg(long, default_value_t = 5, value_name = "N")]
    folds: usize,
    /// Trains a detector for every fold and tests all films
    #[arg(long)]
    cross_validate: bool,
    /// Passes over the training films, instead of the preset's
    #[arg(long)]
    epochs: Option<usize>,
    /// Stops after this many epochs without a better mean OKS on the films of one more fold, which
    /// then takes no part in the training, and keeps the best epoch
    #[arg(long, value_name = "EPOCHS")]
    patience: Option<usize>,
    /// Published HRNet weights (.pth, .safetensors) to start from; the head starts afresh
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Sigma of the OKS behind AP, one for all levels or five from L1 to L5; the area is a quarter
    /// of the squared L1-L5 distance
    #[arg(long, value_name = "SIGMA", value_delimiter = ',', default_value = "0.05")]
    oks_sigma: Vec<f64>,
    /// Run folder: checkpoints and, at the end, the detector, the course of the training, the
    /// errors on every test film (films.csv) and a sheet of those with the largest errors (rings:
    /// annotated, crosses: detected)
    #[arg(long)]
    out: PathBuf,
    /// Only tests the detector of --start on the films of --cohort, all of which it must not have
    /// seen, and trains nothing
    #[arg(long, requires_all = ["start", "cohort"], conflicts_with = "cross_validate")]
    test: bool,
    /// Only draws the annotated points of every film on sheets in the run folder, to look at; those
    /// that are unlike a spine are always named on standard error
    #[arg(long)]
    check: bool,
    /// Prints the test result as JSON
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    exit_code(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let study = arguments.configuration.resolve(arguments.cohort.as_deref())?;
    let device = arguments.device.open()?;
    tell(&device);
    let start =
        arguments.start.as_deref().map(|folder| KeypointDetector::load(folder, &device.device));
    let mut start = start.transpose()?;
    if arguments.phantom.is_some() {
        start = start.map(KeypointDetector::with_neighbours).transpose()?;
    }
    let config = settings(arguments, &study, start.as_ref());
    let oks = oks_options(&arguments.oks_sigma)?;
    let mut console = Console::new();
    let films = read_films(arguments, &study, &config, &mut console)?;
    if arguments.check {
        console.finish();
        let marked: Vec<_> = films.samples.iter().map(|film| (film, None)).collect();
        for sheet in write_keypoint_sheets(&marked, &arguments.out, "marked")? {
            say!("{}", sheet.display());
        }
        return Ok(());
    }
    if let (Some(start), true) = (&start, arguments.test) {
        console.finish();
        let figures = DetectorFigures::measure(start, &films, &oks, &arguments.out)?;
        write_films(&figures.films, &arguments.out)?;
        return say_figures(&figures, arguments.json);
    }
    let mut training = DetectorStudy::new(&films).oks(oks).device(device);
    if let Some(start) = start {
        if arguments.cohort.is_some() {
            return continue_on(&films, &start, arguments, &study);
        }
        training = training.start(start);
    }
    let tested = training
        .config(config)
        .folds(arguments.folds)
        .every_fold(arguments.cross_validate)
        .on_progress(|progress| console.show(progress))
        .run(&arguments.out)?;
    console.finish();
    draw_curves(&tested.trainings, &arguments.out)?;
    write_films(&tested.figures.films, &arguments.out)?;
    report(&tested, arguments)
}

/// Continues a detector on films of one's own, and says what that gained on held-out films.
fn continue_on(
    films: &AnnotatedFilms,
    start: &KeypointDetector,
    arguments: &Arguments,
    study: &StudyConfig,
) -> anyhow::Result<()> {
    let config = start.config().continued_on(films.samples.len());
    let subjects = films.subjects.iter().collect::<HashSet<_>>().len();
    let mut console = Console::new();
    let tested = DetectorStudy::new(films)
        .config(with_options(config, arguments, study))
        .folds(arguments.folds.min(subjects))
        .on_progress(|progress| console.show(progress))
        .run_continued(start, &arguments.out)?;
    console.finish();
    draw_curves(&tested.trainings, &arguments.out)?;
    write_films(&tested.films, &arguments.out)?;
    if arguments.json {
        say!("{}", json!({"model": tested.folder, "test": tested}));
        return Ok(());
    }
    say!("before: {}", tested.before);
    say!("after, each film by a detector that has not seen its subject: {}", tested.after);
    say_reliability(tested.reliability.as_ref());
    say!("{}", tested.folder.display());
    Ok(())
}

/// The films of the cohort, with doubts about their marks, or phantom films.
fn read_films(
    arguments: &Arguments,
    study: &StudyConfig,
    config: &DetectorConfig,
    console: &mut Console,
) -> anyhow::Result<AnnotatedFilms> {
    let mut show = |progress| console.show(progress);
    let Some(cohort) = &arguments.cohort else {
        let count = arguments.phantom.unwrap_or_default();
        let scans = arguments.ct.as_deref().map(CtScan::read_all).transpose()?;
        let scans = scans.unwrap_or_default();
        return phantom_films(count, &scans, config.input_size, study.seed, &mut show);
    };
    let cache = FilmCache::new(study.film_cache.clone());
    let films = AnnotatedFilms::read(cohort, config.input_size, &cache, &mut show)?;
    warn_of_marks(&films);
    Ok(films)
}

/// The detector's settings: those of the preset or file, of the options, and the seed.
fn settings(
    arguments: &Arguments,
    study: &StudyConfig,
    start: Option<&KeypointDetector>,
) -> DetectorConfig {
    let mut config = match (start, arguments.phantom) {
        (Some(start), _) => start.config().continued(),
        (None, Some(_)) if !arguments.configuration.has_file() => DetectorConfig::varied(),
        _ => study.keypoints.clone(),
    };
    if let Some(weights) = &arguments.weights {
        config.pretrained = Some(weights.clone());
    }
    with_options(config, arguments, study)
}

/// The settings with those that the command line names.
fn with_options(
    mut config: DetectorConfig,
    arguments: &Arguments,
    study: &StudyConfig,
) -> DetectorConfig {
    config.training.seed = study.seed;
    if let Some(epochs) = arguments.epochs {
        config.training.epochs = epochs;
    }
    if let Some(patience) = arguments.patience {
        config.training.patience = Some(patience);
        config.training.validate_every = 1;
    }
    config
}

/// One sigma for all levels, or one for each.
fn oks_options(sigmas: &[f64]) -> anyhow::Result<OksOptions> {
    let sigmas = match *sigmas {
        [all] => [all; 5],
        [a, b, c, d, e] => [a, b, c, d, e],
        _ => bail!("--oks-sigma: expected 1 or 5 numbers, got {}", sigmas.len()),
    };
    if let Some(bad) = sigmas.iter().find(|s| !(s.is_finite() && **s > 0.0)) {
        bail!("--oks-sigma: expected numbers above 0, got {bad}");
    }
    Ok(OksOptions::default().with_sigmas(sigmas))
}

/// Says whose marked points are unlike a spine: most such films are marked wrongly.
fn warn_of_marks(films: &AnnotatedFilms) {
    for (name, film) in films.names.iter().zip(&films.samples) {
        let limits = PlausibilityLimits::default();
        for doubt in check_plausibility(&film.keypoints, film.spacing_mm, &limits) {
            remark!("warning: {name}: {doubt}");
        }
    }
}

/// The loss of every epoch of every training as `curves.svg`.
fn draw_curves(trainings: &[(String, Vec<EpochSummary>)], folder: &Path) -> anyhow::Result<()> {
    let chart = TrainingChart::new("Training of the detector")
        .with_loss_axis("Mean squared error over that of silence");
    let chart = trainings.iter().fold(chart, |chart, (name, history)| {
        let loss: Vec<f64> = history.iter().map(|epoch| epoch.loss).collect();
        chart.with_line(name, &loss)
    });
    if !chart.is_empty() {
        chart.figure("curves", "Training loss by epoch.").write(folder)?;
    }
    Ok(())
}

fn report(tested: &DetectorTest, arguments: &Arguments) -> anyhow::Result<()> {
    let model = (!arguments.cross_validate).then(|| arguments.out.join("model"));
    if arguments.json {
        say!("{}", json!({"model": model, "test": tested}));
        return Ok(());
    }
    say_figures(&tested.figures, false)?;
    if let Some(model) = model {
        say!("{}", model.display());
    }
    Ok(())
}

fn say_figures(figures: &DetectorFigures, json: bool) -> anyhow::Result<()> {
    if json {
        say!("{}", json!({"test": figures}));
        return Ok(());
    }
    say!("{}", figures.precision);
    say_errors(&figures.relative, figures.errors.as_ref());
    say_reliability(figures.reliability.as_ref());
    Ok(())
}

fn say_errors(relative: &RelativeReport, errors: Option<&LocalisationReport>) {
    say!("{relative}");
    match errors {
        Some(errors) => say!("{errors}"),
        None => say!("errors in mm: no film has a pixel spacing"),
    }
}

fn say_reliability(measured: Option<&Reliability>) {
    let Some(measured) = measured else {
        say!(
            "no probability of right points: that takes {} films of known spacing, of more than \
             one subject",
            DetectorStudy::LEAST_TO_CALIBRATE
        );
        return;
    };
    say!(
        "a film's least confidence, and the share of films with all points within {} mm:",
        DetectorCalibration::WITHIN_MM
    );
    say!("{}", measured.stated);
    say!("the same as a probability, learnt from the other films:");
    say!("{}", measured.calibrated);
}
