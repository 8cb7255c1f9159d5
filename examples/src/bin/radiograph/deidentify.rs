//! Copies without what could identify a person.

use crate::arguments::Arguments;
use crate::{folder, one};
use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;
use serde_json::json;
use std::path::Path;
use vertebra_examples::say;
use vertebra_radiograph::Deidentifier;

pub(crate) fn one(arguments: &Arguments, output: &Path) -> Result<()> {
    let deidentifier = deidentifier(arguments)?;
    let report = match one::bytes(arguments)? {
        Some(bytes) => deidentifier.bytes_to_file(&bytes, output)?,
        None => deidentifier.file(&arguments.file, output)?,
    };
    say!("{}", serde_json::to_string(&report)?);
    Ok(())
}

pub(crate) fn folder(arguments: &Arguments, output: &Path) -> Result<()> {
    let (deidentifier, bar) = (deidentifier(arguments)?, ProgressBar::new(0));
    let report = deidentifier.folder(&arguments.file, output, folder::advance(&bar))?;
    bar.finish_and_clear();
    folder::summarize(&report);
    for (path, (new, done)) in &report.films {
        let mut line = serde_json::to_value(done)?;
        line["file"] = json!(path.display().to_string());
        line["written"] = json!(new.display().to_string());
        say!("{line}");
    }
    match report.failures.len() {
        0 => Ok(()),
        failures => bail!("{failures} files could not be de-identified and were not written"),
    }
}

fn deidentifier(arguments: &Arguments) -> Result<Deidentifier> {
    let path = arguments.key.as_ref().context("--deidentify needs --key FILE")?;
    let key = std::fs::read(path).with_context(|| path.display().to_string())?;
    let deidentifier = Deidentifier::new(&key).with_characteristics(arguments.keep_characteristics);
    Ok(arguments.shift_dates.into_iter().fold(deidentifier, Deidentifier::with_date_shift))
}
