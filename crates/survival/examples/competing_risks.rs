//! A fracture that death may make impossible: incidence, a test of two groups, a regression, an
//! AUC.
//!
//! `cargo run --release -p vertebra-survival --example competing_risks`
#![allow(clippy::print_stdout)] // printing is what an example is for

use vertebra_survival::{
    CompetingOutcomes, Error, auc_at, cumulative_incidence, fine_gray, gray_test,
};

fn main() -> Result<(), Error> {
    let (fracture, death) = (1, 2);
    let time = (0..90).map(|i| 0.5 + f64::from(i * 17 % 90) / 9.0).collect();
    let cause = (0..90).map(|i| [fracture, 0, death][i * 7 % 5 % 3]).collect();
    let outcomes = CompetingOutcomes::new(time, cause)?;
    let age: Vec<f64> =
        (0..90).map(|i| 80.0 - f64::from(i * 17 % 90) / 9.0 + f64::from(i % 7)).collect();

    for curve in cumulative_incidence(&outcomes)? {
        let interval = curve.interval_at(5.0);
        let (cause, incidence) = (curve.cause, curve.at(5.0));
        println!("cause {cause}: {incidence:.3} ({:.3} to {:.3})", interval.lower, interval.upper);
    }
    // Whatever takes outcomes as an endpoint takes one cause of them.
    let of_fracture = outcomes.cause(fracture)?;
    let older: Vec<usize> = age.iter().map(|&a| usize::from(a > 75.0)).collect();
    println!("Gray's test of the older: P = {:.4}", gray_test(&of_fracture, &older)?.test.p);
    println!("AUC of age at 5 years: {:.3}", auc_at(&of_fracture, &age, 5.0)?.estimate.value);
    let fit = fine_gray(&of_fracture, &[&age])?;
    println!("subdistribution hazard ratio per year: {:.3}", fit.coefficients[0].exp());
    Ok(())
}
