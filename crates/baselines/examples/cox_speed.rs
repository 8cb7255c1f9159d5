//! Times of Cox regressions, on samples that it writes for `benches/peers/survival/cox.R`, which
//! runs the same jobs in R:
//!
//! `cargo run --release -p vertebra-baselines --example cox_speed -- FOLDER`

#![allow(clippy::print_stdout)] // an example prints

use std::{path::Path, time::Instant};
use vertebra_baselines::Outcomes;
use vertebra_survival::cox::{CoxMaximum, CoxOptions, Design, ElasticNet, TimeTransform};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Uniform numbers in [0, 1), the same on every call.
struct Uniform(u64);

impl Uniform {
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

struct Sample {
    columns: usize,
    values: Vec<f64>,
    time: Vec<f64>,
    event: Vec<bool>,
}

impl Sample {
    /// Exponential times, one event in five; in whole days of 20 years where `days`.
    fn new(n: usize, columns: usize, days: bool) -> Self {
        let mut uniform = Uniform(n as u64 + columns as u64);
        let mut sample = Self { columns, values: Vec::new(), time: Vec::new(), event: Vec::new() };
        for _ in 0..n {
            let row: Vec<f64> = (0..columns)
                .map(|_| (0..3).map(|_| uniform.next()).sum::<f64>() * 2.0 - 3.0)
                .collect();
            let log_hazard: f64 =
                row.iter().take(10).enumerate().map(|(j, x)| x * 0.1 * (j % 3) as f64).sum();
            let mut exponential = |rate: f64| -(1.0 - uniform.next()).ln() / rate;
            let (failure, censoring) = (exponential(0.05 * log_hazard.exp()), exponential(0.2));
            let time = failure.min(censoring);
            sample.time.push(if days { (time * 365.25).ceil() / 365.25 } else { time });
            sample.event.push(failure <= censoring);
            sample.values.extend(row);
        }
        sample
    }

    fn write(&self, folder: &Path, name: &str) -> Result<()> {
        let event = self.event.iter().map(|&e| f64::from(u8::from(e)));
        let numbers = self.time.iter().copied().chain(event).chain(self.values.iter().copied());
        let bytes: Vec<u8> = numbers.flat_map(f64::to_le_bytes).collect();
        Ok(std::fs::write(folder.join(format!("{name}.bin")), bytes)?)
    }
}

/// Prints the least of several runs, in seconds, and a number that R must find too.
fn timed<T>(
    job: &str,
    runs: usize,
    check: impl Fn(&T) -> f64,
    run: impl Fn() -> Result<T>,
) -> Result<()> {
    let mut least = f64::INFINITY;
    let mut found = f64::NAN;
    for _ in 0..runs {
        let start = Instant::now();
        let result = run()?;
        least = least.min(start.elapsed().as_secs_f64());
        found = check(&result);
    }
    println!("{job}\tvertebra\t{least:.4}\t{found:.10}");
    Ok(())
}

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "target/cox_samples".to_owned());
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let loglik = |fit: &CoxMaximum| fit.log_likelihood;
    for (name, n, columns, days, runs) in [
        ("1e5x10", 100_000, 10, false, 5),
        ("1e5x100", 100_000, 100, false, 3),
        ("1e6x10days", 1_000_000, 10, true, 2),
    ] {
        let sample = Sample::new(n, columns, days);
        sample.write(folder, name)?;
        let data = || -> Result<(Outcomes, Design)> {
            let outcomes = Outcomes::new(sample.time.clone(), sample.event.clone())?;
            Ok((outcomes, Design::from_rows(sample.columns, sample.values.clone())?))
        };
        timed(name, runs, loglik, || {
            let (outcomes, design) = data()?;
            Ok(CoxOptions::default().fit(&outcomes, &design)?)
        })?;
        if columns == 10 {
            let (outcomes, design) = data()?;
            let options = CoxOptions::default();
            let fit = options.fit(&outcomes, &design)?;
            let terms: Vec<Vec<usize>> = (0..columns).map(|j| vec![j]).collect();
            let statistic = |statistic: &f64| *statistic;
            timed(&format!("{name} zph"), runs, statistic, || {
                let model = options.diagnostics(&outcomes, &design, &fit.coefficients)?;
                let tests = model.proportional_hazards(TimeTransform::KaplanMeier, &terms)?;
                Ok(tests.global.statistic)
            })?;
            timed(&format!("{name} dfbeta"), runs, statistic, || {
                let model = options.diagnostics(&outcomes, &design, &fit.coefficients)?;
                Ok(model.dfbeta()?.iter().map(|d| d.abs()).sum::<f64>())
            })?;
        }
    }
    let sample = Sample::new(10_000, 200, false);
    sample.write(folder, "1e4x200")?;
    let outcomes = Outcomes::new(sample.time.clone(), sample.event.clone())?;
    let design = Design::from_rows(200, sample.values.clone())?;
    let path = ElasticNet::default().with_mixing(0.9).with_smallest(0.01);
    let size = |size: &f64| *size;
    timed("1e4x200 elastic net", 2, size, || {
        let path = path.path(&outcomes, &design)?;
        Ok(path.coefficients[49].iter().map(|b| b.abs()).sum::<f64>())
    })
}
