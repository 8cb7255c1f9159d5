//! `peers-radiograph FILE..`: milliseconds to open each film and decode it to f32, by this project
//! and by dicom-rs, in turn, on as many threads as RAYON_NUM_THREADS says (dicom-rs always on one);
//! `--folder FOLDER` reads a folder. Prints CSV: who, file, median, smallest.

use dicom_pixeldata::PixelDecoder;
use std::path::Path;
use vertebra_benches::Times;
use vertebra_radiograph::{Grey, ReadOptions, read_folder};

/// Runs of each; the first is not counted.
const RUNS: usize = 21;

fn main() {
    if std::env::args().nth(1).as_deref() == Some("--folder") {
        return folder(&std::env::args().nth(2).unwrap_or_default());
    }
    let threads = std::env::var("RAYON_NUM_THREADS").unwrap_or_default();
    for path in std::env::args().skip(1) {
        let name = Path::new(&path).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let options = ReadOptions::default();
        let ours = || options.read(&path).map(|film| film.into_pixels()).map_err(|e| e.to_string());
        report(&format!("vertebra {threads} threads"), &name, ours);
        let modality = options.clone().with_grey(Grey::Modality);
        report(&format!("vertebra modality {threads} threads"), &name, || {
            modality.read(&path).map(|film| film.into_pixels()).map_err(|e| e.to_string())
        });
        report("dicom-rs", &name, || {
            let file = dicom_object::open_file(&path).map_err(|e| e.to_string())?;
            let pixels = file.decode_pixel_data().map_err(|e| e.to_string())?;
            pixels.to_vec::<f32>().map_err(|e| e.to_string())
        });
    }
}

fn report(who: &str, file: &str, read: impl Fn() -> Result<Vec<f32>, String>) {
    if let Err(error) = read() {
        println!("{who},{file},refused,{}", error.replace([',', '\n'], " "));
        return;
    }
    let runs = if file == "folder" { 3 } else { RUNS };
    let times = Times::of(0, runs, || read().map(|v| v.len()).unwrap_or_default());
    println!("{who},{file},{:.2},{:.2}", 1e3 * times.median(), 1e3 * times.least());
}

fn folder(folder: &str) {
    let threads = std::env::var("RAYON_NUM_THREADS").unwrap_or_default();
    report(&format!("vertebra {threads} threads"), "folder", || {
        let each = |_: &Path, film: vertebra_radiograph::Radiograph| film.pixels()[0];
        let report = read_folder(folder, &ReadOptions::default(), each, |_, _| {});
        let report = report.map_err(|e| e.to_string())?;
        if let Some((path, error)) = report.failures.first() {
            return Err(format!("{}: {error}", path.display()));
        }
        Ok(report.films.into_iter().map(|(_, grey)| grey).collect())
    });
}
