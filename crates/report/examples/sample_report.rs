//! Writes a report of invented numbers, to look at its layout: `sample_report FOLDER`.
#![allow(clippy::print_stdout)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("expected a folder to write to")?);
    let report = vertebra_report::Report::new(&common::results(), |_| Some(common::png()))?;
    println!("{}", report.write(&folder)?.display());
    Ok(())
}
