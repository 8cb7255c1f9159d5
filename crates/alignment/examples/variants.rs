//! Aligns a film by its five centres and makes the pictures of two variants.

use vertebra_alignment::{Facing, Film, ImageVariant, VariantOptions};
use vertebra_keypoints::{VertebraKeypoints, facing};

#[allow(clippy::print_stdout)] // an example may print
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (height, width) = (300, 200);
    let pixels: Vec<f32> = (0..height * width).map(|i| (i % width + i / width) as f32).collect();
    let film = Film { pixels: &pixels, height, width, spacing_mm: Some([0.9, 0.9]) };
    let centres = [(100., 70.), (104., 108.), (108., 147.), (107., 187.), (100., 228.)];
    let keypoints = VertebraKeypoints::from_xy(centres)?;
    let facing = facing(None, &keypoints, film.spacing_mm, || None).map(|decided| decided.facing);
    let options = VariantOptions::default().with_flip(facing == Some(Facing::Right));
    for variant in [ImageVariant::L1L5, ImageVariant::Patches] {
        let made = options.render(&film, &keypoints, None, variant)?;
        let (n, first) = (made.images.len(), &made.alignments[0]);
        let degrees = first.rotation().to_degrees();
        println!("{}: {n} pictures, turned by {degrees:.1} degrees", variant.label());
    }
    Ok(())
}
