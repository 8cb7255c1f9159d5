//! Everything that can be said of risk scores and predicted probabilities on a CSV of outcomes.

#![allow(clippy::print_stdout)]

mod arguments;
mod curves;
mod discrimination;
mod pictures;
mod prediction;
mod tables;

use arguments::{Arguments, Data};
use clap::Parser;
use serde_json::{Value, json};
use vertebra_examples::output;

fn main() -> std::process::ExitCode {
    output::exit_code(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let data = arguments.read()?;
    let evaluation = evaluate(arguments, &data);
    if let Some(folder) = &arguments.pictures {
        // All are drawn before the first is written.
        for figure in pictures::pictures(arguments, &data, &evaluation)? {
            figure.write(folder)?;
        }
    }
    match arguments.json {
        true => println!("{evaluation}"),
        false => print!("{}", tables::tables(arguments, &evaluation)),
    }
    Ok(())
}

fn evaluate(arguments: &Arguments, data: &Data) -> Value {
    let (risks, comparisons) = discrimination::discrimination(arguments, data);
    json!({
        "n": data.outcomes.n_subjects(),
        "events": data.outcomes.n_events(),
        "time_unit": arguments.time_unit,
        "survival": curves::survival(arguments, &data.outcomes),
        "risks": risks,
        "comparisons": comparisons,
        "auc_equality": discrimination::auc_equality(arguments, data),
        "groups": curves::groups(data),
        "predictions": prediction::predictions(arguments, data),
        "brier_comparisons": prediction::brier_comparisons(data),
    })
}
