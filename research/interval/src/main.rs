//! How often intervals from events known to an interval between visits cover the truth.
//!
//! `cargo run --release -p vertebra-interval-coverage -- 1000 200` draws 1,000 samples of 200
//! subjects and prints one row of Markdown per figure.
#![allow(clippy::print_stdout)] // it is what the program is for

mod figures;
mod sample;

use figures::{Row, figures};
use sample::{Plan, Sample, truth};

fn main() -> Result<(), vertebra_survival::Error> {
    let mut arguments = std::env::args().skip(1).filter_map(|a| a.parse::<usize>().ok());
    let (samples, n) = (arguments.next().unwrap_or(1000), arguments.next().unwrap_or(200));
    for plan in [Plan::EveryTwoYears, Plan::AnyTime] {
        let truth = truth();
        let mut rows: Vec<Row> = vec![];
        for seed in 0..samples as u64 {
            figures(&Sample::draw(n, plan, seed)?, &truth, &mut rows);
        }
        println!("\n**{}, n = {n}, {samples} samples**\n", plan.name());
        println!("| figure | truth | mean | bias | SD | mean SE | covers, % | undefined |");
        println!("|---|---|---|---|---|---|---|---|");
        rows.iter().for_each(|row| println!("{}", row.markdown()));
    }
    Ok(())
}
