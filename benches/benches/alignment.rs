//! Films to canonical pictures, one thread: `cargo bench --workspace --bench alignment`.

#![allow(missing_docs, clippy::unwrap_used)] // criterion's macros; a bench may stop

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use vertebra_alignment::{AlignmentOptions, ClaheOptions, Field, Film, Filter, ImageVariant};
use vertebra_alignment::{ResampleOptions, VariantOptions};
use vertebra_keypoints::VertebraKeypoints;

/// A film of `[height, width]` with a smooth pattern, and a spine over 42 % of its height.
fn film(height: usize, width: usize) -> (Vec<f32>, VertebraKeypoints) {
    let at = |i: usize| {
        let (x, y) = ((i % width) as f32, (i / width) as f32);
        2000.0 + 900.0 * (x * 0.011).sin() * (y * 0.007).cos() + ((i * 7919) % 64) as f32
    };
    let pixels = (0..height * width).map(at).collect();
    let place = |i: usize| {
        let t = i as f64 / 4.0;
        let x = 0.48 + 0.03 * (3.0 * t).sin();
        (x * width as f64, (0.3 + 0.42 * t) * height as f64)
    };
    (pixels, VertebraKeypoints::from_xy(std::array::from_fn(place)).unwrap())
}

fn alignment(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("alignment");
    for [height, width] in [[1000, 1200], [2500, 3000], [4000, 3200]] {
        let (pixels, keypoints) = film(height, width);
        let film = Film { pixels: &pixels, height, width, spacing_mm: Some([0.14, 0.14]) };
        let size = format!("{height}x{width}_to_384");
        let frame = AlignmentOptions::default().align(&keypoints, film.spacing_mm).unwrap();
        for (name, options) in [
            ("warp_prefiltered", ResampleOptions::default()),
            ("warp_plain", ResampleOptions::default().with_prefilter(false)),
            ("warp_lanczos", ResampleOptions::default().with_filter(Filter::Lanczos)),
        ] {
            let made = options.resample(&film, frame.affine(), 384, 384).unwrap();
            assert!(made.pixels[384 * 192 + 192] > 1000.0);
            group.bench_function(BenchmarkId::new(name, &size), |b| {
                b.iter(|| options.resample(black_box(&film), frame.affine(), 384, 384));
            });
        }
        for variant in [ImageVariant::L1L5, ImageVariant::Patches] {
            let options = VariantOptions::default();
            let made = options.render(&film, &keypoints, None, variant).unwrap();
            assert_eq!(made.images.len(), variant.n_images());
            group.bench_function(BenchmarkId::new(format!("{variant:?}"), &size), |b| {
                b.iter(|| options.render(black_box(&film), &keypoints, None, variant));
            });
        }
    }
    group.finish();
}

fn clahe(criterion: &mut Criterion) {
    let (pixels, _) = film(2500, 3000);
    let film = Film { pixels: &pixels, height: 2500, width: 3000, spacing_mm: None };
    let field = Field::whole(&film);
    assert!(ClaheOptions::default().equalise(&film, &field).is_ok());
    criterion.bench_function("clahe/whole_film/2500x3000", |b| {
        b.iter(|| ClaheOptions::default().equalise(black_box(&film), &field));
    });
}

criterion_group!(benches, alignment, clahe);
criterion_main!(benches);
