//! Writes a report of invented numbers, to look at its layout, into the folder given or into
//! `sample-report`.
#![allow(clippy::print_stdout)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "sample-report".to_owned());
    let folder = PathBuf::from(folder);
    let report = vertebra_report::Report::new(&common::results(), |_| Some(common::png()))?;
    println!("{}", report.write(&folder)?.display());
    Ok(())
}
