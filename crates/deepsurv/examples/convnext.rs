//! An encoder of one's own in the place of the ResNet: a small ConvNeXt, beside a ResNet of about
//! its size, on drawn pictures whose true hazard is known.
//!
//! `cargo run --release -p vertebra-deepsurv -p vertebra-networks --example convnext -- [SUBJECTS
//! [SIDE [EPOCHS [SEED]]]]`
//!
//! `benches/speed/encoders/main.rs` does the same on films of vertebra-phantom.

#![allow(clippy::print_stdout)] // an example talks

#[path = "convnext/network.rs"]
mod network;

use network::ConvNextConfig;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::error::Error;
use std::time::Instant;
use vertebra_deepsurv::{
    EncoderConfig, EncoderSettings, ImageSet, RiskInputs, RiskModelConfig, RiskTrainer,
    RiskTraining,
};
use vertebra_survival::{Outcomes, concordance};
use vertebra_training::keep_going;

/// From this side on a picture is for a network of published size.
const LARGE: usize = 192;
/// Subjects on whom the networks are tested.
const N_TEST: usize = 500;

struct Subjects {
    inputs: RiskInputs,
    outcomes: Outcomes,
    true_log_hazard: Vec<f64>,
}

/// `n` subjects: a column of five bright bodies in noise, one of which is lower than the others.
/// The more of its height is lost and the darker the bodies are, the sooner the event.
fn subjects(n: usize, side: usize, seed: u64) -> Result<Subjects, Box<dyn Error>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut pixels, mut true_log_hazard) = (Vec::with_capacity(n * side * side), Vec::new());
    let (mut time, mut event) = (Vec::new(), Vec::new());
    for _ in 0..n {
        let (loss, brightness) = (0.5 * rng.random::<f64>(), 0.3 + 0.4 * rng.random::<f64>());
        let (lower, left) = (rng.random_range(0..5), 0.3 + 0.1 * rng.random::<f64>());
        for i in 0..side * side {
            let (y, x) = ((i / side) as f64 / side as f64, (i % side) as f64 / side as f64);
            let (level, within) = ((5.0 * y) as usize, (5.0 * y).fract());
            let height = if level == lower { 0.8 * (1.0 - loss) } else { 0.8 };
            let is_body = (left..left + 0.3).contains(&x) && (within - 0.5).abs() < height / 2.0;
            let noise = 0.3 * (rng.random::<f64>() - 0.5);
            pixels.push((noise + if is_body { brightness } else { 0.2 }) as f32);
        }
        let log_hazard = 6.0 * (loss - 0.25) - 6.0 * (brightness - 0.5);
        let event_at = -(1.0 - rng.random::<f64>()).ln() * 5.0 / log_hazard.exp();
        let censored_at = 8.0 * rng.random::<f64>() + 1e-3;
        time.push(event_at.clamp(1e-6, censored_at));
        event.push(event_at <= censored_at);
        true_log_hazard.push(log_hazard);
    }
    let inputs = RiskInputs::from_images(ImageSet::new(pixels, [1, side, side])?);
    Ok(Subjects { inputs, outcomes: Outcomes::new(time, event)?, true_log_hazard })
}

/// Trains a network with this encoder, tests it on others and says how long an epoch takes.
fn compare<E: EncoderSettings>(
    name: &str,
    encoder: E,
    settings: RiskTraining,
    (train, test): (&Subjects, &Subjects),
) -> Result<(), Box<dyn Error>> {
    let shape = train.inputs.images().map_or([1; 3], ImageSet::shape);
    let epochs = settings.training.epochs as f64;
    let config = RiskModelConfig::image_only(encoder, shape).with_dropout(0.2);
    let trainer = RiskTrainer::new(config).with_settings(settings);
    let began = Instant::now();
    let trained = trainer.fit((&train.inputs, &train.outcomes), None, &mut keep_going)?;
    let seconds = began.elapsed().as_secs_f64() / epochs;
    let c = concordance(&test.outcomes, &trained.model.log_hazard(&test.inputs)?)?.index();
    println!("{name}: test C {c:.3}, {seconds:.2} s an epoch");
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize, default: u64| arguments.get(i).map_or(Ok(default), |n| n.parse());
    let (n, side) = (number(0, 300)? as usize, number(1, 48)? as usize);
    let (epochs, seed) = (number(2, 14)? as usize, number(3, 1)?);
    let (train, test) = (subjects(n, side, 2 * seed)?, subjects(N_TEST, side, 2 * seed + 1)?);
    let oracle = concordance(&test.outcomes, &test.true_log_hazard)?.index();
    println!("{n} subjects to learn from, {N_TEST} others; true hazard: test C {oracle:.3}");

    let (resnet, convnext) = match side < LARGE {
        true => (EncoderConfig::small(8), ConvNextConfig::small(8)),
        false => (EncoderConfig::resnet18(), ConvNextConfig::like_resnet18()),
    };
    let settings = RiskTraining::for_images();
    let training = settings.training.clone().with_epochs(epochs).with_seed(seed);
    let settings = settings.with_training(training.clone());
    compare("ResNet", resnet, settings.clone(), (&train, &test))?;

    println!("ConvNeXt: {} multiply-adds a picture", convnext.multiply_adds(side));
    // In so few steps the published LayerScale of 1e-6 would leave the branches closed for long.
    let convnext = convnext.with_layer_scale(0.1);
    let settings = settings.with_training(training.with_weight_decay(0.05));
    compare("ConvNeXt", convnext, settings, (&train, &test))
}
