//! Drawing one synthetic film: `cargo bench --workspace --bench phantom`.
#![allow(missing_docs, clippy::unwrap_used)] // criterion's macros; a bench may stop

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use vertebra_cohort::Sex;
use vertebra_phantom::{Anatomy, Exposure, render_film, sample_training_film};

fn phantom(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("phantom");
    group.sample_size(10);
    for size in [[158, 126], [256, 208], [512, 416]] {
        let (anatomy, exposure) =
            (Anatomy::sample(Sex::Female, 67.0, 23.5, -1.5, 42), Exposure::sample(size, 1));
        let film = render_film(&anatomy, &exposure, "film.dcm", 2).unwrap();
        assert_eq!(film.image.size(), size);
        let name = format!("{}x{}", size[0], size[1]);
        group.throughput(Throughput::Elements((size[0] * size[1]) as u64));
        group.bench_function(BenchmarkId::new("film", &name), |bencher| {
            bencher.iter(|| render_film(black_box(&anatomy), &exposure, "film.dcm", 2).unwrap());
        });
        group.bench_function(BenchmarkId::new("training_film", &name), |bencher| {
            bencher.iter(|| sample_training_film(black_box(size), 3).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, phantom);
criterion_main!(benches);
