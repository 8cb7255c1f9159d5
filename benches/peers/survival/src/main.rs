//! Our jobs and those of the `survival` crate, on one thread, on samples that are also written for
//! the scripts of this folder: `../run.sh survival` runs everything and prints the table.
//!
//! Prints one line for each job: job, who, seconds (the least of several runs), a value to compare.

use std::{error::Error, fs, path::Path};
use vertebra_benches::{SurvivalSample as Sample, Times};
use vertebra_survival as ours;

/// Columns as raw doubles, for the scripts.
fn write(sample: &Sample, folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let event: Vec<f64> = sample.event.iter().map(|&e| f64::from(u8::from(e))).collect();
    let columns = [
        ("time", &sample.time),
        ("days", &sample.days),
        ("event", &event),
        ("risk", &sample.risk),
        ("other", &sample.other),
    ];
    let (left, right) = sample.visits();
    for (name, column) in columns.into_iter().chain([("left", &left), ("right", &right)]) {
        let bytes: Vec<u8> = column.iter().flat_map(|v| v.to_le_bytes()).collect();
        fs::write(folder.join(format!("{name}.f64")), bytes)?;
    }
    Ok(())
}

fn outcomes(sample: &Sample, time: &[f64]) -> Result<ours::Outcomes, ours::Error> {
    ours::Outcomes::new(time.to_vec(), sample.event.clone())
}

/// Prints the least time of at least `runs` runs, and of more where they are short.
fn report(job: &str, who: &str, runs: usize, mut work: impl FnMut() -> f64) {
    let mut value = f64::NAN;
    let times = Times::within(1.0, runs, || value = work());
    println!("{job}\t{who}\t{:.6}\t{value}", times.least());
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("expected a folder for the samples")?;
    let sizes = [1_595, 10_000, 100_000, 1_000_000];
    let samples = sizes.map(Sample::new);
    for (n, sample) in sizes.iter().zip(&samples) {
        write(sample, &Path::new(&folder).join(n.to_string()))?;
    }
    let [small, ten_thousand, middle, large] = &samples;
    floors("n=1e5", middle);
    floors("n=1e6", large);
    our_jobs(small, middle, large)?;
    turnbull(ten_thousand)?;
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
    let (million, million_days) = (outcomes(large, &large.time)?, outcomes(large, &large.days)?);
    let (hundred_thousand, hundred_thousand_days) =
        (outcomes(middle, &middle.time)?, outcomes(middle, &middle.days)?);
    let few = outcomes(small, &small.time)?;
    report("Harrell C with SE, n=1e6", who, 3, || {
        ours::harrell_c(&million, &large.risk).map_or(f64::NAN, |c| c.estimate.std_error)
    });
    report("Harrell C without SE, n=1e6", who, 3, || {
        ours::concordance(&million, &large.risk).map_or(f64::NAN, |c| c.index())
    });
    report("difference of two C with SE, n=1e5", who, 3, || {
        ours::compare_harrell_c(&hundred_thousand, &middle.risk, &middle.other)
            .map_or(f64::NAN, |d| d.difference.std_error)
    });
    report("Uno C with SE, n=1e5", who, 3, || {
        ours::uno_c(&hundred_thousand, &middle.risk, 10.0)
            .map_or(f64::NAN, |c| c.estimate.std_error)
    });
    let thousand = ours::BootstrapOptions::default().with_replicates(1000).with_seed(1);
    let index = ours::ConcordanceOptions::default();
    report("1000 bootstrap C, n=1595", who, 2, || {
        let drawn = index.bootstrap_index(&few, &small.risk, &thousand);
        drawn.map_or(f64::NAN, |b| b.std_error())
    });
    report("1000 bootstrap C, n=1e5", who, 1, || {
        let drawn = index.bootstrap_index(&hundred_thousand, &middle.risk, &thousand);
        drawn.map_or(f64::NAN, |b| b.std_error())
    });
    report("Kaplan-Meier with CI, n=1e6, continuous", who, 3, || {
        ours::kaplan_meier(&million).map_or(f64::NAN, |c| c.at(5.0))
    });
    report("Kaplan-Meier with CI, n=1e6, days", who, 3, || {
        ours::kaplan_meier(&million_days).map_or(f64::NAN, |c| c.at(5.0))
    });
    report("AUC(t) at 5 times, n=1e5", who, 3, || {
        let horizons = [1.0, 2.0, 3.0, 4.0, 5.0];
        ours::horizon::auc_at_horizons(&hundred_thousand, &middle.risk, &horizons)
            .map_or(f64::NAN, |a| a[4].estimate.value)
    });
    report("Cox loss + gradient, n=1e5, no ties", who, 3, || {
        let got =
            ours::cox_partial_likelihood(&hundred_thousand, &middle.risk, ours::Ties::Breslow);
        got.map_or(f64::NAN, |l| l.loss)
    });
    report("Cox loss + gradient, n=1e5, days, Efron", who, 3, || {
        let got =
            ours::cox_partial_likelihood(&hundred_thousand_days, &middle.risk, ours::Ties::Efron);
        got.map_or(f64::NAN, |l| l.loss)
    });
    let (sets, sets_days) =
        (ours::RiskSets::new(&hundred_thousand)?, ours::RiskSets::new(&hundred_thousand_days)?);
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

fn turnbull(sample: &Sample) -> Result<(), Box<dyn Error>> {
    let (left, right) = sample.visits();
    let outcomes = ours::interval_censored::IntervalOutcomes::new(left, right)?;
    report("Turnbull, n=1e4", "vertebra", 2, || {
        let curve = ours::interval_censored::turnbull(&outcomes);
        curve.map_or(f64::NAN, |curve| curve.log_likelihood)
    });
    Ok(())
}

fn survival_crate(middle: &Sample, large: &Sample) -> Result<(), Box<dyn Error>> {
    use survival::concordance::{ConcordanceOptions, TimeWeight, concordancefit};
    use survival::surv_analysis::{SurvfitKMData, SurvfitKMOptions, survfitkm};
    use survival::{core::SurvResponse, data_types::SurvivalData};
    let status = |s: &Sample| s.event.iter().map(|&e| i32::from(e)).collect::<Vec<i32>>();
    let data = |s: &Sample| SurvivalData::try_new(s.time.clone(), status(s));
    let matrix = |columns: &[&[f64]]| {
        ndarray::Array2::from_shape_fn((columns[0].len(), columns.len()), |(i, k)| columns[k][i])
    };
    let (million, hundred_thousand) = (data(large)?, data(middle)?);
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
    report("difference of two C with SE, n=1e5", who, 1, || fit(&hundred_thousand, &two, &with_se));
    report("Uno C with SE, n=1e5", who, 1, || fit(&hundred_thousand, &first, &uno));
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
