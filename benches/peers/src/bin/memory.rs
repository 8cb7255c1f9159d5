//! Harrell's C with its standard error on so many subjects, to be run under `/usr/bin/time -v`:
//! `cargo run --release --bin memory -- 100000000`.

use rand::RngExt;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use std::{error::Error, time::Instant};
use vertebra_survival::{Outcomes, harrell_c};

fn main() -> Result<(), Box<dyn Error>> {
    let n: usize = std::env::args().nth(1).ok_or("expected a number of subjects")?.parse()?;
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut exponential = |rate: f64| -f64::ln(1.0 - random.random::<f64>()) / rate;
    let (mut time, mut event) = (Vec::with_capacity(n), Vec::with_capacity(n));
    let mut risk = Vec::with_capacity(n);
    for _ in 0..n {
        let score = exponential(1.0);
        let (failure, censoring) = (exponential(0.05 * score), exponential(0.2));
        time.push(failure.min(censoring));
        event.push(failure <= censoring);
        risk.push(score);
    }
    let start = Instant::now();
    let c = harrell_c(&Outcomes::new(time, event)?, &risk)?;
    println!("n = {n}: C = {}, se = {}, {:?}", c.c, c.se, start.elapsed());
    Ok(())
}
