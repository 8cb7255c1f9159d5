//! Layers of burn beside those of `vertebra-conv`, both on flex, in one run:
//! `RAYON_NUM_THREADS=1 cargo bench --workspace --bench conv`.
//!
//! `forward` is the inference pass; `training` a convolution, batch norm, sum and ReLU, forward
//! and backward to input, residual and all parameters. The floor is the number of operations
//! over the processor's multiply-add rate, which is printed first.

// criterion's macros have no docs; a bench may stop and print.
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used)]

use std::{hint::black_box, time::Duration};

use burn::tensor::{Device, Tensor, activation::relu};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use vertebra_conv::{BatchNorm, Conv2d, Isa, Layers};

/// Batch, input channels, side, output channels, filter, stride.
const CASES: [[usize; 6]; 8] = [
    [8, 8, 24, 8, 3, 1],
    [8, 16, 12, 16, 3, 1],
    [8, 64, 3, 64, 3, 1],
    [1, 32, 96, 32, 3, 1],
    [4, 32, 64, 32, 3, 1],
    [16, 64, 12, 64, 3, 1],
    [16, 64, 12, 128, 3, 2],
    [4, 64, 64, 256, 1, 1],
];

struct Layer {
    input: [usize; 4],
    conv: Conv2d,
    norm: BatchNorm,
    operations: f64,
    name: String,
}

impl Layer {
    fn new([n, c, side, o, kernel, stride]: [usize; 6], device: &Device) -> Self {
        let layers = Layers::on(device);
        let out = (side - 1) / stride + 1;
        Self {
            input: [n, c, side, side],
            conv: layers.same_conv([c, o], kernel, stride),
            norm: layers.batch_norm(o),
            operations: 2.0 * (n * c * o * kernel * kernel * out * out) as f64,
            name: format!("{n}x{c}x{side}x{side} to {o}, {kernel}x{kernel}/{stride}"),
        }
    }

    fn image(&self, device: &Device) -> Tensor<4> {
        tensor(self.input, device)
    }
}

/// Fixed values between -1 and 1.
fn tensor(shape: [usize; 4], device: &Device) -> Tensor<4> {
    let value = |i: usize| ((i * 7919) % 2003) as f32 / 1001.0 - 1.0;
    let values: Vec<f32> = (0..shape.iter().product()).map(value).collect();
    Tensor::<1>::from_floats(values.as_slice(), device).reshape(shape)
}

fn assert_equal(got: Tensor<4>, expected: Tensor<4>) {
    let difference = (got - expected.clone()).abs().max().into_scalar::<f32>();
    assert!(difference <= 1e-4 * expected.abs().max().into_scalar::<f32>());
}

fn forward(criterion: &mut Criterion) {
    let device = Device::flex();
    let peak = Isa::detect().peak_rate();
    println!("{:?}: {peak:.0} GFLOP/s on one thread", Isa::detect());
    let mut group = criterion.benchmark_group("conv/forward");
    group.sample_size(20).measurement_time(Duration::from_secs(1));
    for case in CASES {
        let layer = Layer::new(case, &device);
        let (x, theirs) = (layer.image(&device), layer.conv.clone().into_burn());
        println!("{}: floor {:.1} us", layer.name, layer.operations / peak * 1e-3);
        assert_equal(layer.conv.forward(x.clone()), theirs.forward(x.clone()));
        group.bench_function(BenchmarkId::new(&layer.name, "burn"), |b| {
            b.iter(|| black_box(theirs.forward(x.clone())));
        });
        group.bench_function(BenchmarkId::new(&layer.name, "here"), |b| {
            b.iter(|| black_box(layer.conv.forward(x.clone())));
        });
    }
}

fn training(criterion: &mut Criterion) {
    let device = Device::flex().autodiff();
    let mut group = criterion.benchmark_group("conv/training");
    group.sample_size(20).measurement_time(Duration::from_secs(1));
    for case in CASES {
        let layer = Layer::new(case, &device);
        let x = layer.image(&device).require_grad();
        let theirs = layer.conv.clone().into_burn();
        let residual = tensor(layer.conv.forward(x.clone()).dims(), &device).require_grad();
        let burn = || {
            let y = layer.norm.forward(theirs.forward(x.clone()));
            relu(y + residual.clone())
        };
        let ours = || layer.norm.forward_add_relu(layer.conv.forward(x.clone()), residual.clone());
        assert_equal(ours(), burn());
        group.bench_function(BenchmarkId::new(&layer.name, "burn"), |b| {
            b.iter(|| black_box(burn().sum().backward()));
        });
        group.bench_function(BenchmarkId::new(&layer.name, "here"), |b| {
            b.iter(|| black_box(ours().sum().backward()));
        });
    }
}

criterion_group!(benches, forward, training);
criterion_main!(benches);
