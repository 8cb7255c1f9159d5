//! Everything that can be said of risk scores and predicted probabilities on a CSV of outcomes.

mod arguments;
mod pictures;
#[cfg(test)]
mod tests;

use anyhow::Context;
use arguments::Arguments;
use clap::Parser;
use vertebra_evaluation::Evaluation;
use vertebra_examples::{output, say};

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
    match arguments.json {
        true => say!("{}", serde_json::to_string(&evaluation).context("JSON")?),
        false => output::print(format_args!("{}: {evaluation}", arguments.input.table.display())),
    }
    Ok(())
}
