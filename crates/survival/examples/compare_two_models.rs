//! Two risk scores of the same subjects: which one discriminates better?
//!
//! Their errors are correlated, so that the difference is tested, not the overlap of two intervals.
//!
//! `cargo run --release -p vertebra-survival --example compare_two_models`
#![allow(clippy::print_stdout)] // printing is what an example is for

use vertebra_survival::{
    BootstrapOptions, ConcordanceOptions, Error, Outcomes, PairedDifference, compare_auc_at,
    compare_harrell_c, group_tests::holm,
};

fn main() -> Result<(), Error> {
    let time = (0..80).map(|i| 0.5 + f64::from(i * 13 % 80) / 8.0).collect();
    let outcomes = Outcomes::new(time, (0..80).map(|i| i % 4 != 0).collect())?;
    let image: Vec<f64> = (0..80).map(|i| -f64::from(i * 13 % 80 + i * 7 % 40)).collect();
    let age: Vec<f64> = (0..80).map(|i| -f64::from(i * 13 % 80 + i * 29 % 160)).collect();

    let c = compare_harrell_c(&outcomes, &image, &age)?;
    let auc = compare_auc_at(&outcomes, &image, &age, 5.0)?;
    print("C", &c);
    print("AUC at 5 years", &auc);
    println!("P values adjusted for two tests (Holm): {:.3?}", holm(&[c.test.p, auc.test.p])?);

    // The same by the paired bootstrap.
    let samples = BootstrapOptions::default().with_replicates(999).with_seed(1);
    let drawn = ConcordanceOptions::default().bootstrap(&outcomes, &[&image, &age], &samples)?;
    let interval = drawn.difference(0, 1)?.studentised(0.95)?;
    println!("C, studentised bootstrap: {:.3} to {:.3}", interval.lower, interval.upper);
    Ok(())
}

fn print(name: &str, PairedDifference { difference, test, .. }: &PairedDifference) {
    let interval = difference.interval;
    println!(
        "{name}: image minus age {:.3} ({:.3} to {:.3}), P = {:.3}",
        difference.value, interval.lower, interval.upper, test.p
    );
}
