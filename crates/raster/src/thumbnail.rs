//! Small pictures of films.

use crate::{Error, Film, Image, Sample};

impl<S: Sample> Film<'_, S> {
    /// A small picture whose longer side has at most `side` pixels, by averaging over areas. It is
    /// for looking at: borders of areas are whole pixels, so that places are not exact.
    ///
    /// # Errors
    /// [`Error::PixelCount`]; [`Error::InvalidSetting`] where `side` is 0.
    ///
    /// # Examples
    /// ```
    /// use vertebra_raster::Film;
    /// let pixels = [1.0, 3.0, 5.0, 0.0, 2.0, 1.0, 1.0, 1.0];
    /// let film = Film { pixels: &pixels, height: 2, width: 4, spacing_mm: None };
    /// assert_eq!(film.thumbnail(2)?.pixels, [1.75, 1.75]);
    /// # Ok::<(), vertebra_raster::Error>(())
    /// ```
    pub fn thumbnail(&self, side: usize) -> Result<Image, Error> {
        self.check()?;
        if side == 0 {
            return Err(Error::setting("side of a thumbnail", "at least 1 px", side));
        }
        let longer = self.height.max(self.width);
        let small = |size: usize| (size * side.min(longer)).div_ceil(longer).max(1);
        let (height, width) = (small(self.height), small(self.width));
        let mut pixels = Vec::with_capacity(height * width);
        for row in 0..height {
            let rows = span(row, height, self.height);
            for column in 0..width {
                pixels.push(self.mean(rows.clone(), span(column, width, self.width)));
            }
        }
        Ok(Image { pixels, height, width })
    }

    fn mean(&self, rows: std::ops::Range<usize>, columns: std::ops::Range<usize>) -> f32 {
        let count = (rows.len() * columns.len()) as f64;
        let line = |row: usize| &self.pixels[row * self.width..][columns.clone()];
        let sum: f64 = rows.flat_map(|row| line(row).iter().map(|v| f64::from(v.grey()))).sum();
        (sum / count) as f32
    }
}

/// The source pixels of one small pixel: at least one, none left out.
fn span(index: usize, small: usize, large: usize) -> std::ops::Range<usize> {
    let start = index * large / small;
    start..((index + 1) * large / small).max(start + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbnail_keeps_shape_and_mean() {
        let pixels: Vec<f32> = (0..60 * 90).map(|i| (i % 7) as f32 / 6.0).collect();
        let film = Film { pixels: &pixels[..], height: 60, width: 90, spacing_mm: None };
        let small = film.thumbnail(30).unwrap();
        assert_eq!(small.size(), [20, 30]);
        let mean = |pixels: &[f32]| pixels.iter().sum::<f32>() / pixels.len() as f32;
        assert!((mean(&small.pixels) - mean(&pixels)).abs() < 1e-5);
        assert_eq!(film.thumbnail(500).unwrap().pixels, pixels);
        assert!(film.thumbnail(0).is_err());
    }
}
