//! Drawing a report and reading its results: `cargo bench --workspace --bench report`.
#![allow(missing_docs, clippy::unwrap_used)] // criterion's macros; a bench may stop

#[path = "../../crates/report/tests/common/mod.rs"]
mod common;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use vertebra_report::{Report, results::StudyResults};

fn report(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("report");
    group.sample_size(10);
    let mut results = common::results();
    let models = results.models.clone();
    for times in [1, 2, 4] {
        results.models = (0..times).flat_map(|_| models.clone()).collect();
        let size = format!("{}_models", results.models.len());
        let draw = || Report::new(&results, |_| Some(common::png())).unwrap();
        draw();
        group.bench_function(BenchmarkId::new("draw", &size), |bencher| bencher.iter(draw));
        let json = serde_json::to_vec(&results).unwrap();
        group.bench_function(BenchmarkId::new("parse_results", &size), |bencher| {
            bencher.iter(|| serde_json::from_slice::<StudyResults>(black_box(&json)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, report);
criterion_main!(benches);
