//! Films from the arrays and pictures that other projects have.

use image::{GrayImage, ImageBuffer, Luma};
use ndarray::Array2;
use std::error::Error;
use vertebra_alignment::{ImageVariant, VariantOptions};
use vertebra_cohort::{Cohort, Sex};
use vertebra_keypoints::{AnnotationSet, VertebraKeypoints, check_plausibility};
use vertebra_phantom::{Anatomy, Exposure, render_film};
use vertebra_radiograph::ReadOptions;
use vertebra_raster::{Film, ReducedFilm};

type Done = Result<(), Box<dyn Error>>;

#[test]
fn a_film_is_borrowed_from_ndarray() -> Done {
    let pixels = Array2::from_shape_fn((600, 400), |(y, x)| (x + y) as u16);
    let film = Film { spacing_mm: Some([0.15, 0.15]), ..Film::try_from(pixels.view())? };
    let small = ReducedFilm::with_height(&film, 150)?;
    assert_eq!(small.to_original((49.5, 74.5)), (199.5, 299.5));
    let half = Array2::try_from(small.into_image())?;
    assert_eq!(half.dim(), (150, 100));
    Ok(())
}

#[test]
fn variants_of_a_picture_of_the_image_crate() -> Done {
    let picture: GrayImage = ImageBuffer::from_fn(200, 300, |x, _| Luma([x as u8]));
    let film = Film { spacing_mm: Some([0.9, 0.9]), ..Film::from(&picture) };
    let centres = [(100., 70.), (104., 108.), (108., 147.), (107., 187.), (100., 228.)];
    let points = VertebraKeypoints::from_xy(centres)?;
    assert!(check_plausibility(&points, film.spacing_mm, &Default::default()).is_empty());
    let options = VariantOptions::default().with_size(64);
    let made = options.render(&film, &points, None, ImageVariant::L1L5)?;
    let seen: ImageBuffer<Luma<f32>, Vec<f32>> = made.images[0].clone().try_into()?;
    assert_eq!(seen.dimensions(), (64, 64));
    Ok(())
}

#[test]
fn a_png_of_the_image_crate_is_read() -> Done {
    let picture = ImageBuffer::from_fn(20, 30, |x, y| Luma([(x * 100 + y) as u16]));
    let mut png = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut png, image::ImageFormat::Png)?;
    let film = ReadOptions::default().read_bytes(png.get_ref())?;
    assert_eq!((film.height(), film.width()), (30, 20));
    Ok(())
}

#[test]
fn a_drawn_film_and_its_annotation() -> Done {
    let anatomy = Anatomy::sample(Sex::Female, 67.0, 23.5, -1.5, 42);
    let film = render_film(&anatomy, &Exposure::sample([256, 208], 1), "film.dcm", 2)?;
    assert_eq!(film.image.pixels.len(), 256 * 208);
    let path = std::env::temp_dir().join(format!("annotations-{}.json", std::process::id()));
    AnnotationSet::new(vec![film.annotation]).write(&path)?;
    let again = AnnotationSet::read(&path);
    std::fs::remove_file(&path)?;
    assert_eq!(again?.films.len(), 1);
    Ok(())
}

#[test]
fn a_cohort_that_is_not_there_is_named() {
    let problems = Cohort::read("no/such/folder").map(|_| ()).unwrap_err();
    assert!(problems.to_string().contains("no/such/folder"));
}
