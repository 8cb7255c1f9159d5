//! A DeepSurv network on a table of covariates: fitted, tested on other subjects, saved and loaded.
//!
//! `cargo run --release -p vertebra-deepsurv --example risk_from_a_table`

#![allow(clippy::print_stdout)] // an example talks

use burn::tensor::Device;
use std::ops::ControlFlow;
use vertebra_deepsurv::{RiskInputs, RiskModel, RiskModelConfig, RiskTrainer, RiskTraining};
use vertebra_survival::{Outcomes, concordance};
use vertebra_training::Event;

/// `n` subjects: age in years and body mass index in kg/m2. The hazard rises with age and with the
/// distance of the body mass index from 25, which a linear model cannot see.
fn subjects(n: usize, seed: usize) -> Result<(RiskInputs, Outcomes), Box<dyn std::error::Error>> {
    // Numbers in [0, 1) that look random.
    let uniform = |i: usize, of: usize| {
        let x = ((i * 7919 + of * 104_729 + seed * 1299) as f64).sin() * 43_758.5;
        x - x.floor()
    };
    let (mut rows, mut time, mut event) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..n {
        let (age, bmi) = (50.0 + 40.0 * uniform(i, 1), 17.0 + 16.0 * uniform(i, 2));
        let log_hazard = 0.05 * (age - 70.0) + 0.04 * (bmi - 25.0).powi(2);
        let event_at = -uniform(i, 3).max(1e-9).ln() * 10.0 / log_hazard.exp();
        let censored_at = 12.0 * uniform(i, 4);
        rows.push(vec![age as f32, bmi as f32]);
        time.push(event_at.min(censored_at));
        event.push(event_at <= censored_at);
    }
    Ok((RiskInputs::from_covariates(rows)?, Outcomes::new(time, event)?))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (train, valid, test) = (subjects(400, 1)?, subjects(150, 2)?, subjects(400, 3)?);
    let config = RiskModelConfig::clinical(["age", "bmi"]);
    let trainer = RiskTrainer::new(config).with_settings(RiskTraining::default()).with_seed(7);
    let mut report = |event: &Event| {
        if let Event::Epoch { summary, best: true } = event {
            println!("epoch {}: concordance {:.3}", summary.epoch, summary.score.unwrap_or(0.5));
        }
        ControlFlow::Continue(())
    };
    let trained = trainer.fit((&train.0, &train.1), Some((&valid.0, &valid.1)), &mut report)?;

    let log_hazard = trained.model.log_hazard(&test.0)?;
    println!("on other subjects: {:.3}", concordance(&test.1, &log_hazard)?.index());
    let risk = trained.model.risk_at(log_hazard[0], 5.0);
    println!("the first of them has a 5-year risk of {:.0} %", 100.0 * risk);

    let folder = std::env::temp_dir().join("vertebra-risk-model");
    trained.model.save(&folder)?;
    let loaded = RiskModel::load(&folder, &Device::default())?;
    assert_eq!(loaded.log_hazard(&test.0)?, log_hazard);
    std::fs::remove_dir_all(folder)?;
    Ok(())
}
