//! Learns when the findings of a detector may be trusted, from drawn films alone.

#![allow(clippy::print_stderr)]

use anyhow::Context;
use clap::Parser;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vertebra_examples::output::exit_code;
use vertebra_examples::say;
use vertebra_hrnet::{JudgedFilm, KeypointDetector, Trust};
use vertebra_networks::device::{DeviceArgument, tell};
use vertebra_networks::judged_films::{JudgedKind, judged_films};
use vertebra_run::write_whole;

/// Learns when the findings of keypoint detectors may be trusted: whether a film is a lateral
/// lumbar one, and whether all points are right.
///
/// Each detector looks at phantom films, two of three of them altered (other grey curves, blur,
/// noise, parts cut off, turned), some upside down, and at half as many drawings of other parts,
/// other views and other things. Every second film is for learning; what is printed was measured on
/// the others.
#[derive(Parser)]
#[command(name = "train-verdict", version)]
struct Arguments {
    /// Folder of a keypoint detector or of a study's model; several share one result
    #[arg(long, required = true)]
    model: Vec<PathBuf>,
    /// Phantom films per detector
    #[arg(long, default_value_t = 1500)]
    films: usize,
    /// Seed of every draw
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    device: DeviceArgument,
    /// Writes the result as a JSON file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Puts the result into the folder of each detector, which uses it from then on
    #[arg(long)]
    save: bool,
    /// Prints the measurements as JSON
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    exit_code(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let device = arguments.device.open()?;
    tell(&device);
    let load = |folder: &PathBuf| KeypointDetector::load(folder, &device);
    let detectors: Vec<KeypointDetector> =
        arguments.model.iter().map(load).collect::<Result<_, _>>()?;
    let mut films = Vec::new();
    for (folder, detector) in arguments.model.iter().zip(&detectors) {
        eprintln!("{}: {} films", folder.display(), arguments.films + arguments.films / 2);
        films.extend(judged_films(detector, arguments.films, arguments.seed)?);
    }
    let half = |rest: usize| films.iter().skip(rest).step_by(2).map(|(_, film)| *film);
    let trust = Trust::fit(&half(0).collect::<Vec<_>>())?;
    let rows: Vec<Row> = JudgedKind::all()
        .map(|kind| {
            let held_out = films.iter().skip(1).step_by(2).filter(|(of, _)| *of == kind);
            let held_out: Vec<&JudgedFilm> = held_out.map(|(_, film)| film).collect();
            Row::of(kind, &held_out, &trust)
        })
        .collect();
    report(&rows, arguments.json)?;
    save(&trust, &detectors, arguments)
}

/// What came of the films of one kind.
#[derive(Serialize)]
struct Row {
    kind: String,
    n: usize,
    /// Taken for lateral lumbar films.
    lumbar: usize,
    /// Neither refused nor with points in doubt.
    ok: usize,
}

impl Row {
    fn of(kind: JudgedKind, films: &[&JudgedFilm], trust: &Trust) -> Self {
        let lumbar = |film: &&&JudgedFilm| trust.lateral_lumbar(&film.evidence) >= trust.view_limit;
        let ok = |film: &&&JudgedFilm| trust.accepts(&film.evidence);
        Self {
            kind: kind.to_string(),
            n: films.len(),
            lumbar: films.iter().filter(lumbar).count(),
            ok: films.iter().filter(ok).count(),
        }
    }
}

fn report(rows: &[Row], as_json: bool) -> anyhow::Result<()> {
    if as_json {
        say!("{}", serde_json::to_string(rows)?);
        return Ok(());
    }
    say!("{:28} {:>6} {:>17} {:>6}", "films not learnt from", "n", "taken for lumbar", "ok");
    for Row { kind, n, lumbar, ok } in rows {
        say!("{kind:28} {n:>6} {lumbar:>17} {ok:>6}");
    }
    Ok(())
}

fn save(
    trust: &Trust,
    detectors: &[KeypointDetector],
    arguments: &Arguments,
) -> anyhow::Result<()> {
    if let Some(path) = &arguments.out {
        write_whole(path, serde_json::to_string_pretty(trust)? + "\n")?;
    }
    if arguments.save {
        for (folder, detector) in arguments.model.iter().zip(detectors) {
            put(trust, detector, folder).with_context(|| format!("{}", folder.display()))?;
        }
    }
    Ok(())
}

fn put(trust: &Trust, detector: &KeypointDetector, folder: &Path) -> anyhow::Result<()> {
    Ok(detector.clone().with_trust(trust.clone()).save(folder)?)
}
