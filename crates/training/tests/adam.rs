//! Adam in one pass against burn's.
#![allow(clippy::unwrap_used)] // a helper of tests may stop

use burn::module::{Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamConfig, AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::store::ModuleRecord;
use burn::tensor::{Device, Distribution, Tensor};
use vertebra_training::Adam;

fn weights(layer: &Linear) -> Vec<f32> {
    let bias = layer.bias.as_ref().unwrap().val();
    let parts = [layer.weight.val().flatten::<1>(0, 1), bias];
    Tensor::cat(parts.to_vec(), 0).into_data().try_to_vec().unwrap()
}

/// A loss whose gradient is the same for all weights.
///
/// Where a gradient is 0 but for rounding, Adam makes a whole step of it: with gradients that
/// depend on the weights, two optimizers that differ by rounding would go ways of their own.
struct Loss {
    x: Tensor<2>,
    slopes: Tensor<2>,
}

impl Loss {
    fn random([inputs, outputs]: [usize; 2], device: &Device) -> Self {
        let normal = |size| Tensor::random([4, size], Distribution::Normal(0.0, 1.0), device);
        Self { x: normal(inputs), slopes: normal(outputs) }
    }

    fn of(&self, layer: &Linear) -> Tensor<1> {
        (layer.forward(self.x.clone()) * self.slopes.clone()).sum()
    }

    fn step(&self, optimizer: &mut ModuleOptimizer, rate: f64, layer: Linear) -> Linear {
        let gradients = GradientsParams::from_grads(self.of(&layer).backward(), &layer);
        optimizer.step(rate, layer, gradients)
    }
}

/// Weights after each step, each by a loss of its own.
fn path(layer: &Linear, mut optimizer: ModuleOptimizer, losses: &[Loss]) -> Vec<Vec<f32>> {
    let mut layer = layer.clone();
    let mut one = |(i, loss): (usize, &Loss)| {
        layer = loss.step(&mut optimizer, 0.01 / (i + 1) as f64, layer.clone());
        weights(&layer)
    };
    losses.iter().enumerate().map(&mut one).collect()
}

fn assert_same_path(ours: Adam, burn: ModuleOptimizer) {
    let device = Device::flex().autodiff();
    // More values than one unit of parallel work has.
    let layer = LinearConfig::new(300, 301).init(&device);
    let losses: Vec<Loss> = (0..7).map(|_| Loss::random([300, 301], &device)).collect();
    let before = weights(&layer);
    let got = path(&layer, ours.into(), &losses);
    assert_eq!(weights(&layer), before, "a shared parameter is not written to");
    for (step, (got, expected)) in got.iter().zip(path(&layer, burn, &losses)).enumerate() {
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
    let loss = Loss::random([5, 3], &device);
    let step = |optimizer: &mut ModuleOptimizer, layer| loss.step(optimizer, 0.01, layer);
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

#[derive(Module, Debug)]
struct Pair {
    first: Linear,
    second: Linear,
}

impl Pair {
    /// Two layers with one weight.
    fn tied(size: usize, device: &Device) -> Self {
        let first: Linear = LinearConfig::new(size, size).init(device);
        let mut second: Linear = LinearConfig::new(size, size).init(device);
        second.weight = first.weight.clone();
        Self { first, second }
    }

    fn step(self, optimizer: &mut ModuleOptimizer, losses: &[Loss; 2]) -> Self {
        let loss = losses[0].of(&self.first) + losses[1].of(&self.second);
        let gradients = GradientsParams::from_grads(loss.backward(), &self);
        optimizer.step(0.01, self, gradients)
    }

    fn bits(&self) -> Vec<u32> {
        [&self.first, &self.second].into_iter().flat_map(weights).map(f32::to_bits).collect()
    }
}

#[test]
fn a_step_leaves_whoever_else_holds_a_tensor_alone() {
    let device = Device::flex().autodiff();
    let losses = [(); 2].map(|()| Loss::random([128, 128], &device));
    let mut optimizer = ModuleOptimizer::from(Adam::decoupled(0.1));
    let mut model = Pair::tied(128, &device).step(&mut optimizer, &losses);
    // Kept: clones before each step, a tensor of the weight, a row of it, its transpose, a second
    // optimizer.
    for _ in 0..4 {
        let kept = (model.clone(), model.first.weight.val(), model.valid());
        let views = [kept.1.clone().slice([3..4, 0..128]).transpose(), kept.1.clone().transpose()];
        let read = |t: &Tensor<2>| t.clone().into_data().try_to_vec::<f32>().unwrap();
        let bits = |t: &Tensor<2>| read(t).into_iter().map(f32::to_bits).collect::<Vec<u32>>();
        let before = (kept.0.bits(), bits(&kept.1), kept.2.bits(), views.each_ref().map(bits));
        let mut other = optimizer.clone();
        let next = model.clone().step(&mut optimizer, &losses);
        let twin = model.step(&mut other, &losses);
        assert_eq!(next.bits(), twin.bits(), "optimizers that share moments step alike");
        assert_ne!(next.bits(), before.0);
        let after = (kept.0.bits(), bits(&kept.1), kept.2.bits(), views.each_ref().map(bits));
        assert!(before == after, "a tensor that somebody holds has changed");
        model = next;
    }
}

/// A weight in two modules takes the step that burn's optimiser gives it in each.
#[test]
fn a_weight_of_two_modules_follows_burn() {
    let device = Device::flex().autodiff();
    let losses = [(); 2].map(|()| Loss::random([20, 20], &device));
    let start = Pair::tied(20, &device);
    let run = |mut optimizer: ModuleOptimizer| {
        (0..5).fold(start.clone(), |model, _| model.step(&mut optimizer, &losses)).bits()
    };
    let burn = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(0.1).init();
    let (got, expected) = (run(Adam::decoupled(0.1).into()), run(burn));
    for (got, expected) in
        got.into_iter().zip(expected).map(|(a, b)| (f32::from_bits(a), f32::from_bits(b)))
    {
        assert!((got - expected).abs() <= 2e-6, "got {got}, expected {expected}");
    }
}

#[test]
fn strided_parameters_take_their_own_step_and_not_their_storages() {
    let device = Device::flex().autodiff();
    let plain = Device::flex();
    let whole = Tensor::<2>::random([40, 30], Distribution::Normal(0.0, 1.0), &plain);
    let before: Vec<f32> = whole.clone().into_data().try_to_vec().unwrap();
    for view in [
        whole.clone().slice([5..35, 0..20]),
        whole.clone().slice([0..20, 0..30]).transpose(),
        whole.clone().slice([0..30, 0..30]),
    ] {
        let dense = Tensor::<2>::from_data(view.clone().into_data(), &plain);
        let layer =
            |w: Tensor<2>| Linear { weight: Param::from_tensor(Tensor::from_inner(w)), bias: None };
        let loss = Loss::random(dense.dims(), &device);
        let stepped = |layer: Linear| {
            let layer = loss.step(&mut Adam::coupled(0.1).into(), 0.01, layer);
            layer.weight.val().into_data().try_to_vec::<f32>().unwrap()
        };
        for (got, expected) in stepped(layer(view)).iter().zip(stepped(layer(dense))) {
            assert!((got - expected).abs() <= 1e-6, "got {got}, expected {expected}");
        }
        assert_eq!(whole.clone().into_data().try_to_vec::<f32>().unwrap(), before);
    }
}

/// Records are read when they are used: two models of one file must not share what a step writes.
#[test]
fn a_model_of_the_same_record_stays_as_it_was_read() {
    let device = Device::flex().autodiff();
    let losses = [(); 2].map(|()| Loss::random([128, 128], &device));
    let file = std::env::temp_dir().join(format!("vertebra-pair-{}.bpk", std::process::id()));
    let start = Pair::tied(128, &device);
    start.clone().into_record().save(&file).unwrap();
    let record = ModuleRecord::load(&file).unwrap();
    let read = || Pair::tied(128, &device).load_record(record.clone());
    let (model, kept, unread) = (read(), read(), read());
    assert_eq!(kept.bits(), start.bits());
    let model = model.step(&mut Adam::decoupled(0.1).into(), &losses);
    assert_ne!(model.bits(), start.bits());
    assert_eq!(kept.bits(), start.bits());
    assert_eq!(unread.bits(), start.bits());
    std::fs::remove_file(&file).unwrap();
}
