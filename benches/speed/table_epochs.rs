//! Seconds of an epoch of DeepSurv on a table, and the peak of memory: `cargo bench --workspace
//! --bench speed_table_epochs -- 10000 256 [7]` (subjects; subjects of a batch, or `cohort` for one
//! step an epoch; epochs). Twenty covariates, two layers of 32 units with SELU and dropout 0.1, Adam;
//! `benches/peers/survival/epochs.py` trains the same network with pycox and torch.
#![allow(clippy::print_stdout, clippy::expect_used, clippy::panic)]

use std::ops::ControlFlow;
use std::time::Instant;
use vertebra_benches::{arguments, noise, peak_megabytes};
use vertebra_deepsurv::{RiskInputs, RiskModelConfig, RiskTrainer, RiskTraining};
use vertebra_survival::Outcomes;
use vertebra_training::{Event, keep_freed_memory};

const COVARIATES: usize = 20;

fn main() {
    let arguments = arguments();
    let (n, batch, epochs) = match &*arguments {
        [n, batch] => (n, batch, 7),
        [n, batch, epochs] => (n, batch, epochs.parse().expect("a number of epochs")),
        _ => panic!("expected: SUBJECTS BATCH|cohort [EPOCHS]"),
    };
    keep_freed_memory();
    let n: usize = n.parse().expect("a number of subjects");
    let rows = noise(n * COVARIATES).chunks(COVARIATES).map(<[f32]>::to_vec).collect();
    let inputs = RiskInputs::from_covariates(rows).expect("equal rows");
    let time = (0..n).map(|i| 1.0 + (i * 37 % 100_003) as f64 / 100.0).collect();
    let outcomes = Outcomes::new(time, (0..n).map(|i| i % 3 == 0).collect()).expect("valid times");
    let names = (0..COVARIATES).map(|k| format!("x{k}"));
    let mut settings = RiskTraining::default();
    settings.training.epochs = epochs;
    settings.training.patience = None;
    settings.training.batch_size = match batch.as_str() {
        "cohort" => None,
        batch => Some(batch.parse().expect("a number of subjects, or cohort")),
    };
    let trainer = RiskTrainer::new(RiskModelConfig::clinical(names)).with_settings(settings);
    let before = peak_megabytes();
    let (mut ended, mut seconds) = (Instant::now(), Vec::new());
    let mut on_event = |event: &Event| {
        if let Event::Epoch { .. } = event {
            seconds.push(ended.elapsed().as_secs_f64());
            ended = Instant::now();
        }
        ControlFlow::Continue(())
    };
    trainer.fit((&inputs, &outcomes), None, &mut on_event).expect("a trained network");
    // The first one warms up.
    seconds.remove(0);
    seconds.sort_by(f64::total_cmp);
    println!(
        "vertebra, {n} subjects, batch {batch}: {:.4} s an epoch (fastest {:.4}); {before} MB with the table, {} MB at the peak",
        seconds[seconds.len() / 2],
        seconds[0],
        peak_megabytes(),
    );
}
