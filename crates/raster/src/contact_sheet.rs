//! Many pictures on one sheet.

use crate::Image;

/// How pictures are laid out on a sheet; their pixels may be of any type, grey or colour.
///
/// # Examples
/// ```
/// use vertebra_raster::{ContactSheet, Image};
/// let picture = |grey: f32| Image { pixels: vec![grey; 6], height: 2, width: 3 };
/// let sheet = ContactSheet::new(0.5).with_gap(1).grid(&[picture(0.0), picture(1.0)], 2);
/// assert_eq!(sheet.size(), [2, 7]);
/// assert_eq!(sheet.pixels[..7], [0.0, 0.0, 0.0, 0.5, 1.0, 1.0, 1.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContactSheet<P> {
    background: P,
    gap: usize,
    border: usize,
}

impl<P: Copy> ContactSheet<P> {
    /// Pictures 2 px apart, without a border.
    #[must_use]
    pub fn new(background: P) -> Self {
        Self { background, gap: 2, border: 0 }
    }

    /// Distance of neighbours, px.
    #[must_use]
    pub fn with_gap(self, gap: usize) -> Self {
        Self { gap, ..self }
    }

    /// Width of the border around all pictures, px.
    #[must_use]
    pub fn with_border(self, border: usize) -> Self {
        Self { border, ..self }
    }

    /// Pictures side by side, tops aligned.
    #[must_use]
    pub fn beside(&self, pictures: &[Image<P>]) -> Image<P> {
        let rows: Vec<&Image<P>> = pictures.iter().collect();
        self.lay_out(&[rows], |picture| [picture.height, picture.width])
    }

    /// Pictures one below the other, left sides aligned.
    #[must_use]
    pub fn below(&self, pictures: &[Image<P>]) -> Image<P> {
        let rows: Vec<Vec<&Image<P>>> = pictures.iter().map(|picture| vec![picture]).collect();
        self.lay_out(&rows, |picture| [picture.height, picture.width])
    }

    /// Rows of pictures, each row as high as its highest picture.
    #[must_use]
    pub fn rows(&self, rows: &[Vec<Image<P>>]) -> Image<P> {
        let rows: Vec<Vec<&Image<P>>> = rows.iter().map(|row| row.iter().collect()).collect();
        self.lay_out(&rows, |picture| [picture.height, picture.width])
    }

    /// Pictures row by row, `columns` in a row (at least one), each in a cell as large as the
    /// largest.
    #[must_use]
    pub fn grid(&self, pictures: &[Image<P>], columns: usize) -> Image<P> {
        let largest = |side: fn(&Image<P>) -> usize| pictures.iter().map(side).max().unwrap_or(0);
        let cell = [largest(|picture| picture.height), largest(|picture| picture.width)];
        let rows: Vec<Vec<&Image<P>>> =
            pictures.chunks(columns.max(1)).map(|row| row.iter().collect()).collect();
        self.lay_out(&rows, |_| cell)
    }

    /// Sheets of grids with at most `rows` rows (at least one), as many as all pictures take.
    #[must_use]
    pub fn pages(&self, pictures: &[Image<P>], columns: usize, rows: usize) -> Vec<Image<P>> {
        let each = columns.max(1).saturating_mul(rows.max(1));
        pictures.chunks(each).map(|page| self.grid(page, columns)).collect()
    }

    fn lay_out(&self, rows: &[Vec<&Image<P>>], cell: impl Fn(&Image<P>) -> [usize; 2]) -> Image<P> {
        let mut places = Vec::new();
        let (mut top, mut width) = (self.border, 0);
        for row in rows.iter().filter(|row| !row.is_empty()) {
            let (mut left, mut height) = (self.border, 0);
            for picture in row {
                let cell = cell(picture);
                places.push((top, left, *picture));
                (left, height) = (left + cell[1] + self.gap, height.max(cell[0]));
            }
            (top, width) = (top + height + self.gap, width.max(left));
        }
        let end = |at: usize| at.saturating_sub(self.gap) + self.border;
        let [height, width] = if places.is_empty() { [0, 0] } else { [end(top), end(width)] };
        let pixels = vec![self.background; height * width];
        let mut sheet = Image { pixels, height, width };
        places.into_iter().for_each(|(top, left, picture)| sheet.paste(picture, top, left));
        sheet
    }
}

impl<P: Copy> Image<P> {
    /// Copies a picture to a place inside this one.
    fn paste(&mut self, picture: &Self, top: usize, left: usize) {
        for (row, line) in picture.pixels.chunks_exact(picture.width.max(1)).enumerate() {
            let start = (top + row) * self.width + left;
            self.pixels[start..start + picture.width].copy_from_slice(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(height: usize, width: usize, grey: u8) -> Image<u8> {
        Image { pixels: vec![grey; height * width], height, width }
    }

    #[test]
    fn a_grid_has_room_for_all() {
        let pictures = [picture(5, 9, 1), picture(7, 3, 2), picture(2, 2, 3)];
        let sheet = ContactSheet::new(0).with_gap(4).with_border(4).grid(&pictures, 2);
        assert_eq!(sheet.size(), [2 * 11 + 4, 2 * 13 + 4]);
        assert_eq!((sheet.pixels[4 * 30 + 4], sheet.pixels[4 * 30 + 4 + 13]), (1, 2));
        assert_eq!((sheet.pixels[4 * 30 + 4 + 13 + 3], sheet.pixels[15 * 30 + 4]), (0, 3));
        let pages = ContactSheet::new(0).with_gap(0).pages(&pictures, 2, 1);
        assert_eq!(pages.iter().map(Image::size).collect::<Vec<_>>(), [[7, 18], [2, 2]]);
        let one_row = ContactSheet::new(0).with_gap(4).with_border(4).grid(&pictures, 9);
        assert_eq!(one_row.size(), [7 + 8, 3 * 13 + 4]);
    }

    #[test]
    fn rows_are_as_high_as_their_highest_picture() {
        let sheet = ContactSheet::new(0).with_gap(1).rows(&[
            vec![picture(1, 2, 1), picture(3, 1, 2)],
            Vec::new(),
            vec![picture(1, 1, 3)],
        ]);
        assert_eq!(sheet.size(), [5, 4]);
        let expected = [1, 1, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 3, 0, 0, 0];
        assert_eq!(sheet.pixels, expected);
        assert_eq!(ContactSheet::new(0).below(&[]), picture(0, 0, 0));
        let parts = [picture(1, 2, 1), picture(1, 1, 2)];
        assert_eq!(ContactSheet::new(0).with_gap(0).below(&parts).pixels, [1, 1, 2, 0]);
        assert_eq!(ContactSheet::new(0).with_gap(0).beside(&parts).pixels, [1, 1, 2]);
    }
}
