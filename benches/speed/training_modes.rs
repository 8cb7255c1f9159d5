//! One epoch of a ResNet-18 on images, in the three ways of taking the partial likelihood, and the
//! peak of memory: `cargo bench --workspace --bench speed_training_modes -- cohort 2000 96` (way,
//! subjects, side in px). One way a process, as memory is the peak of the process.
//!
//! - `batches`: risk sets of 64 subjects, each batch with its share of the events.
//! - `controls`: each step draws two subjects without the event for each of its events.
//! - `cohort`: one step, whose risk sets are the whole cohort, eight subjects in memory at once.
#![allow(clippy::print_stdout, clippy::expect_used, clippy::panic)]

use std::time::Instant;
use vertebra_benches::{arguments, noise, peak_megabytes};
use vertebra_deepsurv::{
    EncoderConfig, ImageSet, RiskInputs, RiskModelConfig, RiskTrainer, RiskTraining,
};
use vertebra_survival::Outcomes;
use vertebra_training::keep_going;

const BATCH: usize = 64;
const MICRO_BATCH: usize = 8;
/// Of four subjects one has the event.
const EVENTS: usize = 4;

fn main() {
    let arguments = arguments();
    let [way, n, side] = &*arguments else {
        panic!("expected: batches|controls|cohort SUBJECTS SIDE")
    };
    let number = |text: &str| text.parse::<usize>().expect("a number");
    let (n, shape) = (number(n), [1, number(side), number(side)]);
    let images = ImageSet::new(noise(n * shape.iter().product::<usize>()), shape);
    let inputs = RiskInputs::from_images(images.expect("whole images"));
    let time = (0..n).map(|i| 1.0 + (i * 37 % 1009) as f64 / 100.0).collect();
    let event = (0..n).map(|i| i % EVENTS == 0).collect();
    let outcomes = Outcomes::new(time, event).expect("valid times");
    let before = peak_megabytes();
    let config = RiskModelConfig::image_only(EncoderConfig::resnet18(), shape);
    let trainer = RiskTrainer::new(config).with_settings(settings(way));
    let began = Instant::now();
    let trained = trainer.fit((&inputs, &outcomes), None, &mut keep_going).expect("an epoch");
    println!("{way}, {n} subjects, {side} px: one epoch in {:?}", began.elapsed());
    println!("loss {}, {} MB at the peak", trained.history[0].loss, peak_megabytes());
    println!("{before} MB before it");
}

fn settings(way: &str) -> RiskTraining {
    let settings = RiskTraining::for_images().with_micro_batch(MICRO_BATCH);
    let training = settings.training.clone().with_epochs(1);
    match way {
        "batches" => {
            settings.with_spread_events(true).with_training(training.with_batch_size(BATCH))
        }
        "controls" => {
            settings.with_controls_per_event(2.0).with_training(training.with_batch_size(BATCH))
        }
        "cohort" => settings.with_training(training.with_batch_size(None)),
        other => panic!("{other:?} is none of batches, controls, cohort"),
    }
}
