//! The run itself: its settings, its inputs, the program and the machine.

use crate::Error;
use serde::Serialize;
use std::path::Path;
use vertebra_cohort::ReferenceTable;
use vertebra_report::results::{FileColumn, RunFile, RunRecord};
use vertebra_run::{Machine, write_whole};

const RUN: &str = "run.json";
const CONFIG: &str = "config.toml";
const INPUTS: &str = "inputs.sha256";
const REFERENCE: &str = "tables/reference.csv";

/// `run.json`: the record without what has a file of its own.
#[derive(Serialize)]
struct Run<'a> {
    name: &'a str,
    preset: &'a str,
    seed: u64,
    phantom: bool,
    command: &'a [String],
    version: &'a str,
    revision: Option<&'a str>,
    device: &'a str,
    machine: &'a Machine,
    seconds: Vec<Lap<'a>>,
}

#[derive(Serialize)]
struct Lap<'a> {
    stage: &'a str,
    seconds: f64,
}

/// Writes `config.toml` and `inputs.sha256`; describes them and `run.json`.
pub(crate) fn write(run: &RunRecord, folder: &Path) -> Result<Vec<RunFile>, Error> {
    write_whole(&folder.join(CONFIG), &run.config)?;
    let line = |(file, digest): (&String, &String)| format!("{digest}  {file}\n");
    write_whole(&folder.join(INPUTS), run.inputs.iter().map(line).collect::<String>())?;
    Ok(vec![
        RunFile::new(
            RUN,
            "How it was run: command line, version and git revision of the program where it was \
             built from one, machine, and seconds by stage",
        ),
        RunFile::new(CONFIG, "Every setting; study --config takes this file"),
        RunFile::new(
            INPUTS,
            "SHA-256 of every file that was read; in the cohort folder sha256sum --check reads it",
        ),
    ])
}

/// Writes `run.json`.
pub(super) fn write_run(run: &RunRecord, folder: &Path) -> Result<(), Error> {
    let path = folder.join(RUN);
    let record = Run {
        name: &run.name,
        preset: &run.preset,
        seed: run.seed,
        phantom: run.phantom,
        command: &run.command,
        version: &run.version,
        revision: run.revision.as_deref(),
        device: &run.device,
        machine: &run.machine,
        seconds: run.seconds.iter().map(|(stage, s)| Lap { stage, seconds: *s }).collect(),
    };
    let text = serde_json::to_string_pretty(&record).map_err(|e| Error::io(&path)(e.into()))?;
    Ok(write_whole(&path, text + "\n")?)
}

/// Writes the heights that fractures were judged by.
pub(super) fn write_reference(reference: &ReferenceTable, folder: &Path) -> Result<RunFile, Error> {
    reference.write(folder.join(REFERENCE))?;
    let about = format!("Heights that fractures were judged by: {}", reference.source());
    let columns = [
        ("level", "Vertebra, L1 to L5"),
        ("sex", "F or M"),
        ("ratio", "Ratio of heights; Ha, Hm, Hp: anterior, middle, posterior height"),
        ("mean", "Mean among normal vertebrae"),
        ("sd", "Standard deviation among normal vertebrae"),
        ("n", "Vertebrae it was computed from, where known"),
    ];
    let columns = columns.map(|(name, meaning)| FileColumn::new(name, meaning)).to_vec();
    Ok(RunFile::new(REFERENCE, about).with_columns(columns))
}
