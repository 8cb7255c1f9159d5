//! Grey pictures: borrowed ([`Film`]) and owned ([`Image`]).

use crate::Error;

/// A grey value as radiographs store it: `f32`, `u16` or `u8`.
///
/// A film of 16-bit samples is half as many bytes to read as one of floats, and gives the same
/// picture, bit for bit.
pub trait Sample: Copy + sealed::Sealed {
    /// The value itself, not scaled.
    fn grey(self) -> f32;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for u16 {}
    impl Sealed for u8 {}
}

impl Sample for f32 {
    #[inline(always)]
    fn grey(self) -> f32 {
        self
    }
}

impl Sample for u16 {
    #[inline(always)]
    fn grey(self) -> f32 {
        f32::from(self)
    }
}

impl Sample for u8 {
    #[inline(always)]
    fn grey(self) -> f32 {
        f32::from(self)
    }
}

/// The grey pixels `[height, width]` of a radiograph, borrowed: row-major, bone bright.
///
/// This is the seam between a reader of radiographs, alignment and detectors. Its fields are open:
/// any reader's pixels make one.
#[derive(Debug, Clone, Copy)]
pub struct Film<'a, S = f32> {
    /// Grey values, `height * width` of them.
    pub pixels: &'a [S],
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Pixel spacing in mm, `[row, col]`, where it is known.
    pub spacing_mm: Option<[f64; 2]>,
}

/// An owned grey picture `[height, width]`, row-major. Closed: pixels and their layout, no more.
#[derive(Debug, Clone, PartialEq)]
pub struct Image<S = f32> {
    /// Grey values, `height * width` of them.
    pub pixels: Vec<S>,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl<S> Film<'_, S> {
    /// Rows and columns.
    #[must_use]
    pub fn size(&self) -> [usize; 2] {
        [self.height, self.width]
    }

    /// Checks that the number of pixels is height times width, and not zero.
    ///
    /// # Errors
    /// [`Error::PixelCount`].
    pub fn check(&self) -> Result<(), Error> {
        let (height, width, got) = (self.height, self.width, self.pixels.len());
        if got == 0 || height.checked_mul(width) != Some(got) {
            return Err(Error::PixelCount { name: "a film", height, width, got });
        }
        Ok(())
    }
}

impl<S: Sample> Film<'_, S> {
    /// A copy in `f32`.
    ///
    /// # Errors
    /// [`Error::PixelCount`].
    pub fn to_image(&self) -> Result<Image, Error> {
        self.check()?;
        let pixels = self.pixels.iter().map(|v| v.grey()).collect();
        Ok(Image { pixels, height: self.height, width: self.width })
    }

    /// As [`check`](Self::check), and that every grey value is a finite number.
    ///
    /// # Errors
    /// [`Error::PixelCount`], [`Error::NotFinite`].
    ///
    /// # Examples
    /// ```
    /// use vertebra_raster::{Error, Film};
    /// let film = Film { pixels: &[1.0, f32::NAN], height: 1, width: 2, spacing_mm: None };
    /// assert!(matches!(film.check_finite(), Err(Error::NotFinite { row: 0, column: 1, .. })));
    /// ```
    pub fn check_finite(&self) -> Result<(), Error> {
        self.check()?;
        first_not_finite(self.pixels).map_or(Ok(()), |i| {
            let (row, column) = (i / self.width, i % self.width);
            Err(Error::NotFinite { row, column, value: self.pixels[i].grey() })
        })
    }
}

/// By blocks without early exit, which the compiler turns into vector code.
fn first_not_finite<S: Sample>(pixels: &[S]) -> Option<usize> {
    const BLOCK: usize = 1024;
    let finite = |v: &S| v.grey().is_finite();
    let all_finite = |block: &[S]| block.iter().fold(true, |good, v| good & finite(v));
    let start = BLOCK * pixels.chunks(BLOCK).position(|block| !all_finite(block))?;
    pixels[start..].iter().position(|v| !finite(v)).map(|i| start + i)
}

impl Image {
    /// A black picture.
    #[must_use]
    pub fn zeros(height: usize, width: usize) -> Self {
        Self { pixels: vec![0.0; height * width], height, width }
    }
}

impl<S> Image<S> {
    /// Rows and columns.
    #[must_use]
    pub fn size(&self) -> [usize; 2] {
        [self.height, self.width]
    }

    /// The same pixels, borrowed, with no pixel spacing.
    #[must_use]
    pub fn as_film(&self) -> Film<'_, S> {
        let Self { pixels, height, width } = self;
        Film { pixels, height: *height, width: *width, spacing_mm: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_pixel_that_is_not_finite_is_named() {
        let mut pixels = vec![0.5_f32; 3 * 1000];
        let film = |pixels: &[f32]| {
            Film { pixels, height: 3, width: 1000, spacing_mm: None }.check_finite()
        };
        assert_eq!(film(&pixels), Ok(()));
        (pixels[2345], pixels[2999]) = (f32::NEG_INFINITY, f32::NAN);
        let value = f32::NEG_INFINITY;
        assert_eq!(film(&pixels), Err(Error::NotFinite { row: 2, column: 345, value }));
        let text = film(&pixels[1..]).unwrap_err().to_string();
        assert_eq!(text, "a film of 3 x 1000 px has 3000 pixels, got 2999");
    }
}
