//! Grey images as this crate takes and gives them.

/// A borrowed grey image `[height, width]`, row-major, bone bright; what a radiograph reader gives.
#[derive(Debug, Clone, Copy)]
pub struct Film<'a> {
    /// Grey values, `height * width` of them.
    pub pixels: &'a [f32],
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
