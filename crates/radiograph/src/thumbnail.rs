//! Small pictures of films, and many of them on one sheet.

use crate::{Error, Radiograph, Spacing};

/// Grey between the pictures of a sheet.
const MARGIN_GREY: f32 = 0.25;
const MARGIN: usize = 4;

impl Radiograph {
    /// A small picture whose longer side has at most `side` pixels, by averaging over areas.
    ///
    /// # Errors
    /// [`Error::Invalid`] where `side` is 0.
    pub fn thumbnail(&self, side: usize) -> Result<Self, Error> {
        if side == 0 {
            return Err(Error::invalid("thumbnail side", "at least 1", 0));
        }
        let longer = self.height().max(self.width());
        let small = |size: usize| (size * side.min(longer)).div_ceil(longer).max(1);
        let (height, width) = (small(self.height()), small(self.width()));
        let mut pixels = Vec::with_capacity(height * width);
        for row in 0..height {
            let rows = span(row, height, self.height());
            for column in 0..width {
                pixels.push(self.mean(rows.clone(), span(column, width, self.width())));
            }
        }
        Self::new(height, width, pixels, Spacing::UNKNOWN)
    }

    fn mean(&self, rows: std::ops::Range<usize>, columns: std::ops::Range<usize>) -> f32 {
        let count = (rows.len() * columns.len()) as f64;
        let line = |row: usize| &self.pixels()[row * self.width()..][columns.clone()];
        let sum: f64 = rows.flat_map(|row| line(row).iter().map(|&v| f64::from(v))).sum();
        (sum / count) as f32
    }
}

/// The source pixels of one small pixel: at least one, none left out.
fn span(index: usize, small: usize, large: usize) -> std::ops::Range<usize> {
    let start = index * large / small;
    start..((index + 1) * large / small).max(start + 1)
}

/// Pictures side by side, row by row, `columns` in a row, each in a cell as large as the largest.
///
/// # Errors
/// [`Error::Invalid`] where there is no picture or no column.
pub fn contact_sheet(pictures: &[Radiograph], columns: usize) -> Result<Radiograph, Error> {
    if pictures.is_empty() || columns == 0 {
        let got = format!("{} pictures, {columns} columns", pictures.len());
        return Err(Error::invalid("contact sheet", "a picture and a column", got));
    }
    let largest = |size: fn(&Radiograph) -> usize| pictures.iter().map(size).max().unwrap_or(1);
    let cell = (largest(Radiograph::height) + MARGIN, largest(Radiograph::width) + MARGIN);
    let columns = columns.min(pictures.len());
    let (height, width) =
        (pictures.len().div_ceil(columns) * cell.0 + MARGIN, columns * cell.1 + MARGIN);
    let mut sheet = vec![MARGIN_GREY; height * width];
    for (i, picture) in pictures.iter().enumerate() {
        let (top, left) = (i / columns * cell.0 + MARGIN, i % columns * cell.1 + MARGIN);
        for (row, line) in picture.pixels().chunks(picture.width()).enumerate() {
            sheet[(top + row) * width + left..][..line.len()].copy_from_slice(line);
        }
    }
    Radiograph::new(height, width, sheet, Spacing::UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film(height: usize, width: usize) -> Radiograph {
        let pixels = (0..height * width).map(|i| (i % 7) as f32 / 6.0).collect();
        Radiograph::new(height, width, pixels, Spacing::UNKNOWN).unwrap()
    }

    #[test]
    fn a_thumbnail_keeps_shape_and_mean() {
        let film = film(60, 90);
        let small = film.thumbnail(30).unwrap();
        assert_eq!((small.height(), small.width()), (20, 30));
        let mean = |f: &Radiograph| f.pixels().iter().sum::<f32>() / f.pixels().len() as f32;
        assert!((mean(&small) - mean(&film)).abs() < 1e-5);
        assert_eq!(film.thumbnail(500).unwrap().pixels(), film.pixels());
        assert!(film.thumbnail(0).is_err());
    }

    #[test]
    fn a_sheet_has_room_for_all() {
        let sheet = contact_sheet(&[film(5, 9), film(7, 3), film(2, 2)], 2).unwrap();
        assert_eq!((sheet.height(), sheet.width()), (2 * 11 + 4, 2 * 13 + 4));
        assert_eq!(sheet.pixels()[4 * 30 + 4 + 1], 1.0 / 6.0);
        assert_eq!(sheet.pixels()[4 * 30 + 4 + 13 + 3], MARGIN_GREY);
        assert!(contact_sheet(&[], 2).is_err());
    }
}
