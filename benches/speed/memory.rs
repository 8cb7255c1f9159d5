//! Harrell's C with its standard error on a very large sample, to be run under `/usr/bin/time -v`:
//! `cargo bench --workspace --bench speed_memory -- 100000000` (one million subjects by default).
#![allow(clippy::print_stdout, clippy::expect_used)]

use std::time::Instant;
use vertebra_benches::{SurvivalSample, arguments, peak_megabytes};
use vertebra_survival::{Outcomes, harrell_c};

fn main() {
    let n = arguments().first().map_or(1_000_000, |n| n.parse().expect("a number of subjects"));
    // Only the three columns that are needed stay in memory.
    let SurvivalSample { time, event, risk, .. } = SurvivalSample::new(n);
    let start = Instant::now();
    let outcomes = Outcomes::new(time, event).expect("valid times");
    let c = harrell_c(&outcomes, &risk).expect("comparable pairs");
    let (elapsed, peak) = (start.elapsed(), peak_megabytes());
    println!(
        "n = {n}: C = {}, se = {}, {elapsed:?}, {peak} MB at the peak",
        c.estimate.value, c.estimate.std_error
    );
}
