//! Our jobs and those of the `survival` crate, on one thread, on samples that it also writes for the
//! scripts beside it: `./run.sh` runs everything and prints the table.
//!
//! Prints one line for each job: job, who, seconds (the least of several runs), a value to compare.

use rand::RngExt;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use std::{error::Error, fs, hint::black_box, path::Path, time::Instant};
use vertebra_survival as ours;

struct Sample {
    time: Vec<f64>,
    days: Vec<f64>,
    event: Vec<bool>,
    risk: Vec<f64>,
    other: Vec<f64>,
}

/// Exponential times, one event in five, two correlated scores; `days` are the times in whole days.
fn sample(n: usize) -> Sample {
    let mut random = ChaCha8Rng::seed_from_u64(n as u64);
    let mut noise = || (0..6).map(|_| random.random::<f64>()).sum::<f64>() - 3.0;
    let risk: Vec<f64> = (0..n).map(|_| noise()).collect();
    let other: Vec<f64> = risk.iter().map(|r| r + noise()).collect();
    let mut random = ChaCha8Rng::seed_from_u64(n as u64 + 1);
    let mut exponential = |rate: f64| -f64::ln(1.0 - random.random::<f64>()) / rate;
    let (mut time, mut event) = (Vec::with_capacity(n), Vec::with_capacity(n));
    for r in &risk {
        let (failure, censoring) = (exponential(0.05 * r.exp()), exponential(0.2));
        time.push(failure.min(censoring));
        event.push(failure <= censoring);
    }
    let days = time.iter().map(|t| (t * 365.25).ceil() / 365.25).collect();
    Sample { time, days, event, risk, other }
}

impl Sample {
    /// Columns as raw doubles, for the scripts.
    fn write(&self, folder: &Path) -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        let event: Vec<f64> = self.event.iter().map(|&e| f64::from(u8::from(e))).collect();
        let columns = [
            ("time", &self.time),
            ("days", &self.days),
            ("event", &event),
            ("risk", &self.risk),
            ("other", &self.other),
        ];
        for (name, column) in columns {
            let bytes: Vec<u8> = column.iter().flat_map(|v| v.to_le_bytes()).collect();
            fs::write(folder.join(format!("{name}.f64")), bytes)?;
        }
        Ok(())
    }

    fn outcomes(&self, time: &[f64]) -> Result<ours::Outcomes, ours::Error> {
        ours::Outcomes::new(time.to_vec(), self.event.clone())
    }
}

/// Prints the least time of several runs, at least `runs` and no longer than two seconds more.
fn report(job: &str, who: &str, runs: usize, mut work: impl FnMut() -> f64) {
    let (begin, mut least, mut value, mut done) = (Instant::now(), f64::INFINITY, 0.0, 0);
    while done < runs || (begin.elapsed().as_secs_f64() < 1.0 && done < 200) {
        let start = Instant::now();
        value = black_box(work());
        least = least.min(start.elapsed().as_secs_f64());
        done += 1;
        if begin.elapsed().as_secs_f64() > 20.0 {
            break;
        }
    }
    println!("{job}\t{who}\t{least:.6}\t{value}");
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("expected a folder for the samples")?;
    let sizes = [1_595, 100_000, 1_000_000];
    let samples = sizes.map(sample);
    for (n, sample) in sizes.iter().zip(&samples) {
        sample.write(&Path::new(&folder).join(n.to_string()))?;
    }
    let [small, middle, large] = &samples;
    floors("n=1e5", middle);
    floors("n=1e6", large);
    our_jobs(small, middle, large)?;
    survival_crate(middle, large)?;
    Ok(())
}

/// What nothing that reads or orders these data can be faster than.
fn floors(size: &str, sample: &Sample) {
    report(&format!("floor: sort of the times, {size}"), "floor", 5, || {
        let mut time = sample.time.clone();
        time.sort_unstable_by(f64::total_cmp);
        time[0]
    });
    report(&format!("floor: one pass over times and events, {size}"), "floor", 5, || {
        let pairs = sample.time.iter().zip(&sample.event);
        pairs.map(|(t, e)| if *e { *t } else { 0.0 }).sum()
    });
}

fn our_jobs(small: &Sample, middle: &Sample, large: &Sample) -> Result<(), Box<dyn Error>> {
    let who = "vertebra";
    let (million, million_days) = (large.outcomes(&large.time)?, large.outcomes(&large.days)?);
    let (lakh, lakh_days) = (middle.outcomes(&middle.time)?, middle.outcomes(&middle.days)?);
    let few = small.outcomes(&small.time)?;
    report("Harrell C with SE, n=1e6", who, 3, || {
        ours::harrell_c(&million, &large.risk).map_or(f64::NAN, |c| c.se)
    });
    report("Harrell C without SE, n=1e6", who, 3, || {
        ours::concordance(&million, &large.risk).map_or(f64::NAN, |c| c.index())
    });
    report("difference of two C with SE, n=1e5", who, 3, || {
        ours::compare_harrell_c(&lakh, &middle.risk, &middle.other).map_or(f64::NAN, |d| d.se)
    });
    report("Uno C with SE, n=1e5", who, 3, || {
        ours::uno_c(&lakh, &middle.risk, 10.0).map_or(f64::NAN, |c| c.se)
    });
    report("1000 bootstrap C, n=1595", who, 2, || {
        ours::bootstrap_concordance(&few, &small.risk, 1000, 1).map_or(f64::NAN, |b| b.std_error())
    });
    report("1000 bootstrap C, n=1e5", who, 1, || {
        ours::bootstrap_concordance(&lakh, &middle.risk, 1000, 1).map_or(f64::NAN, |b| b.std_error())
    });
    report("Kaplan-Meier with CI, n=1e6, continuous", who, 3, || {
        ours::kaplan_meier(&million).map_or(f64::NAN, |c| c.at(5.0))
    });
    report("Kaplan-Meier with CI, n=1e6, days", who, 3, || {
        ours::kaplan_meier(&million_days).map_or(f64::NAN, |c| c.at(5.0))
    });
    report("AUC(t) at 5 times, n=1e5", who, 3, || {
        let horizons = [1.0, 2.0, 3.0, 4.0, 5.0];
        ours::auc_at_horizons(&lakh, &middle.risk, &horizons).map_or(f64::NAN, |a| a[4].auc)
    });
    report("Cox loss + gradient, n=1e5, no ties", who, 3, || {
        let got = ours::cox_partial_likelihood(&lakh, &middle.risk, ours::Ties::Breslow);
        got.map_or(f64::NAN, |l| l.loss)
    });
    report("Cox loss + gradient, n=1e5, days, Efron", who, 3, || {
        let got = ours::cox_partial_likelihood(&lakh_days, &middle.risk, ours::Ties::Efron);
        got.map_or(f64::NAN, |l| l.loss)
    });
    let (sets, sets_days) = (ours::RiskSets::new(&lakh)?, ours::RiskSets::new(&lakh_days)?);
    report("Cox loss + gradient, n=1e5, no ties", "vertebra, prepared", 3, || {
        let got = sets.partial_likelihood(&middle.risk, ours::Ties::Breslow);
        got.map_or(f64::NAN, |l| l.loss)
    });
    report("Cox loss + gradient, n=1e5, days, Efron", "vertebra, prepared", 3, || {
        let got = sets_days.partial_likelihood(&middle.risk, ours::Ties::Efron);
        got.map_or(f64::NAN, |l| l.loss)
    });
    Ok(())
}

fn survival_crate(middle: &Sample, large: &Sample) -> Result<(), Box<dyn Error>> {
    use survival::concordance::{ConcordanceOptions, TimeWeight, concordancefit};
    use survival::{core::SurvResponse, data_types::SurvivalData};
    use survival::surv_analysis::{SurvfitKMData, SurvfitKMOptions, survfitkm};
    let status = |s: &Sample| s.event.iter().map(|&e| i32::from(e)).collect::<Vec<i32>>();
    let data = |s: &Sample| SurvivalData::try_new(s.time.clone(), status(s));
    let matrix = |columns: &[&[f64]]| {
        ndarray::Array2::from_shape_fn((columns[0].len(), columns.len()), |(i, k)| columns[k][i])
    };
    let (million, lakh) = (data(large)?, data(middle)?);
    let fit = |data: &SurvivalData, x: &ndarray::Array2<f64>, options: &ConcordanceOptions| {
        let got = concordancefit(SurvResponse::Right(data), x.view(), None, None, None, options);
        got.map_or(f64::NAN, |fit| fit.concordance[0])
    };
    let with_se = ConcordanceOptions { reverse: true, ..Default::default() };
    let without = ConcordanceOptions { reverse: true, std_err: false, ..Default::default() };
    let uno = ConcordanceOptions {
        reverse: true,
        timewt: TimeWeight::NOverG2,
        ymax: Some(10.0),
        ..Default::default()
    };
    let (one, first) = (matrix(&[&large.risk]), matrix(&[&middle.risk]));
    let two = matrix(&[&middle.risk, &middle.other]);
    let who = "survival crate";
    report("Harrell C with SE, n=1e6", who, 1, || fit(&million, &one, &with_se));
    report("Harrell C without SE, n=1e6", who, 1, || fit(&million, &one, &without));
    report("difference of two C with SE, n=1e5", who, 1, || fit(&lakh, &two, &with_se));
    report("Uno C with SE, n=1e5", who, 1, || fit(&lakh, &first, &uno));
    for (job, time) in [
        ("Kaplan-Meier with CI, n=1e6, continuous", &large.time),
        ("Kaplan-Meier with CI, n=1e6, days", &large.days),
    ] {
        let data = SurvfitKMData::right_censored(time.clone(), status(large))?;
        report(job, who, 1, || {
            let got = survfitkm(&data, &SurvfitKMOptions::default());
            got.map_or(f64::NAN, |fit| fit.surv[0])
        });
    }
    Ok(())
}
