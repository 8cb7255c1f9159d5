//! A first evaluation of a risk score: C, area under the ROC curve at five years, calibration.
//!
//! `cargo run --release -p vertebra-survival --example first_evaluation`
#![allow(clippy::print_stdout)] // printing is what an example is for

use vertebra_survival::{
    Error, Estimate, Outcomes, auc_at, calibration_slope, harrell_c, observed_expected,
};

fn main() -> Result<(), Error> {
    // Follow-up in years, whether it ended with the event, and what a model predicted.
    let time = (0..60).map(|i| 1.0 + f64::from(i * 7 % 60) / 6.0).collect();
    let outcomes = Outcomes::new(time, (0..60).map(|i| i % 3 != 0).collect())?;
    let log_hazard: Vec<f64> =
        (0..60).map(|i| -f64::from(i * 7 % 60 + i * 11 % 60) / 30.0).collect();
    let five_year_risk: Vec<f64> =
        log_hazard.iter().map(|h| 1.0 - (-3.0 * h.exp()).exp()).collect();

    print("Harrell's C", harrell_c(&outcomes, &log_hazard)?.estimate);
    print("AUC at 5 years", auc_at(&outcomes, &log_hazard, 5.0)?.estimate);
    print(
        "observed / expected at 5 years",
        observed_expected(&outcomes, &five_year_risk, 5.0)?.ratio,
    );
    print("calibration slope", calibration_slope(&outcomes, &log_hazard)?);
    Ok(())
}

fn print(name: &str, figure: Estimate) {
    let Estimate { value, interval, .. } = figure;
    println!("{name}: {value:.3} (95 % interval {:.3} to {:.3})", interval.lower, interval.upper);
}
