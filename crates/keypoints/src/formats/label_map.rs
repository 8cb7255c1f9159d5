//! Vertebrae in a label map, the picture in which a segmentation program says to which vertebra
//! each pixel belongs; and marks of a table.

use super::label::Part;
use super::marks::Marks;
use crate::mask_outline::mask_outline;
use crate::{Error, FilmAnnotation, Level};
use std::collections::BTreeSet;
use std::path::Path;
use vertebra_raster::Film;

/// Numbers of L1 to L5: plain, those of VerSe (T1 = 8), those of TotalSegmentator.
const KNOWN: [[u32; 5]; 3] = [[1, 2, 3, 4, 5], [20, 21, 22, 23, 24], [31, 30, 29, 28, 27]];

impl FilmAnnotation {
    /// The outlines of L1 to L5 in a label map and their centres of gravity, under the name of its
    /// film, whose size it has. `numbers` are those of L1 to L5; without them 1 to 5, 20 to 24
    /// (VerSe) or 31 to 27 (TotalSegmentator), whichever are all there. `path` is what errors name.
    ///
    /// The centre of gravity is that of a body only where the map holds bodies alone.
    ///
    /// # Errors
    /// [`Error::BadAnnotation`] where a level is missing, where the numbers are not clear, or the
    /// vertebrae are in wrong order.
    pub fn from_label_map(
        file_name: impl Into<String>,
        map: &Film<'_>,
        numbers: Option<[u32; 5]>,
        path: impl AsRef<Path>,
    ) -> Result<Self, Error> {
        let mut marks = Marks::new(path.as_ref(), file_name.into(), Some(map.size()));
        let numbers = match numbers {
            Some(numbers) => numbers,
            None => known(map, &marks)?,
        };
        for (level, number) in Level::ALL.into_iter().zip(numbers) {
            let inside = |x: usize, y: usize| map.pixels[y * map.width + x] == number as f32;
            let Some(outline) = mask_outline(map.size(), inside) else {
                return Err(marks.bad(&format!("pixels of {level}, {number}"), "none".to_owned()));
            };
            marks.add(Part::Body(level), outline, true)?;
        }
        Self::finished(marks)
    }

    /// A film from labelled points, `L1` or `L1_AS`, and outlines (more than one place) `L1`, in px
    /// with the centre of the first at (0, 0). Without centres they are those of the six points or
    /// outlines; the four corners alone are an outline. `path` is what errors name.
    ///
    /// # Errors
    /// [`Error::BadAnnotation`] for a label that names nothing, for other than five vertebrae, for
    /// points that are missing, and points off the film, where its size is known.
    pub fn from_marks<'a>(
        file_name: impl Into<String>,
        size: Option<[usize; 2]>,
        marks: impl IntoIterator<Item = (&'a str, Vec<(f64, f64)>)>,
        path: impl AsRef<Path>,
    ) -> Result<Self, Error> {
        let mut film = Marks::new(path.as_ref(), file_name.into(), size);
        for (label, places) in marks {
            let Some(part) = Part::of_label(label) else {
                return Err(film.bad("a point L1 to L5 or L1_AS to L5_PI", label.to_owned()));
            };
            let outline = places.len() > 1;
            film.add(part, places, outline)?;
        }
        Self::finished(film)
    }

    fn finished(marks: Marks<'_>) -> Result<Self, Error> {
        let none = marks.bad("5 points L1 to L5", "0 points".to_owned());
        marks.finish()?.ok_or(none)
    }
}

/// The only known numbers that are all in the map.
fn known(map: &Film<'_>, marks: &Marks<'_>) -> Result<[u32; 5], Error> {
    let whole = map.pixels.iter().filter(|v| **v > 0.0 && v.fract() == 0.0 && **v < 1e4);
    let values: BTreeSet<u32> = whole.map(|v| *v as u32).collect();
    let mut found = KNOWN.into_iter().filter(|numbers| numbers.iter().all(|n| values.contains(n)));
    match (found.next(), found.next()) {
        (Some(numbers), None) => Ok(numbers),
        (first, _) => {
            let got: Vec<String> = values.iter().take(20).map(u32::to_string).collect();
            let expected = match first {
                None => "the numbers 1 to 5, 20 to 24 or 31 to 27 of L1 to L5, or theirs told",
                Some(_) => "one of the numberings alone, or the numbers of L1 to L5 told",
            };
            Err(marks.bad(expected, got.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Boxes of 6 x 4 px with these numbers, one below the other, on 40 x 20 px.
    fn map(numbers: [u32; 5]) -> Vec<f32> {
        let at = |i: usize| {
            let (x, y) = (i % 20, i / 20);
            let inside = (5..11).contains(&x) && y % 8 < 4;
            if inside { numbers[y / 8] as f32 } else { 0.0 }
        };
        (0..800).map(at).collect()
    }

    fn read(pixels: &[f32], numbers: Option<[u32; 5]>) -> Result<FilmAnnotation, Error> {
        let film = Film { pixels, height: 40, width: 20, spacing_mm: None };
        FilmAnnotation::from_label_map("f.dcm", &film, numbers, "f.png")
    }

    #[test]
    fn numbers_of_known_programs_are_understood_and_others_told() {
        for numbers in KNOWN {
            let film = read(&map(numbers), None).unwrap();
            let centres = film.keypoints.points().map(|p| (p.x, p.y));
            assert_eq!(centres, [1.5, 9.5, 17.5, 25.5, 33.5].map(|y| (7.5, y)));
            assert_eq!(film.size, Some([40, 20]));
        }
        let own = [7, 9, 11, 13, 15];
        assert!(read(&map(own), Some(own)).is_ok());
        let error = read(&map(own), None).unwrap_err().to_string();
        assert!(error.starts_with("f.png: image \"f.dcm\": expected the numbers 1 to 5, 20 to"));
        assert!(error.ends_with("or theirs told, got 7, 9, 11, 13, 15"), "{error}");
        let missing = read(&map([1, 2, 3, 4, 4]), Some([1, 2, 3, 4, 5])).unwrap_err().to_string();
        assert!(missing.contains("expected pixels of L5, 5, got none"), "{missing}");
        let reversed = read(&map([5, 4, 3, 2, 1]), None).unwrap_err().to_string();
        assert!(reversed.contains("expected L5 below L1"), "{reversed}");
    }

    #[test]
    fn corners_are_outlines_with_their_centres() {
        let mut points = Vec::new();
        for (i, level) in Level::ALL.iter().enumerate() {
            let y = 20.0 * i as f64;
            let at = [("AS", 10., y), ("PS", 30., y), ("AI", 10., y + 10.), ("PI", 30., y + 10.)];
            points.extend(at.map(|(name, x, y)| (format!("{level}_{name}"), (x, y))));
        }
        let named = || points.iter().map(|(name, p)| (name.as_str(), vec![*p]));
        let film = FilmAnnotation::from_marks("f", None, named(), "t.csv").unwrap();
        assert_eq!(film.keypoints.points()[4].y, 85.0);
        assert!(film.polygons().iter().all(Option::is_some));
        let few = FilmAnnotation::from_marks("f", None, named().take(7), "t.csv").unwrap_err();
        assert!(few.to_string().contains("points AS, MS, PS, AI, MI, PI of L2"), "{few}");
        let odd =
            FilmAnnotation::from_marks("f", None, [("T9", vec![(1., 1.)])], "t.csv").unwrap_err();
        assert!(odd.to_string().contains("got T9"), "{odd}");
    }
}
