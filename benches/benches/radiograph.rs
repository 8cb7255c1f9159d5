//! Opening a film: stored bits in memory to grey values; on one thread with RAYON_NUM_THREADS=1.
#![allow(clippy::unwrap_used)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::path::{Path, PathBuf};
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

/// Files of one film in every codec: by the name of the codec, its size, and where it lies.
fn films() -> Vec<(String, String, PathBuf)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let small = crates.join("crates/radiograph/testdata/codecs");
    let real = crates.join("../shared/data/dicom");
    let mut films = Vec::new();
    for codec in [
        "rle",
        "jpeg",
        "jpeg_lossless",
        "jpeg_ls",
        "jpeg_2000",
        "jpeg_2000_lossy",
        "htj2k",
        "htj2k_lossy",
        "jpeg_xl",
        "jpeg_xl_lossy",
    ] {
        films.push((codec.into(), "768x768".into(), small.join(format!("{codec}.dcm"))));
    }
    // Where the data folder is beside the repository.
    for (codec, name) in [
        ("native", "RG2_UNC"),
        ("rle", "RG2_RLE"),
        ("jpeg_lossless", "RG2_JPLL"),
        ("jpeg_12", "RG2_JPLY"),
        ("jpeg_ls", "RG2_JLSL"),
        ("jpeg_2000", "RG2_J2KR"),
    ] {
        films.push((codec.into(), "2140x1760".into(), real.join(name)));
    }
    films
}

/// Decoding, by codec: `radiograph/decode/jpeg_ls/768x768`.
fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("radiograph/decode");
    group.sample_size(10);
    for (codec, size, path) in films() {
        let Ok(bytes) = std::fs::read(path) else { continue };
        let options = ReadOptions::default();
        let film = options.read_bytes(&bytes).unwrap();
        assert_eq!(format!("{}x{}", film.height(), film.width()), size);
        group.throughput(Throughput::Elements(film.pixels().len() as u64));
        group.bench_function(BenchmarkId::new(codec, size), |bencher| {
            bencher.iter(|| options.read_bytes(black_box(&bytes)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, open, decode);
criterion_main!(benches);
