//! Grey images as this crate takes and gives them.

use crate::Error;

/// A grey value as films store it: `f32`, `u16` or `u8`.
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

/// A borrowed grey image `[height, width]`, row-major, bone bright; what a radiograph reader gives.
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

/// An owned grey image `[height, width]`, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Grey values, `height * width` of them.
    pub pixels: Vec<f32>,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl<S> Film<'_, S> {
    /// That the number of pixels is height times width, and not zero.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.pixels.is_empty() || self.height.checked_mul(self.width) != Some(self.pixels.len())
        {
            return Err(Error::PixelCount(self.height, self.width, self.pixels.len()));
        }
        Ok(())
    }
}

impl Image {
    /// A black image.
    #[must_use]
    pub fn zeros(height: usize, width: usize) -> Self {
        Self { pixels: vec![0.0; height * width], height, width }
    }

    /// The same pixels, borrowed, with no pixel spacing.
    #[must_use]
    pub fn as_film(&self) -> Film<'_> {
        let Self { pixels, height, width } = self;
        Film { pixels, height: *height, width: *width, spacing_mm: None }
    }
}
