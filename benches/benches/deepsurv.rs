//! DeepSurv on flex: epochs of training on covariates and on pictures, and log hazards of new
//! subjects: `RAYON_NUM_THREADS=1 cargo bench --workspace --bench deepsurv`.
#![allow(missing_docs, clippy::unwrap_used)] // criterion's macros; a bench may stop

use burn::tensor::Device;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use vertebra_benches::{SurvivalSample, noise};
use vertebra_deepsurv::{
    EncoderConfig, ImageSet, RiskInputs, RiskModelConfig, RiskTrainer, RiskTraining,
};
use vertebra_survival::Outcomes;
use vertebra_training::keep_going;

fn trainer(config: RiskModelConfig, epochs: usize) -> RiskTrainer<'static> {
    let mut settings = RiskTraining::default();
    settings.training.epochs = epochs;
    settings.training.patience = None;
    RiskTrainer::new(config).with_settings(settings).with_device(&Device::flex())
}

/// `n` subjects with two covariates, and their outcomes.
fn subjects(n: usize) -> (RiskInputs, Outcomes) {
    let sample = SurvivalSample::new(n);
    let rows = sample.risk.iter().zip(&sample.other).map(|(&a, &b)| vec![a as f32, b as f32]);
    let inputs = RiskInputs::from_covariates(rows.collect()).unwrap();
    (inputs, Outcomes::new(sample.time, sample.event).unwrap())
}

fn covariates(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("deepsurv/covariates");
    group.sample_size(10);
    for n in [179, 1_595, 10_000] {
        let (inputs, outcomes) = subjects(n);
        let ten = trainer(RiskModelConfig::clinical(["a", "b"]), 10);
        let trained = ten.fit((&inputs, &outcomes), None, &mut keep_going).unwrap();
        assert_eq!(trained.history.len(), 10);
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::new("train_10_epochs", n), |bencher| {
            bencher.iter(|| ten.fit((&inputs, &outcomes), None, &mut keep_going).unwrap());
        });
        group.bench_function(BenchmarkId::new("log_hazard", n), |bencher| {
            bencher.iter(|| trained.model.log_hazard(black_box(&inputs)).unwrap());
        });
    }
    group.finish();
}

fn pictures(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("deepsurv/pictures_32_of_48x48");
    group.sample_size(10);
    let n = 32;
    for width in [4, 8, 16] {
        let shape = [1, 48, 48];
        let images = ImageSet::new(noise(n * 48 * 48), shape).unwrap();
        let inputs = RiskInputs::from_images(images);
        let outcomes = Outcomes::new((1..=n).map(|t| t as f64).collect(), vec![true; n]).unwrap();
        let one = trainer(RiskModelConfig::image_only(EncoderConfig::small(width), shape), 1);
        let trained = one.fit((&inputs, &outcomes), None, &mut keep_going).unwrap();
        assert_eq!(trained.model.log_hazard(&inputs).unwrap().len(), n);
        group.bench_function(BenchmarkId::new("train_1_epoch_width", width), |bencher| {
            bencher.iter(|| one.fit((&inputs, &outcomes), None, &mut keep_going).unwrap());
        });
        group.bench_function(BenchmarkId::new("log_hazard_width", width), |bencher| {
            bencher.iter(|| trained.model.log_hazard(black_box(&inputs)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, covariates, pictures);
criterion_main!(benches);
