//! How often the 95 % intervals of a concordance and of a paired difference cover the truth, and
//! how often each paired test rejects a true null hypothesis. Prints the tables of
//! `docs/VALIDATION.md`:
//!
//! ```sh
//! cargo run --release -p vertebra-coverage            # 2,000 samples of each size
//! cargo run --release -p vertebra-coverage -- 100 179 # 100 samples of 179 subjects
//! cargo run --release -p vertebra-coverage -- 2000 179 0 # without the bootstrap
//! cargo run --release -p vertebra-coverage -- figures 2000 # all other figures and tests
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod coverage;
mod figures;
mod intervals;
mod scenario;
mod tally;

use figures::Cohort;
use intervals::{Intervals, intervals};
use rayon::prelude::*;
use scenario::{HORIZON, LARGE, SCENARIOS, Scenario, Truth};
use tally::Tally;
use vertebra_survival::Error;

/// Large samples behind each truth.
const LARGE_SAMPLES: u64 = 4;

fn main() -> std::process::ExitCode {
    let mut arguments = std::env::args().skip(1).peekable();
    let of_figures = arguments.next_if(|first| first == "figures").is_some();
    let arguments: Result<Vec<u64>, _> = arguments.map(|a| a.parse()).collect();
    if let (true, Ok([samples, size @ ..])) = (of_figures, arguments.as_deref()) {
        return match all_figures(*samples, size.first().map(|n| *n as usize)) {
            Ok(()) => std::process::ExitCode::SUCCESS,
            Err(why) => {
                eprintln!("error: {why}");
                std::process::ExitCode::FAILURE
            }
        };
    }
    let (samples, only, replicates) = match arguments.as_deref() {
        Ok([]) => (2_000, None, None),
        Ok([samples]) if *samples > 0 => (*samples, None, None),
        Ok([samples, n]) if *samples > 0 => (*samples, Some(*n as usize), None),
        Ok([samples, n, b]) if *samples > 0 => (*samples, Some(*n as usize), Some(*b as usize)),
        _ => {
            eprintln!(
                "error: expected samples (2000), size (179) and bootstrap samples (999), or the \
                 first of these"
            );
            return std::process::ExitCode::FAILURE;
        }
    };
    let mut chosen = SCENARIOS.iter().filter(|s| only.is_none_or(|n| s.n == n));
    let with = |s: &Scenario| Scenario { replicates: replicates.unwrap_or(s.replicates), ..*s };
    match chosen.try_for_each(|scenario| report(with(scenario), samples)) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            std::process::ExitCode::FAILURE
        }
    }
}

/// The three sizes, or one of them, with independent subjects, then in clusters; the larger ones
/// have a quarter and a tenth of the samples.
fn all_figures(samples: u64, only: Option<usize>) -> Result<(), Error> {
    let mut truths = coverage::Truths::default();
    for clustered in [false, true] {
        let [small, medium, large] = SCENARIOS.map(|s| Cohort { n: s.n, rate: s.rate, clustered });
        let cohorts =
            [(small, samples), (medium, samples.div_ceil(4)), (large, samples.div_ceil(10))];
        let chosen = cohorts.into_iter().filter(|(cohort, _)| only.is_none_or(|n| cohort.n == n));
        coverage::report(&chosen.collect::<Vec<_>>(), &mut truths)?;
    }
    Ok(())
}

fn report(scenario: Scenario, samples: u64) -> Result<(), Error> {
    let truths = scenario.truths(LARGE_SAMPLES)?;
    let drawn: Vec<(usize, Result<[Intervals; 2], Error>)> = (0..samples)
        .into_par_iter()
        .map(|seed| {
            let sample = scenario.sample(seed)?;
            Ok((sample.outcomes.n_events(), intervals(scenario, &sample, seed)))
        })
        .collect::<Result<_, Error>>()?;
    let events = drawn.iter().map(|d| d.0 as f64).sum::<f64>() / samples as f64;
    println!(
        "### n = {}, {events:.0} events on average\n\n{samples} samples, {} bootstrap samples each; \
         truth from {LARGE_SAMPLES} × {LARGE} subjects.\n",
        scenario.n, scenario.replicates
    );
    let without = drawn.iter().filter(|d| d.1.is_err()).count();
    if without > 0 {
        println!("{without} samples had no index, or one in too few bootstrap samples.\n");
    }
    for (k, name) in ["Harrell's C", "Uno's C"].into_iter().enumerate() {
        let Truth { good, worse } = truths[k];
        let until = if k == 1 { format!(" up to {HORIZON} years") } else { String::new() };
        let of = |pick: fn(&Intervals) -> &Vec<intervals::Named>, truth| {
            let intervals = drawn.iter().filter_map(|d| d.1.as_ref().ok());
            Tally::new(intervals.map(|both| pick(&both[k])), truth)
        };
        println!("**{name}{until}**, truth {good:.4}\n\n{}", of(|i| &i.c, good).coverage());
        let difference = good - worse;
        let tally = of(|i| &i.difference, difference);
        println!("**Difference of two**, truth {difference:.4}\n\n{}", tally.coverage());
        println!(
            "**Paired test of two equally good scores**\n\n{}",
            of(|i| &i.null, 0.0).rejections()
        );
    }
    Ok(())
}
