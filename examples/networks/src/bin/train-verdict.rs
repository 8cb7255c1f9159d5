//! Learns when the findings of a detector may be trusted, from drawn films alone.

#![allow(clippy::print_stderr)]

use anyhow::Context;
use clap::Parser;
use serde::Serialize;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vertebra_examples::output::exit_code;
use vertebra_examples::say;
use vertebra_hrnet::{JudgedFilm, KeypointDetector, Trust};
use vertebra_networks::device::{DeviceArgument, tell};
use vertebra_networks::judged_films::{JudgedKind, judged_films};
use vertebra_run::write_whole;

/// Learns when the findings of keypoint detectors may be trusted: whether a film is a lateral
/// lumbar one, whether it is upright, and whether all points are right.
///
/// Each detector looks at phantom films, half of them altered (other grey curves, blur, noise,
/// parts cut off, turned), a quarter faint, a fifth upside down, and at half as many drawings of other parts,
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
    let load = |folder: &PathBuf| KeypointDetector::load(folder, &device.device);
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
    let held_out: Vec<_> = films.iter().skip(1).step_by(2).collect();
    report(&rows, auc_of_right(&held_out, &trust), arguments.json)?;
    save(&trust, &detectors, arguments)
}

/// What came of the films of one kind.
#[derive(Serialize)]
struct Row {
    kind: String,
    n: usize,
    /// Taken for lateral lumbar films.
    lumbar: usize,
    /// Taken for upright.
    upright: usize,
    /// Neither refused nor with points in doubt.
    ok: usize,
}

impl Row {
    fn of(kind: JudgedKind, films: &[&JudgedFilm], trust: &Trust) -> Self {
        let lumbar = |film: &&&JudgedFilm| trust.lateral_lumbar(&film.evidence) >= trust.view_limit;
        let upright = |film: &&&JudgedFilm| trust.is_upright(&film.evidence) >= trust.upright_limit;
        let ok = |film: &&&JudgedFilm| trust.accepts(&film.evidence);
        Self {
            kind: kind.to_string(),
            n: films.len(),
            lumbar: films.iter().filter(lumbar).count(),
            upright: films.iter().filter(upright).count(),
            ok: films.iter().filter(ok).count(),
        }
    }
}

/// How probable it is that a whole phantom film on which the points are right has a higher
/// probability of that than one on which they are wrong; `None` without either.
fn auc_of_right(films: &[&(JudgedKind, JudgedFilm)], trust: &Trust) -> Option<f64> {
    let of = |kind: JudgedKind| -> Vec<f64> {
        let films = films.iter().filter(|(of, _)| *of == kind);
        films.map(|(_, film)| trust.points_right(&film.evidence)).collect()
    };
    let (right, wrong) = (of(JudgedKind::Right), of(JudgedKind::Wrong));
    let half = |above: bool| 0.5 * f64::from(u8::from(above));
    let above = |r: &f64| wrong.iter().map(|w| half(r > w) + half(r >= w)).sum::<f64>();
    let pairs = (right.len() * wrong.len()) as f64;
    (pairs > 0.0).then(|| right.iter().map(above).sum::<f64>() / pairs)
}

fn report(rows: &[Row], auc: Option<f64>, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        say!("{}", json!({"kinds": rows, "auc_of_right": auc}));
        return Ok(());
    }
    let [lumbar, upright] = ["taken for lumbar", "for upright"];
    say!("{:28} {:>6} {lumbar:>17} {upright:>12} {:>6}", "films not learnt from", "n", "ok");
    for Row { kind, n, lumbar, upright, ok } in rows {
        say!("{kind:28} {n:>6} {lumbar:>17} {upright:>12} {ok:>6}");
    }
    if let Some(auc) = auc {
        say!("AUC of the probability of right points, whole phantom films: {auc:.3}");
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
