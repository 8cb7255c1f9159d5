//! HRNet on flex: the network alone, and one detector that serves one thread or several.
//!
//! `RAYON_NUM_THREADS=1 cargo bench --workspace --bench hrnet`. Where a detector serves N threads
//! at N times its throughput, the time of `hrnet/detect/N_threads`, in which each thread finds the
//! points of as many films, is the same for every N up to the number of cores.
#![allow(missing_docs, clippy::unwrap_used)] // criterion's macros; a bench may stop

use burn::tensor::{Device, Tensor, TensorData};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use vertebra_benches::noise;
use vertebra_hrnet::{HrnetConfig, KeypointDetector};
use vertebra_phantom::sample_training_film;
use vertebra_raster::{Film, Image};

fn forward(criterion: &mut Criterion) {
    let device = Device::flex();
    let mut group = criterion.benchmark_group("hrnet/forward_width_16");
    group.sample_size(10);
    let network = HrnetConfig::small(16).init(&device).unwrap().with_initial_weights(1);
    for side in [64, 128, 256] {
        let pixels = TensorData::new(noise(side * side), [1, 1, side, side]);
        let x = Tensor::<4>::from_data(pixels, &device);
        assert_eq!(network.forward(x.clone()).dims(), [1, 5, side / 4, side / 4]);
        group.bench_function(BenchmarkId::from_parameter(side), |bencher| {
            bencher.iter(|| black_box(network.forward(x.clone())));
        });
    }
    group.finish();
}

/// The detector that comes with the project on synthetic films.
fn detect(criterion: &mut Criterion) {
    let detector = KeypointDetector::shipped(&Device::flex()).unwrap();
    let images: Vec<Image> = (0..2)
        .map(|seed| sample_training_film([320, 260], seed).unwrap().as_film().to_image().unwrap())
        .collect();
    let films: Vec<Film<'_>> = images.iter().map(Image::as_film).collect();
    let alone = find(&detector, &films);
    let mut group = criterion.benchmark_group("hrnet/detect");
    group.sample_size(10);
    for threads in [1, 2, 4] {
        group.throughput(Throughput::Elements((threads * films.len()) as u64));
        group.bench_function(BenchmarkId::new("threads", threads), |bencher| {
            bencher.iter(|| {
                std::thread::scope(|scope| {
                    let work = || assert_eq!(find(&detector, &films), alone);
                    (0..threads).for_each(|_| drop(scope.spawn(work)));
                });
            });
        });
    }
    group.finish();
}

fn find(detector: &KeypointDetector, films: &[Film<'_>]) -> Vec<[(f64, f64); 5]> {
    let points = |film: &Film<'_>| detector.detect(*film).unwrap().points().map(|p| (p.x, p.y));
    films.iter().map(points).collect()
}

criterion_group!(benches, forward, detect);
criterion_main!(benches);
