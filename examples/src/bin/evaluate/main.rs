//! Everything that can be said of risk scores and predicted probabilities on a CSV of outcomes.

mod arguments;
mod pictures;
#[cfg(test)]
mod tests;

use anyhow::Context;
use arguments::{Arguments, Request};
use clap::Parser;
use std::path::Path;
use vertebra_evaluation::Evaluation;
use vertebra_examples::{output, say};
use vertebra_report::Report;

fn main() -> std::process::ExitCode {
    output::exit_code(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let request = arguments.read()?;
    let evaluation = Evaluation::of(&request.sample, &request.options)?;
    if let Some(folder) = &arguments.pictures {
        // All are drawn before the first is written.
        for figure in pictures::pictures(&request, &evaluation)? {
            figure.write(folder)?;
        }
    }
    if let Some(folder) = &arguments.report {
        report(arguments, &request, &evaluation, folder)?;
    }
    match arguments.json {
        true => say!("{}", serde_json::to_string(&evaluation).context("JSON")?),
        false => output::print(format_args!("{}: {evaluation}", arguments.input.table.display())),
    }
    Ok(())
}

/// Writes `results.json` and the report.
fn report(
    arguments: &Arguments,
    request: &Request,
    evaluation: &Evaluation,
    folder: &Path,
) -> anyhow::Result<()> {
    let name = arguments.input.table.file_stem().unwrap_or_default().to_string_lossy();
    let figures = pictures::pictures(request, evaluation)?;
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let json = serde_json::to_string_pretty(evaluation).context("JSON")?;
    vertebra_run::write_whole(&folder.join("results.json"), json)?;
    Report::of_evaluation(evaluation, &name, figures).write(folder)?;
    Ok(())
}
