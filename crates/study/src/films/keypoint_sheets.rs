//! Contact sheets of films with their points, to look at.

use crate::Error;
use crate::films::pictures::Canvas;
use std::path::{Path, PathBuf};
use vertebra_hrnet::FilmSample;
use vertebra_keypoints::VertebraKeypoints;

/// Films in a row and on a sheet.
const COLUMNS: usize = 8;
const ON_A_SHEET: usize = 40;
/// Colours of L1..L5, so that exchanged levels show.
const COLOURS: [[u8; 3]; 5] =
    [[230, 60, 60], [245, 170, 40], [90, 200, 90], [60, 190, 220], [190, 110, 240]];

/// Writes sheets of films with their annotated points as rings and, where given, the points
/// detected on them as crosses: `<name>-1.png` and on, forty films each, row by row in their order.
/// L1 is red, L2 orange, L3 green, L4 blue, L5 violet.
///
/// # Errors
/// [`Error::Io`] for a folder that cannot be made, [`Error::Picture`].
pub fn write_keypoint_sheets(
    films: &[(&FilmSample, Option<&VertebraKeypoints>)],
    folder: &Path,
    name: &str,
) -> Result<Vec<PathBuf>, Error> {
    std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    let sheets = (1..).zip(films.chunks(ON_A_SHEET));
    let write = |(number, films): (usize, &[_])| {
        let path = folder.join(format!("{name}-{number}.png"));
        sheet(films).write_png(&path)?;
        Ok(path)
    };
    sheets.map(write).collect()
}

fn sheet(films: &[(&FilmSample, Option<&VertebraKeypoints>)]) -> Canvas {
    let row = |films: &[(&FilmSample, Option<&VertebraKeypoints>)]| {
        Canvas::beside(films.iter().map(|(film, found)| tile(film, *found)).collect())
    };
    Canvas::below(films.chunks(COLUMNS).map(row).collect())
}

fn tile(film: &FilmSample, found: Option<&VertebraKeypoints>) -> Canvas {
    let mut canvas = Canvas::from_grey(&film.as_film());
    let radius = (film.image.height as f64 / 60.0).max(2.0);
    for (p, colour) in film.keypoints.points().iter().zip(COLOURS) {
        canvas.ring((p.x, p.y), radius, colour);
    }
    for (p, colour) in found.iter().flat_map(|found| found.points()).zip(COLOURS) {
        canvas.cross((p.x, p.y), radius as i64, colour);
    }
    canvas
}

#[cfg(test)]
mod tests {
    use super::*;
    use vertebra_raster::Image;

    #[test]
    fn every_film_is_on_a_sheet_with_its_points_in_their_colours() {
        let keypoints = VertebraKeypoints::from_xy([10., 20., 30., 40., 50.].map(|y| (15.0, y)));
        let film = FilmSample::from_image(Image::zeros(60, 30), keypoints.unwrap());
        let films = vec![(&film, Some(&film.keypoints)); 43];
        let folder = tempfile::tempdir().unwrap();
        let sheets = write_keypoint_sheets(&films, &folder.path().join("a"), "marked").unwrap();
        assert_eq!(sheets.len(), 2);
        let pixels = |path: &PathBuf| image::open(path).unwrap().to_rgb8();
        let (first, second) = (pixels(&sheets[0]), pixels(&sheets[1]));
        assert_eq!(first.dimensions(), (8 * 32 - 2, 5 * 62 - 2));
        assert_eq!(second.dimensions(), (3 * 32 - 2, 60));
        let crosses: Vec<[u8; 3]> =
            (1..6).map(|k| first.get_pixel(32 + 15, 62 + 10 * k).0).collect();
        assert_eq!(crosses, COLOURS);
    }
}
