//! Heatmaps and average precision, one thread: `cargo bench --workspace --bench keypoints`.
#![allow(missing_docs, clippy::unwrap_used)] // criterion's macros; a bench may stop

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use vertebra_keypoints::{AnnotationSet, Detection, EvaluatedFilm, FilmAnnotation, HeatmapCodec};
use vertebra_keypoints::{OksOptions, VertebraKeypoints, average_precision, check_plausibility};

fn heatmaps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("keypoints/heatmaps");
    for side in [24, 96, 384] {
        let codec = HeatmapCodec::new(side, side, 2.0).unwrap();
        let at = |i: usize| (0.5 * side as f64 + 0.3, (0.15 + 0.17 * i as f64) * side as f64);
        let points: Vec<_> = (0..5).map(|i| Some(at(i))).collect();
        let maps = codec.encode(&points);
        let found = codec.decode(&maps).unwrap();
        assert!((0..5).all(|i| (found[i].y - at(i).1).abs() < 0.05));
        group.throughput(Throughput::Elements(maps.len() as u64));
        group.bench_function(BenchmarkId::new("encode", side), |bencher| {
            bencher.iter(|| codec.encode(black_box(&points)));
        });
        group.bench_function(BenchmarkId::new("decode", side), |bencher| {
            bencher.iter(|| codec.decode(black_box(&maps)).unwrap());
        });
        group.bench_function(BenchmarkId::new("candidates_of_3", side), |bencher| {
            bencher.iter(|| codec.candidates(black_box(&maps), 3).unwrap());
        });
    }
    group.finish();
}

/// The points of film `i`, moved by some pixels.
fn spine(i: usize, moved: f64) -> VertebraKeypoints {
    let bend = (i % 13) as f64;
    let centre = |k: usize| (130.0 + bend * k as f64 + moved, 80.0 + 72.0 * k as f64);
    VertebraKeypoints::from_xy(std::array::from_fn(centre)).unwrap()
}

fn annotation(i: usize) -> FilmAnnotation {
    FilmAnnotation::new(format!("{i}.png"), [440, 360], spine(i, 0.0), vec![])
}

fn films(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("keypoints/films");
    let options = OksOptions::default();
    for n in [100, 1_000, 10_000] {
        let evaluated: Vec<EvaluatedFilm> = (0..n)
            .map(|i| {
                let found = Detection::new(spine(i, (i % 7) as f64));
                EvaluatedFilm::new(Some(options.truth(&annotation(i))), vec![found])
            })
            .collect();
        let precision = average_precision(&options, &evaluated).unwrap();
        assert!(precision.to_string().contains(&format!("on {n} spines")));
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::new("average_precision", n), |bencher| {
            bencher.iter(|| average_precision(&options, black_box(&evaluated)).unwrap());
        });
        let spines: Vec<_> = (0..n).map(|i| spine(i, 0.0)).collect();
        group.bench_function(BenchmarkId::new("plausibility", n), |bencher| {
            let limits = Default::default();
            let doubts = |p| check_plausibility(p, Some([0.5; 2]), &limits).len();
            bencher.iter(|| spines.iter().map(doubts).sum::<usize>());
        });
        let file = tempfile::NamedTempFile::new().unwrap();
        AnnotationSet::new((0..n).map(annotation).collect()).write(file.path()).unwrap();
        let json = std::fs::read_to_string(file.path()).unwrap();
        assert_eq!(AnnotationSet::from_coco(&json, "x.json").unwrap().films.len(), n);
        group.bench_function(BenchmarkId::new("read_coco", n), |bencher| {
            bencher.iter(|| AnnotationSet::from_coco(black_box(&json), "x.json").unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, heatmaps, films);
criterion_main!(benches);
