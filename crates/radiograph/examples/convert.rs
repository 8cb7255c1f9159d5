//! Reads a film and writes it as 16-bit PNG, and before windowing as NPY:
//! `cargo run --release -p vertebra-radiograph --example convert -- film.dcm out.png out.npy`.
//! Without arguments it makes a DICOM file first, in the temporary folder.

use std::path::PathBuf;
use vertebra_radiograph::{
    DicomImage, Error, Grey, ReadOptions, Spacing, SpacingKind, write_dicom, write_npy, write_png16,
};

#[allow(clippy::print_stdout)] // an example may print
fn main() -> Result<(), Error> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [film, png, npy] = match <[PathBuf; 3]>::try_from(arguments) {
        Ok(given) => given,
        Err(_) => made()?,
    };
    let options = ReadOptions::default().with_lenient(true);
    let radiograph = options.read(&film)?;
    println!("{} x {}, {:?}", radiograph.height(), radiograph.width(), radiograph.spacing());
    radiograph.provenance().warnings.iter().for_each(|warning| println!("{warning}"));
    write_png16(&png, &radiograph)?;
    write_npy(&npy, &options.with_grey(Grey::Modality).read(&film)?)?;
    println!("{} is now {} and {}", film.display(), png.display(), npy.display());
    Ok(())
}

/// A film of a bright column, and where its copies go.
fn made() -> Result<[PathBuf; 3], Error> {
    let folder = std::env::temp_dir();
    let files = ["film.dcm", "film.png", "film.npy"]
        .map(|name| folder.join(format!("vertebra-convert-{name}")));
    let (height, width) = (256, 192);
    let pixels: Vec<u16> =
        (0..height * width).map(|i| 4000 - 30 * ((i % width) as u16).abs_diff(96)).collect();
    let spacing = Spacing { row_mm: 0.16, col_mm: 0.16, kind: SpacingKind::Detector };
    let image = DicomImage { spacing, ..DicomImage::new(height, width, &pixels, 12) };
    write_dicom(&files[0], &image)?;
    Ok(files)
}
