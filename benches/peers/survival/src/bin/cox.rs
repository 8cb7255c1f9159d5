//! Cox regression here and in the `survival` crate, on samples that are also written for `cox.R` and
//! `cox.py`: `../run.sh cox` runs everything and prints the table.
//!
//! Prints one line for each job: job, who, seconds (the least of several runs), a value to compare.
//! With a second argument `memory` it fits 10^6 x 10 once and prints the peak above the data.

use ndarray::Array2;
use std::{path::Path, time::Instant};
use survival::regression as theirs;
use vertebra_survival::{
    Outcomes,
    cox::{CoxMaximum, CoxOptions, Design, ElasticNet, TimeTransform},
};

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
        let mut sample = Self {
            columns,
            values: Vec::with_capacity(n * columns),
            time: Vec::with_capacity(n),
            event: Vec::with_capacity(n),
        };
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

/// Prints the least of several runs, in seconds, and a number that all must find.
fn timed(job: &str, who: &str, runs: usize, run: impl Fn() -> Result<f64>) -> Result<()> {
    let (mut least, mut found) = (f64::INFINITY, f64::NAN);
    for _ in 0..runs {
        let start = Instant::now();
        found = run()?;
        least = least.min(start.elapsed().as_secs_f64());
    }
    println!("{job}\t{who}\t{least:.4}\t{found:.10}");
    Ok(())
}

impl Sample {
    fn ours(&self) -> Result<(Outcomes, Design)> {
        let outcomes = Outcomes::new(self.time.clone(), self.event.clone())?;
        Ok((outcomes, Design::from_rows(self.columns, self.values.clone())?))
    }

    fn status(&self) -> Vec<i32> {
        self.event.iter().map(|&event| i32::from(event)).collect()
    }

    fn theirs(&self) -> Result<theirs::CoxphData> {
        let x = Array2::from_shape_vec((self.time.len(), self.columns), self.values.clone())?;
        let (time, status) = (self.time.clone(), self.status());
        Ok(theirs::CoxphData::try_new(time, None, status, x, None, None, None)?)
    }
}

/// Multiply-adds of a product of matrices, `x' x`, in a second.
fn product_rate(sample: &Sample) -> Result<f64> {
    let x = Array2::from_shape_vec((sample.time.len(), sample.columns), sample.values.clone())?;
    let mut least = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        std::hint::black_box(x.t().dot(&x));
        least = least.min(start.elapsed().as_secs_f64());
    }
    let (n, p) = x.dim();
    Ok(n as f64 * p as f64 * p as f64 / least)
}

/// One step's multiply-adds at that rate: half of the symmetric matrix, over rows.
fn floor(job: &str, sample: &Sample, rate: f64) -> Result<()> {
    let (outcomes, design) = sample.ours()?;
    let steps = CoxOptions::default().fit(&outcomes, &design)?.steps;
    let p = sample.columns as f64;
    let seconds = (steps + 1) as f64 * sample.time.len() as f64 * p * p / rate;
    println!("{job}\tfloor: n p^2 a step, {steps} steps\t{seconds:.4}\t{rate:.3e}");
    Ok(())
}

fn fits(folder: &Path, name: &str, sample: &Sample, (runs, rate): (usize, f64)) -> Result<()> {
    sample.write(folder, name)?;
    floor(name, sample, rate)?;
    timed(name, "vertebra", runs, || {
        let (outcomes, design) = sample.ours()?;
        let fit: CoxMaximum = CoxOptions::default().fit(&outcomes, &design)?;
        Ok(fit.log_likelihood)
    })?;
    timed(name, "survival crate", 1, || {
        Ok(theirs::CoxPHFit::fit(sample.theirs()?, theirs::CoxphOptions::default())?.loglik[1])
    })
}

/// Tests of proportional hazards and residuals of a fit; the peers' fits hold what our diagnostics
/// are made from, which has a row of its own.
fn after(name: &str, sample: &Sample, runs: usize) -> Result<()> {
    let (outcomes, design) = sample.ours()?;
    let options = CoxOptions::default();
    let fit = options.fit(&outcomes, &design)?;
    let terms: Vec<Vec<usize>> = (0..sample.columns).map(|j| vec![j]).collect();
    let size = |values: &[f64]| values.iter().map(|v| v.abs()).sum::<f64>();
    let model = || options.diagnostics(&outcomes, &design, &fit.coefficients);
    timed(&format!("{name} diagnostics"), "vertebra", runs, || Ok(size(&model()?.martingale())))?;
    let model = model()?;
    timed(&format!("{name} zph"), "vertebra", runs, || {
        let tests = model.proportional_hazards(TimeTransform::KaplanMeier, &terms)?;
        Ok(tests.global.statistic)
    })?;
    timed(&format!("{name} dfbeta"), "vertebra", runs, || Ok(size(&model.dfbeta()?)))?;
    timed(&format!("{name} score"), "vertebra", runs, || Ok(size(&model.score()?)))?;
    timed(&format!("{name} martingale"), "vertebra", runs, || Ok(size(&model.martingale())))?;
    timed(&format!("{name} schoenfeld"), "vertebra", runs, || {
        Ok(model.schoenfeld()?.iter().map(|event| size(&event.residual)).sum())
    })?;
    let fit = theirs::CoxPHFit::fit(sample.theirs()?, theirs::CoxphOptions::default())?;
    timed(&format!("{name} zph"), "survival crate", 1, || {
        let km = theirs::ZphTransform::Km;
        let zph = theirs::cox_zph(&fit, &km, false, false, true, None)?;
        Ok(zph.global_test.map_or(f64::NAN, |test| test.chisq))
    })?;
    timed(&format!("{name} dfbeta"), "survival crate", 1, || {
        Ok(fit.dfbeta(false, None)?.iter().map(|d| d.abs()).sum())
    })
}

fn elastic_net(folder: &Path, name: &str, sample: &Sample) -> Result<()> {
    sample.write(folder, name)?;
    let (outcomes, design) = sample.ours()?;
    let path = ElasticNet::default().with_mixing(0.9).with_smallest(0.01);
    timed(name, "vertebra", 3, || {
        let path = path.path(&outcomes, &design)?;
        Ok(path.coefficients[49].iter().map(|b| b.abs()).sum())
    })?;
    timed(name, "survival crate", 1, || {
        let (n, p) = (sample.time.len(), sample.columns);
        let (x, time) = (sample.values.clone(), sample.time.clone());
        let (rule, most) = (theirs::ScreeningRule::Strong, 1000);
        let path = theirs::fast_cox_path(
            x,
            n,
            p,
            time,
            sample.status(),
            0.9,
            50,
            Some(0.01),
            None,
            most,
            1e-9,
            rule,
        )?;
        let last = path.coefficients.last();
        Ok(last.map_or(f64::NAN, |b| b.iter().map(|b| b.abs()).sum()))
    })
}

/// The high-water mark of the process, bytes.
fn peak() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM")).ok_or("no VmHWM")?;
    Ok(line.split_whitespace().nth(1).ok_or("no VmHWM")?.parse::<f64>()? * 1024.0)
}

fn memory() -> Result<()> {
    let before = peak()?;
    let Sample { columns, values, time, event } = Sample::new(1_000_000, 10, true);
    let data = (8 * values.len() + 9 * time.len()) as f64;
    let (outcomes, design) = (Outcomes::new(time, event)?, Design::from_rows(columns, values)?);
    let with_data = peak()? - before;
    CoxOptions::default().fit(&outcomes, &design)?;
    let all = peak()? - before;
    println!("data {data:.4e} bytes, process with them {with_data:.4e}, peak {all:.4e}");
    println!("peak by data {:.3}", all / data);
    Ok(())
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("expected a folder for the samples")?;
    if arguments.next().is_some_and(|word| word == "memory") {
        return memory();
    }
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let wide = Sample::new(100_000, 100, false);
    let rate = product_rate(&wide)?;
    let (small, days) = (Sample::new(100_000, 10, false), Sample::new(1_000_000, 10, true));
    fits(folder, "1e5x10", &small, (5, rate))?;
    fits(folder, "1e5x100", &wide, (3, rate))?;
    fits(folder, "1e6x10days", &days, (3, rate))?;
    after("1e5x10", &small, 3)?;
    after("1e6x10days", &days, 2)?;
    elastic_net(folder, "1e4x200", &Sample::new(10_000, 200, false))
}
