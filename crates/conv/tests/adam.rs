//! Adam in one pass against burn's.
#![cfg(feature = "burn")]
#![allow(clippy::unwrap_used)] // a helper of tests may stop

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamConfig, AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Distribution, Tensor};
use vertebra_conv::Adam;

const STEPS: usize = 7;

fn weights(layer: &Linear) -> Vec<f32> {
    let bias = layer.bias.as_ref().unwrap().val();
    let parts = [layer.weight.val().flatten::<1>(0, 1), bias];
    Tensor::cat(parts.to_vec(), 0).into_data().try_to_vec().unwrap()
}

/// Weights after each step on data that never change.
fn path(layer: &Linear, mut optimizer: ModuleOptimizer, x: &Tensor<2>) -> Vec<Vec<f32>> {
    let mut layer = layer.clone();
    let mut one = |i: usize| {
        let loss = layer.forward(x.clone()).sin().square().mean();
        let gradients = GradientsParams::from_grads(loss.backward(), &layer);
        layer = optimizer.step(0.01 / (i + 1) as f64, layer.clone(), gradients);
        weights(&layer)
    };
    (0..STEPS).map(&mut one).collect()
}

fn assert_same_path(ours: Adam, burn: ModuleOptimizer) {
    let device = Device::flex().autodiff();
    // More values than one unit of parallel work has.
    let layer = LinearConfig::new(300, 301).init(&device);
    let x = Tensor::random([4, 300], Distribution::Normal(0.0, 1.0), &device);
    let before = weights(&layer);
    let got = path(&layer, ours.into(), &x);
    assert_eq!(weights(&layer), before, "a shared parameter is not written to");
    for (step, (got, expected)) in got.iter().zip(path(&layer, burn, &x)).enumerate() {
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() <= 2e-6, "step {step}: got {got}, expected {expected}");
        }
    }
}

#[test]
fn adam_follows_burn() {
    assert_same_path(Adam::coupled(0.0), AdamConfig::new().with_epsilon(1e-8).init());
    let decay = Some(WeightDecayConfig::new(0.02));
    let burn = AdamConfig::new().with_epsilon(1e-8).with_weight_decay(decay).init();
    assert_same_path(Adam::coupled(0.02), burn);
}

#[test]
fn adamw_follows_burn() {
    let burn = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(0.3).init();
    assert_same_path(Adam::decoupled(0.3), burn);
}

/// The state is one of burn's: a run can go on from a record of either.
#[test]
fn a_record_of_burns_optimizer_can_be_gone_on_from() {
    let device = Device::flex().autodiff();
    let layer: Linear = LinearConfig::new(5, 3).init(&device);
    let x = Tensor::<2>::random([4, 5], Distribution::Normal(0.0, 1.0), &device);
    let step = |optimizer: &mut ModuleOptimizer, layer: Linear| {
        let loss = layer.forward(x.clone()).square().mean();
        let gradients = GradientsParams::from_grads(loss.backward(), &layer);
        optimizer.step(0.01, layer, gradients)
    };
    let mut burn = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(0.1).init();
    let layer = step(&mut burn, layer);
    let layer = step(&mut burn, layer);
    let file = std::env::temp_dir().join(format!("vertebra-adam-{}.bpk", std::process::id()));
    burn.save(&file).unwrap();
    let mut ours = ModuleOptimizer::from(Adam::decoupled(0.1)).load(&file).unwrap();
    let (got, expected) = (step(&mut ours, layer.clone()), step(&mut burn, layer));
    std::fs::remove_file(&file).unwrap(); // not before: records are read when they are used
    for (got, expected) in weights(&got.valid()).iter().zip(weights(&expected.valid())) {
        assert!((got - expected).abs() <= 1e-6, "got {got}, expected {expected}");
    }
}
