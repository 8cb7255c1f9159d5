//! The ConvNeXt of the example of vertebra-deepsurv beside a ResNet of about its parameters and
//! multiply-adds: how well each ranks the subjects of a phantom cohort, and what it costs.
//!
//! - `cargo bench --workspace --bench speed_encoders -- test COHORT SIDE SUBJECTS SEED`: test C of
//!   both on the cohort's last 1,000 subjects, after learning from its first. COHORT is a folder of
//!   `phantom --subjects 1800`, SIDE that of the picture of the whole lumbar spine.
//! - `-- choose COHORT SIDE SUBJECTS SEED resnet|convnext CANDIDATE`: C of one network under one
//!   of several settings on the 300 subjects before those, by which those of `test` were chosen.
//! - `-- forward resnet18|convnext SIDE`: one prediction; `speed_training` has the training step.
#![allow(clippy::print_stdout, clippy::expect_used, clippy::panic)]

#[path = "../../../crates/deepsurv/examples/convnext/network.rs"]
mod convnext;
mod pictures;

use burn::module::Module;
use convnext::ConvNextConfig;
use pictures::{Subjects, subjects};
use std::path::Path;
use std::time::Instant;
use vertebra_benches::{Times, arguments, noise, peak_megabytes};
use vertebra_deepsurv::{
    EncoderConfig, EncoderSettings, ImageSet, RiskInputs, RiskModel, RiskModelConfig, RiskTrainer,
    RiskTraining,
};
use vertebra_survival::concordance::compare_harrell_c;
use vertebra_survival::{Outcomes, concordance};
use vertebra_training::{LearningRate, Schedule, keep_going};

const N_VALID: usize = 300;
const N_TEST: usize = 1000;
/// What was tried. The first is `RiskTraining::for_images`, by which ResNets learn.
const CANDIDATES: [Candidate; 8] = [
    Candidate(14, 3e-3, 1e-2, 1e-6),
    Candidate(14, 3e-3, 1e-2, 0.1),
    Candidate(14, 1e-3, 5e-2, 1e-6),
    Candidate(14, 1e-3, 5e-2, 0.1),
    Candidate(14, 3e-3, 5e-2, 0.1),
    Candidate(28, 1e-3, 5e-2, 0.1),
    Candidate(28, 3e-3, 5e-2, 0.1),
    Candidate(14, 1e-2, 5e-2, 0.1),
];
const OF_RESNET: Candidate = CANDIDATES[0];
const OF_CONVNEXT: Candidate = CANDIDATES[6];

/// Epochs, first learning rate, weight decay, and what LayerScale is at first: 1e-6 as published,
/// or such that the branches count from the first step on.
#[derive(Debug, Clone, Copy)]
struct Candidate(usize, f64, f64, f64);

impl Candidate {
    fn training(self, seed: u64) -> RiskTraining {
        let Self(epochs, rate, decay, _) = self;
        let settings = RiskTraining::for_images();
        let training = settings.training.clone().with_epochs(epochs).with_seed(seed);
        let rate = LearningRate::new(rate, 0.01 * rate, Schedule::Cosine);
        settings.with_training(training.with_learning_rate(rate).with_weight_decay(decay))
    }

    fn convnext(self) -> ConvNextConfig {
        ConvNextConfig::small(8).with_layer_scale(self.3)
    }
}

fn main() {
    let arguments = arguments();
    let number = |i: usize| arguments[i].parse::<u64>().expect("a number");
    match arguments.first().map(String::as_str) {
        Some("forward") => match arguments[1].as_str() {
            "convnext" => forward(ConvNextConfig::like_resnet18(), number(2) as usize),
            _ => forward(EncoderConfig::resnet18(), number(2) as usize),
        },
        Some(mode @ ("choose" | "test")) => {
            let (n, seed) = (number(3) as usize, number(4));
            let all = subjects(Path::new(&arguments[1]), number(2) as usize);
            let valid = all.true_log_hazard.len() - N_TEST - N_VALID;
            assert!(n <= valid, "{valid} subjects are left to learn from");
            let train = all.subset(0..n);
            match mode {
                "choose" => {
                    let others = all.subset(valid..valid + N_VALID);
                    choose(&train, &others, seed, &arguments[5], number(6) as usize);
                }
                _ => test(&train, &all.subset(valid + N_VALID..all.true_log_hazard.len()), seed),
            }
        }
        _ => panic!("expected: test|choose COHORT SIDE SUBJECTS SEED .., or forward NETWORK SIDE"),
    }
}

/// `name` of a network, under the candidate of this number.
fn choose(train: &Subjects, valid: &Subjects, seed: u64, name: &str, candidate: usize) {
    let candidate = CANDIDATES[candidate];
    match name {
        "resnet" => tested(EncoderConfig::small(8), candidate, seed, (train, valid)),
        _ => tested(candidate.convnext(), candidate, seed, (train, valid)),
    };
}

fn test(train: &Subjects, others: &Subjects, seed: u64) {
    let outcomes = &others.outcomes;
    let oracle = concordance(outcomes, &others.true_log_hazard).expect("pairs").index();
    let events = train.outcomes.event().iter().filter(|&&event| event).count();
    println!(
        "{} subjects with {events} events to learn from; test C of the true hazard {oracle:.3}",
        train.true_log_hazard.len()
    );
    let both = (train, others);
    let (_, resnet) = tested(EncoderConfig::small(8), OF_RESNET, seed, both);
    let (_, convnext) = tested(OF_CONVNEXT.convnext(), OF_CONVNEXT, seed, both);
    let difference = compare_harrell_c(outcomes, &convnext, &resnet).expect("pairs").difference;
    println!(
        "ConvNeXt less ResNet: {:.3}, standard error {:.3}",
        difference.value, difference.std_error
    );
}

/// C and log hazards of other subjects, of a network that learnt with this encoder.
fn tested<E: EncoderSettings>(
    encoder: E,
    candidate: Candidate,
    seed: u64,
    (train, others): (&Subjects, &Subjects),
) -> (f64, Vec<f64>) {
    let shape = train.inputs.images().expect("pictures").shape();
    let config = RiskModelConfig::image_only(encoder, shape).with_dropout(0.2);
    let trainer = RiskTrainer::new(config).with_settings(candidate.training(seed));
    let began = Instant::now();
    let trained = trainer.fit((&train.inputs, &train.outcomes), None, &mut keep_going);
    let model = trained.expect("a trained network").model;
    let seconds = began.elapsed().as_secs_f64() / candidate.0 as f64;
    let log_hazard = model.log_hazard(&others.inputs).expect("log hazards");
    let c = concordance(&others.outcomes, &log_hazard).expect("pairs").index();
    println!(
        "{} parameters, {candidate:?}: C {c:.3}, {seconds:.2} s an epoch",
        model.network().num_params()
    );
    (c, log_hazard)
}

fn forward<E: EncoderSettings>(encoder: E, side: usize) {
    let model = barely_trained(encoder, side);
    let pixels = noise(side * side);
    let one = RiskInputs::from_images(ImageSet::new(pixels, [1, side, side]).expect("a picture"));
    let times = Times::of(2, 9, || model.log_hazard(&one).expect("a log hazard"));
    let multiply_adds = match model.graph().and_then(|graph| Ok(graph.plan()?)) {
        Ok(plan) => plan.multiply_adds(),
        Err(_) => ConvNextConfig::like_resnet18().multiply_adds(side),
    };
    println!(
        "{side}x{side}: median {:.1} ms of 9; {:.2} 10⁹ multiply-adds; {} parameters; peak memory \
         {} MB, one epoch of training on two pictures included",
        times.median() * 1e3,
        multiply_adds as f64 * 1e-9,
        model.network().num_params(),
        peak_megabytes(),
    );
}

/// One epoch on two pictures of noise.
fn barely_trained<E: EncoderSettings>(encoder: E, side: usize) -> RiskModel<E> {
    let shape = [1, side, side];
    let images = ImageSet::new(noise(2 * side * side), shape).expect("two pictures");
    let outcomes = Outcomes::new(vec![1.0, 2.0], vec![true; 2]).expect("valid times");
    let config = RiskModelConfig::image_only(encoder, shape).with_hidden([]);
    let trainer = RiskTrainer::new(config).with_settings(Candidate(1, 1e-3, 0.0, 0.1).training(1));
    let inputs = RiskInputs::from_images(images);
    trainer.fit((&inputs, &outcomes), None, &mut keep_going).expect("an epoch").model
}
