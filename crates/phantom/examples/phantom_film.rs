//! Renders one synthetic radiograph of a woman with an L1 fracture and writes it as DICOM.
//!
//! `cargo run --release -p vertebra-phantom --example phantom_film -- [FILE]`
#![allow(clippy::print_stdout)] // an example speaks

use vertebra_cohort::Sex;
use vertebra_keypoints::Level;
use vertebra_phantom::{Anatomy, Exposure, Fracture, FractureKind, render_film};
use vertebra_radiograph::{DicomImage, Spacing, SpacingKind, write_dicom};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "phantom-film.dcm".to_owned());

    // Female, 67 years, BMI 23.5 kg/m², bone density 1.5 SD below the mean.
    let mut anatomy = Anatomy::sample(Sex::Female, 67.0, 23.5, -1.5, 42);
    let fracture = Fracture::new(Level::L1, FractureKind::Wedge, 0.4);
    anatomy.spine = anatomy.spine.with_fracture(&fracture);

    let film = render_film(&anatomy, &Exposure::sample([640, 512], 1), &path, 2)?;
    let heights = anatomy.spine.lumbar(Level::L1).heights();
    println!("L1: {:.1} mm in front, {:.1} mm behind", heights.anterior, heights.posterior);
    for (level, point) in Level::ALL.iter().zip(film.annotation.keypoints.points()) {
        println!("{level}: x {:.1}, y {:.1} px", point.x, point.y);
    }

    let mut image = DicomImage::new(film.image.height, film.image.width, &film.image.pixels, 12);
    let [row_mm, col_mm] = film.spacing_mm;
    image.spacing = Spacing { row_mm, col_mm, kind: SpacingKind::Detector };
    write_dicom(&path, &image)?;
    println!("{path}");
    Ok(())
}
