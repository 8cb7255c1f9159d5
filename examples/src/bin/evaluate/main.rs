//! Everything that can be said of risk scores and predicted probabilities on a CSV of outcomes.

#![allow(clippy::print_stdout)]

mod arguments;
mod curves;
mod discrimination;
mod groups;
mod pictures;
mod prediction;
mod tables;
#[cfg(test)]
mod tests;

use arguments::{Arguments, Data, Observed};
use clap::Parser;
use serde_json::{Value, json};
use vertebra_charts::Figure;
use vertebra_examples::output;
use vertebra_survival::{Endpoint, OneCause, Outcomes};

fn main() -> std::process::ExitCode {
    output::exit_code(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (evaluation, figures) = evaluate(arguments)?;
    if let Some(folder) = &arguments.pictures {
        // All are drawn before the first is written.
        for figure in figures {
            figure.write(folder)?;
        }
    }
    match arguments.json {
        true => println!("{evaluation}"),
        false => print!("{}", tables::tables(arguments, &evaluation)),
    }
    Ok(())
}

/// The evaluation and, if asked for, its pictures.
fn evaluate(arguments: &Arguments) -> anyhow::Result<(Value, Vec<Figure>)> {
    let data = arguments.read()?;
    match &data.observed {
        Observed::One(outcomes) => Evaluation {
            arguments,
            data: &data,
            endpoint: outcomes,
            pairs: outcomes.clone(),
            own: outcomes.clone(),
            cause: None,
        }
        .run(),
        Observed::Competing(outcomes, cause) => {
            let cause = outcomes.cause(*cause)?;
            Evaluation {
                arguments,
                data: &data,
                endpoint: &cause,
                pairs: cause.staying_at_risk(),
                own: cause.cause_specific(),
                cause: Some(cause),
            }
            .run()
        }
    }
}

/// The data as outcomes of one endpoint.
struct Evaluation<'a, E> {
    arguments: &'a Arguments,
    data: &'a Data,
    /// What is predicted: the event, or one cause of it.
    endpoint: &'a E,
    /// Outcomes whose pairs a C compares: who had another event outlives everybody.
    pairs: Outcomes,
    /// Outcomes in which events of other causes are censorings.
    own: Outcomes,
    /// The cause, where others compete with it.
    cause: Option<OneCause<'a>>,
}

impl<E: Endpoint> Evaluation<'_, E> {
    fn run(&self) -> anyhow::Result<(Value, Vec<Figure>)> {
        let (risks, comparisons) = discrimination::discrimination(self);
        let evaluation = json!({
            "n": self.own.n_subjects(),
            "events": self.own.n_events(),
            "cause": self.cause.map(OneCause::number),
            "time_unit": self.arguments.time_unit,
            "survival": curves::survival(self),
            "incidence": self.cause.map(|cause| curves::incidence(self, cause)),
            "risks": risks,
            "comparisons": comparisons,
            "auc_equality": discrimination::auc_equality(self),
            "groups": groups::groups(self),
            "predictions": prediction::predictions(self),
            "brier_comparisons": prediction::brier_comparisons(self),
            "integrated_brier": prediction::integrated(self),
        });
        let figures = match self.arguments.pictures {
            Some(_) => pictures::pictures(self, &evaluation)?,
            None => Vec::new(),
        };
        Ok((evaluation, figures))
    }
}
