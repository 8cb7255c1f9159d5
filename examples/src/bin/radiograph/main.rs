//! Inspects, converts or de-identifies one radiograph, or a folder of them.

mod arguments;
mod deidentify;
mod describe;
mod folder;
mod one;

use anyhow::Result;
use arguments::Arguments;
use clap::Parser;
use std::process::ExitCode;
use vertebra_examples::output::exit_code;

fn main() -> ExitCode {
    exit_code(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<()> {
    let folder = !arguments.is_stream() && vertebra_radiograph::is_folder(&arguments.file);
    match (&arguments.deidentify, folder) {
        (Some(output), false) => deidentify::one(arguments, output),
        (Some(output), true) => deidentify::folder(arguments, output),
        (None, false) => one::run(arguments),
        (None, true) => folder::run(arguments),
    }
}
