//! Two risk scores on the same subjects: which ranks them better, and how sure is that?
//!
//! `cargo run --release -p vertebra-evaluation --example two_scores`
#![allow(clippy::print_stdout)] // an example prints

use vertebra_evaluation::{Error, Evaluation, EvaluationOptions, Figure, Sample};
use vertebra_survival::Outcomes;

fn main() -> Result<(), Error> {
    // Follow-up in years, made by a rule: a hidden risk, and two scores that know it more or less
    // well.
    let hidden = |i: u32| f64::from(i * 37 % 101) / 101.0;
    let noise = |i: u32, by: u32| f64::from(i * by % 97) / 97.0;
    let time: Vec<f64> = (0..200).map(|i| 0.5 + 6.0 * noise(i, 53) * (1.2 - hidden(i))).collect();
    let event: Vec<bool> = (0..200).map(|i| noise(i, 29) < 0.5).collect();
    let score = |weight: f64, by: u32| -> Vec<f64> {
        (0..200).map(|i| hidden(i) + weight * noise(i, by)).collect()
    };
    let sample = Sample::new(Outcomes::new(time, event)?)
        .with_score("sharp", score(0.3, 41))
        .with_score("blunt", score(1.5, 61));
    let options = EvaluationOptions::default().with_horizons(vec![2.0]).with_bootstrap(499, 7);
    let evaluation = Evaluation::of(&sample, &options)?;

    println!("{evaluation}");
    match &evaluation.comparisons[0].harrell.difference {
        Figure::Defined(d) => println!("sharp - blunt: {:.3}, P {:.3}", d.estimate.value, d.p),
        Figure::Undefined(why) => println!("no comparison: {why}"),
    }
    Ok(())
}
