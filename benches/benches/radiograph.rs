//! Opening a film: stored bits in memory to grey values; on one thread with RAYON_NUM_THREADS=1.
#![allow(clippy::unwrap_used)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use vertebra_radiograph::{DicomImage, ReadOptions, encode_dicom};

const SIZES: [(usize, usize); 3] = [(512, 512), (1024, 1024), (2140, 1760)];

/// A smooth film of 12 bits with some noise.
fn film(height: usize, width: usize) -> Vec<u8> {
    let value = |i: usize| {
        let (row, column) = (i / width, i % width);
        let noise = (row.wrapping_mul(73_856_093) ^ column.wrapping_mul(19_349_663)) % 17;
        ((row * 1800 / height + column * 2000 / width) + noise) as u16
    };
    let pixels: Vec<u16> = (0..height * width).map(value).collect();
    let image = DicomImage {
        window: Some((2000.0, 3500.0)),
        ..DicomImage::new(height, width, &pixels, 12)
    };
    encode_dicom(&image).unwrap()
}

fn open(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("radiograph/open/native");
    for (height, width) in SIZES {
        let bytes = film(height, width);
        let options = ReadOptions::default();
        assert_eq!(options.read_bytes(&bytes).unwrap().height(), height);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        let id = BenchmarkId::from_parameter(format!("{height}x{width}"));
        group.bench_with_input(id, &bytes, |bencher, bytes| {
            bencher.iter(|| options.read_bytes(black_box(bytes)).unwrap());
        });
    }
    group.finish();
}

/// Real films in every syntax, where the data folder is beside the repository.
fn open_real(criterion: &mut Criterion) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/dicom");
    let mut group = criterion.benchmark_group("radiograph/open/real");
    group.sample_size(10);
    for name in ["RG2_UNC", "RG2_RLE", "RG2_JPLL", "RG2_JPLY", "RG2_JLSL", "RG2_J2KR"] {
        let Ok(bytes) = std::fs::read(folder.join(name)) else { continue };
        let options = ReadOptions::default();
        assert_eq!(options.read_bytes(&bytes).unwrap().width(), 1760);
        group.bench_function(name, |bencher| {
            bencher.iter(|| options.read_bytes(black_box(&bytes)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, open, open_real);
criterion_main!(benches);
