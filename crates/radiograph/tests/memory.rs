//! How much a film takes beside its file while it is read, by codec.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "support/heap.rs"]
mod heap;

use std::path::{Path, PathBuf};
use vertebra_radiograph::ReadOptions;

/// Bytes a pixel, at most, on one thread and as a person would see the film.
fn held(path: &Path) -> f64 {
    let bytes = std::fs::read(path).unwrap();
    let options = ReadOptions::default();
    // What is made once in a program does not count.
    options.read_bytes(&bytes).unwrap();
    let (film, peak) = heap::peak_of(|| options.read_bytes(&bytes).unwrap());
    let each = peak as f64 / film.pixels().len() as f64;
    println!("{}: {each:.1} bytes a pixel", path.display());
    each
}

fn testdata(codec: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/codecs/{codec}.dcm"))
}

const SMALL: [&str; 8] = [
    "rle",
    "jpeg",
    "jpeg_lossless",
    "jpeg_ls",
    "jpeg_2000",
    "jpeg_2000_lossy",
    "htj2k",
    "htj2k_lossy",
];

const REAL: [&str; 6] = ["RG2_UNC", "RG2_RLE", "RG2_JPLL", "RG2_JPLY", "RG2_JLSL", "RG2_J2KR"];

/// The pixels themselves take four. One test, as what another one holds at the same time counts,
/// too.
#[test]
fn a_film_takes_eight_bytes_a_pixel() {
    let mut paths: Vec<PathBuf> = SMALL.iter().map(|codec| testdata(codec)).collect();
    #[cfg(feature = "jpeg-xl")]
    paths.extend(["jpeg_xl", "jpeg_xl_lossy"].map(testdata));
    // 2140 x 1760, where the data folder is beside the repository.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/dicom");
    match folder.is_dir() {
        true => paths.extend(REAL.iter().map(|name| folder.join(name))),
        false => println!("skipped: no ../shared"),
    }
    for path in paths {
        let each = held(&path);
        assert!((4.0..8.0).contains(&each), "{}: {each} bytes a pixel", path.display());
    }
}
