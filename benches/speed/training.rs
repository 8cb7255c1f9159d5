//! Speed of a whole training step (forward, backward, Adam) of the networks of this workspace:
//! `cargo bench --workspace --bench speed_training -- [w32|resnet18] [batch] [side] [steps]
//! [f32|bf16]`; also w18, w48, resnet50 and convnext, that of the example of vertebra-deepsurv.
//!
//! HRNet: noise in three channels, mean squared error of the heatmaps. The others: one grey channel
//! and a linear head, stepped by `RiskTrainer` with the Cox loss. On the default device, or that of
//! `BURN_DEVICE`; `RAYON_NUM_THREADS` sets the number of threads.
//! `benches/peers/inference/training.py` steps the same networks with torch.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

#[path = "../../crates/deepsurv/examples/convnext/network.rs"]
#[allow(dead_code)] // the example uses all of it
mod convnext;

use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Tensor, TensorData};
use convnext::ConvNextConfig;
use std::ops::ControlFlow;
use std::time::Instant;
use vertebra_benches::{arguments, noise, peak_megabytes, precision};
use vertebra_conv::{Layers, Precision};
use vertebra_deepsurv::{
    EncoderConfig, EncoderSettings, ImageSet, RiskInputs, RiskModelConfig, RiskTrainer,
    RiskTraining,
};
use vertebra_hrnet::{Hrnet, HrnetConfig};
use vertebra_survival::Outcomes;
use vertebra_training::{Adam, Event, LearningRate, OptimizerKind, default_device};

/// Steps before the first that counts.
const WARM_UP: usize = 2;

const LEARNING_RATE: f64 = 1e-3;

fn main() {
    let arguments = arguments();
    let number = |i: usize, default| arguments.get(i).map_or(default, |n| n.parse().unwrap());
    let name = arguments.first().map_or("w32", String::as_str);
    let (batch, side, steps) = (number(1, 4), number(2, 256), number(3, 9));
    let steps = steps + WARM_UP;
    let precision = precision(arguments.get(4));
    if !precision.is_supported_on(&default_device().unwrap()) {
        return println!("{name}, {precision:?}: not on this device");
    }
    let step_times = match name {
        "resnet18" => encoder(EncoderConfig::resnet18(), precision, batch, side, steps),
        "resnet50" => encoder(EncoderConfig::resnet50(), precision, batch, side, steps),
        "convnext" => encoder(ConvNextConfig::like_resnet18(), precision, batch, side, steps),
        name => hrnet(name, precision, batch, side, steps),
    };
    let mut seconds = step_times[WARM_UP..].to_vec();
    seconds.sort_by(f64::total_cmp);
    let median = seconds[seconds.len() / 2];
    println!(
        "{name}, {precision:?}, batch {batch} of {side}x{side}, {} threads: median {:.1} ms of {} steps, fastest {:.1}; {:.1} images/s; peak memory {} MB",
        rayon::current_num_threads(),
        median * 1e3,
        seconds.len(),
        seconds[0] * 1e3,
        batch as f64 / median,
        peak_megabytes(),
    );
}

fn hrnet(name: &str, precision: Precision, batch: usize, side: usize, steps: usize) -> Vec<f64> {
    let device = default_device().unwrap().autodiff();
    let config = match name {
        "w18" => HrnetConfig::w18(),
        "w48" => HrnetConfig::w48(),
        _ => HrnetConfig::w32(),
    };
    let layers = Layers::on(&device).with_precision(precision);
    let network = config.with_in_channels(3).init_with(&layers).unwrap();
    let network = network.with_initial_weights(1);
    let tensor = |shape: [usize; 4]| {
        Tensor::<4>::from_data(TensorData::new(noise(shape.iter().product()), shape), &device)
    };
    let x = tensor([batch, 3, side, side]);
    let target = tensor([batch, network.config().n_keypoints, side / 4, side / 4]);
    let mut adam = ModuleOptimizer::from(Adam::coupled(0.0));
    let mut one = |network: Hrnet| {
        let start = Instant::now();
        let difference = network.forward(x.clone()) - target.clone();
        let loss = difference.square().mean();
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        let network = adam.step(LEARNING_RATE, network, gradients);
        device.sync().unwrap();
        (network, start.elapsed().as_secs_f64())
    };
    let mut seconds = Vec::with_capacity(steps);
    (0..steps).fold(network, |network, _| {
        let (network, time) = one(network);
        seconds.push(time);
        network
    });
    seconds
}

/// One step an epoch: the time from the end of one to the end of the next.
fn encoder<E: EncoderSettings>(
    encoder: E,
    precision: Precision,
    batch: usize,
    side: usize,
    steps: usize,
) -> Vec<f64> {
    let images = ImageSet::new(noise(batch * side * side), [1, side, side]).unwrap();
    let times = (1..=batch).map(|t| t as f64).collect();
    let outcomes = Outcomes::new(times, vec![true; batch]).unwrap();
    let config = RiskModelConfig::image_only(encoder, [1, side, side]);
    let mut settings = RiskTraining::default();
    settings.precision = precision;
    settings.training.epochs = steps;
    settings.training.patience = None;
    settings.training.optimizer = OptimizerKind::Adam;
    settings.training.weight_decay = 0.0;
    settings.training.learning_rate = LearningRate::constant(LEARNING_RATE);
    let trainer = RiskTrainer::new(config.with_hidden([])).with_settings(settings);
    let inputs = RiskInputs::from_images(images);
    let (mut ended, mut seconds) = (Instant::now(), Vec::new());
    let mut on_event = |event: &Event| {
        if let Event::Step { .. } = event {
            seconds.push(ended.elapsed().as_secs_f64());
            ended = Instant::now();
        }
        ControlFlow::Continue(())
    };
    trainer.fit((&inputs, &outcomes), None, &mut on_event).unwrap();
    seconds
}
