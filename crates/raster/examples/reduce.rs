//! Reduces a film to a thumbnail and finds a point of it on the original.

use vertebra_raster::{Film, ReducedFilm};

#[allow(clippy::print_stdout)] // an example may print
fn main() -> Result<(), vertebra_raster::Error> {
    let (height, width) = (1200, 900);
    let pixels: Vec<u16> = (0..height * width).map(|i| (i % width + i / width) as u16).collect();
    let film = Film { pixels: &pixels, height, width, spacing_mm: Some([0.14, 0.14]) };
    let small = ReducedFilm::with_height(&film, 100)?;
    let [rows, columns] = small.image().size();
    let (x, y) = small.to_original((0.0, 0.0));
    println!("{height} x {width} px became {rows} x {columns}");
    println!("the centre of its first pixel is at ({x:.2}, {y:.2}) on the film");
    Ok(())
}
