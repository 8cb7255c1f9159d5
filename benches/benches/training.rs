//! What the training loop costs beside the network: one step of Adam, the norm of a gradient,
//! initial weights: `RAYON_NUM_THREADS=1 cargo bench --workspace --bench training`.
#![allow(missing_docs, clippy::unwrap_used)] // criterion's macros; a bench may stop

use burn::nn::{Linear, LinearConfig};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use vertebra_training::{Adam, LearningRate, Seed, StepGradients, Task, TaskError};
use vertebra_training::{TrainingConfig, WeightScale, initialize, keep_going, train};

/// Parameters of a square layer of these widths: 16 thousand, a quarter and four millions.
const WIDTHS: [usize; 3] = [128, 512, 2048];

fn layer(width: usize) -> Linear {
    let layer = LinearConfig::new(width, width).init(&Device::flex().autodiff());
    initialize(layer, WeightScale::HeFanIn, Seed::new(1))
}

fn gradients(layer: &Linear, width: usize) -> GradientsParams {
    let x = Tensor::<2>::ones([1, width], &layer.weight.device());
    GradientsParams::from_grads(layer.forward(x).square().mean().backward(), layer)
}

fn steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("training");
    group.sample_size(10);
    for width in WIDTHS {
        group.throughput(Throughput::Elements((width * width) as u64));
        group.bench_function(BenchmarkId::new("backward_and_adam", width), |bencher| {
            let mut adam = ModuleOptimizer::from(Adam::decoupled(1e-2));
            let mut layer = Some(layer(width));
            bencher.iter(|| {
                let before = layer.take().unwrap();
                let gradients = gradients(&before, width);
                layer = Some(adam.step(1e-3, before, gradients));
            });
        });
        group.bench_function(BenchmarkId::new("initialize", width), |bencher| {
            bencher.iter(|| layer(width));
        });
    }
    group.finish();
}

/// y = 2 x - 1 by least squares: the loop itself.
struct Line(usize);

impl Task for Line {
    type Model = Linear;
    type Batch = Vec<f32>;

    fn n_samples(&self) -> usize {
        self.0
    }

    fn prepare(&self, batch: &[usize], _seed: Seed) -> Result<Vec<f32>, TaskError> {
        Ok(batch.iter().map(|&i| i as f32 / self.0 as f32).collect())
    }

    fn gradients(&self, model: &Linear, x: Vec<f32>) -> Result<StepGradients, TaskError> {
        let n = x.len();
        let x = Tensor::<1>::from_floats(x.as_slice(), &model.weight.device()).reshape([n, 1]);
        let loss = (model.forward(x.clone()) - (x * 2.0 - 1.0)).square().mean();
        Ok(StepGradients::new(loss.clone(), GradientsParams::from_grads(loss.backward(), model)))
    }

    fn validate(&self, _model: &Linear) -> Result<Option<f64>, TaskError> {
        Ok(None)
    }
}

fn epochs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("training/loop_20_epochs");
    group.sample_size(10);
    for samples in [8, 64, 512] {
        let config = TrainingConfig::default()
            .with_epochs(20)
            .with_batch_size(4)
            .with_learning_rate(LearningRate::constant(0.05));
        let run = || {
            let line = LinearConfig::new(1, 1).init(&Device::flex());
            train(&config, &Line(samples), line, None, &mut keep_going).unwrap()
        };
        assert_eq!(run().history.len(), 20);
        group.bench_function(BenchmarkId::from_parameter(samples), |bencher| bencher.iter(run));
    }
    group.finish();
}

criterion_group!(benches, steps, epochs);
criterion_main!(benches);
