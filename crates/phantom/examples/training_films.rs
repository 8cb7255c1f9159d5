//! Draws training films on one sheet, to be looked at beside real ones.
//!
//! `cargo run --release -p vertebra-phantom --example training_films -- FILE.png [COUNT [SEED
//! [CT]]]`, CT being a folder of labelled scans, whose projections are drawn then.
#![allow(clippy::print_stdout)] // an example speaks

use vertebra_phantom::{CtScan, sample_ct_film, sample_training_film};
use vertebra_radiograph::write_png16;
use vertebra_raster::{ContactSheet, Image};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_else(|| "training-films.png".to_owned());
    let count: u64 = arguments.next().map_or(Ok(12), |n| n.parse())?;
    let first: u64 = arguments.next().map_or(Ok(0), |n| n.parse())?;
    let scans = arguments.next().map(|folder| CtScan::read_all(folder.as_ref())).transpose()?;
    let film = |seed: u64| {
        let scan = scans.as_ref().map(|scans| &scans[seed as usize % scans.len()]);
        let film = match scan {
            Some(scan) => sample_ct_film(scan, [480, 480], seed)?,
            None => sample_training_film([480, 480], seed)?,
        };
        Ok(film.image)
    };
    let films: Result<Vec<Image<u16>>, vertebra_phantom::Error> =
        (first..first + count).map(film).collect();
    let sheet = ContactSheet::new(0).grid(&films?, 4);
    let pixels: Vec<f32> = sheet.pixels.iter().map(|v| f32::from(*v)).collect();
    let sheet = Image { pixels, height: sheet.height, width: sheet.width };
    write_png16(&path, sheet.as_film())?;
    println!("{path}");
    Ok(())
}
