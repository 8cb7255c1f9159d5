//! Cox regression of a small cohort: hazard ratios, tests, and each subject's risk by three years.
//!
//! `cargo run -p vertebra-baselines --example cox_regression`

#![allow(clippy::print_stdout)] // an example prints

use vertebra_baselines::{CoxRegression, DesignMatrix, Outcomes};

/// Clinic, age in years, density in g/cm², years of follow-up, and whether there was a fracture.
const COHORT: [(usize, f64, f64, f64, bool); 16] = [
    (0, 74.0, 0.71, 1.2, true),
    (0, 69.0, 0.80, 0.8, true),
    (0, 58.0, 0.96, 3.1, false),
    (0, 71.0, 0.74, 2.2, true),
    (0, 55.0, 1.02, 4.0, false),
    (0, 63.0, 0.83, 2.9, true),
    (0, 66.0, 0.91, 3.6, false),
    (0, 60.0, 0.77, 1.9, true),
    (1, 77.0, 0.69, 1.6, true),
    (1, 62.0, 0.88, 3.3, false),
    (1, 70.0, 0.93, 2.7, true),
    (1, 59.0, 0.79, 4.2, false),
    (1, 68.0, 0.84, 1.1, true),
    (1, 73.0, 0.97, 3.9, false),
    (1, 57.0, 0.90, 2.4, true),
    (1, 65.0, 0.86, 3.0, false),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let time = COHORT.iter().map(|s| s.3).collect();
    let outcomes = Outcomes::new(time, COHORT.iter().map(|s| s.4).collect())?;
    // Age by ten years and density by a tenth, so that hazard ratios are easy to read; each clinic
    // has a baseline hazard of its own.
    let design = DesignMatrix::from_columns(vec![
        ("age, per 10 years".into(), COHORT.iter().map(|s| s.1 / 10.0).collect()),
        ("density, per 0.1 g/cm²".into(), COHORT.iter().map(|s| s.2 / 0.1).collect()),
    ])?
    .with_strata(COHORT.iter().map(|s| s.0).collect())?;

    let fit = CoxRegression::default().fit(&outcomes, &design)?;
    println!("{} subjects, {} with a fracture", fit.n, fit.events);
    for c in &fit.coefficients {
        let (ratio, interval) = (c.hazard_ratio.value, c.hazard_ratio.interval);
        let (lower, upper) = (interval.lower, interval.upper);
        println!("{:<24} HR {ratio:.2} ({lower:.2} to {upper:.2}), P {:.3}", c.name, c.test.p);
    }
    let test = fit.tests.likelihood_ratio;
    println!("likelihood ratio test: chi-square {:.2}, P {:.3}", test.statistic, test.p);

    for (subject, free) in fit.survival_prob(&design, 3.0)?.iter().enumerate().take(3) {
        println!("subject {subject}: risk of a fracture by 3 years {:.0} %", 100.0 * (1.0 - free));
    }
    Ok(())
}
