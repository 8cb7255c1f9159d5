//! Resampling of a film into its canonical picture without aliasing.
//!
//! Where the picture is smaller than what it shows, the film is first reduced along its own rows
//! and columns by a separable low-pass filter whose width follows the reduction
//! ([`crate::reduce`]), to [`OVERSAMPLING`] times the density of the picture; the picture is then
//! read from the reduced film by interpolation, turned, moved and flipped. Where the picture is
//! larger, only the interpolation remains.

use crate::reduce::Reduced;
use crate::{Alignment, Error, Field, Film, Image, Sample};
use serde::{Deserialize, Serialize};

/// Density of the reduced film over that of the picture.
pub(crate) const OVERSAMPLING: f64 = 1.25;

/// Low-pass filter and interpolation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// Triangle filter, then bilinear interpolation: fast, no ringing.
    #[default]
    Bilinear,
    /// Lanczos with three lobes for both: sharper, may overshoot at edges.
    Lanczos,
}

/// How a film is resampled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ResampleOptions {
    filter: Filter,
    prefilter: bool,
    field: Option<Field>,
}

impl Default for ResampleOptions {
    /// Bilinear with prefilter, over the whole film.
    fn default() -> Self {
        Self { filter: Filter::Bilinear, prefilter: true, field: None }
    }
}

impl ResampleOptions {
    /// The filter.
    #[must_use]
    pub fn with_filter(self, filter: Filter) -> Self {
        Self { filter, ..self }
    }

    /// `false` leaves the low-pass filter out, as plain warping functions do: pictures alias.
    #[must_use]
    pub fn with_prefilter(self, prefilter: bool) -> Self {
        Self { prefilter, ..self }
    }

    /// Reads only pixels of this field; what lies outside becomes 0.
    #[must_use]
    pub fn with_field(self, field: Field) -> Self {
        Self { field: Some(field), ..self }
    }

    /// The picture `[out_height, out_width]`; 0 where it lies outside the film or the field.
    ///
    /// # Errors
    /// [`Error::PixelCount`]; [`Error::EmptyRegion`] for a field without pixels on the film.
    pub fn resample<S: Sample>(
        &self,
        film: &Film<'_, S>,
        alignment: &Alignment,
        out_height: usize,
        out_width: usize,
    ) -> Result<Image, Error> {
        let window = Window::whole(out_height, out_width);
        Ok(self.resample_window(film, alignment, [out_height, out_width], window)?.image)
    }

    /// As [`Self::resample`], with 0 outside of `window`, and with the spans that were read.
    pub(crate) fn resample_window<S: Sample>(
        &self,
        film: &Film<'_, S>,
        alignment: &Alignment,
        [height, width]: [usize; 2],
        window: Window,
    ) -> Result<Resampled, Error> {
        film.check()?;
        let field = self.field.map_or(Field::whole(film), |f| clip(f, film));
        if !field.is_not_empty() {
            return Err(Error::EmptyRegion);
        }
        let inverse = alignment.inverse_matrix();
        let spans: Vec<(usize, usize)> = (0..height)
            .map(
                |row| {
                    if window.has_row(row) { span(inverse, &field, row, &window) } else { (0, 0) }
                },
            )
            .collect();
        let reduced = self.reduce(film, inverse, &field, &spans);
        let mut image = Image::zeros(height, width);
        for (row, (&(start, end), line)) in
            spans.iter().zip(image.pixels.chunks_exact_mut(width.max(1))).enumerate()
        {
            reduced.interpolate(inverse, row, start, &mut line[start..end], self.filter);
        }
        Ok(Resampled { image, spans })
    }

    fn reduce<S: Sample>(
        &self,
        film: &Film<'_, S>,
        inverse: &[[f64; 3]; 2],
        field: &Field,
        spans: &[(usize, usize)],
    ) -> Reduced {
        let needed = needed_part(inverse, field, spans);
        let step = |row: &[f64; 3]| if self.prefilter { row[0].hypot(row[1]) } else { 1.0 };
        Reduced::new(film, field, &needed, inverse.map(|row| step(&row)), self.filter)
    }
}

/// [`ResampleOptions::resample`] with default options.
///
/// # Errors
/// As there.
pub fn resample<S: Sample>(
    film: &Film<'_, S>,
    alignment: &Alignment,
    out_height: usize,
    out_width: usize,
) -> Result<Image, Error> {
    ResampleOptions::default().resample(film, alignment, out_height, out_width)
}

/// A picture, and per row the columns `start..end` that show the film.
pub(crate) struct Resampled {
    pub(crate) image: Image,
    pub(crate) spans: Vec<(usize, usize)>,
}

/// A part of the picture, half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) left: usize,
    pub(crate) top: usize,
    pub(crate) right: usize,
    pub(crate) bottom: usize,
}

impl Window {
    pub(crate) fn whole(height: usize, width: usize) -> Self {
        Self { left: 0, top: 0, right: width, bottom: height }
    }

    fn has_row(&self, row: usize) -> bool {
        (self.top..self.bottom).contains(&row)
    }
}

fn clip<S>(field: Field, film: &Film<'_, S>) -> Field {
    let (right, bottom) = (field.right.min(film.width), field.bottom.min(film.height));
    Field { right, bottom, ..field }
}

/// Columns of a picture row whose centres fall on the field.
fn span(inverse: &[[f64; 3]; 2], field: &Field, row: usize, window: &Window) -> (usize, usize) {
    let bounds = [(field.left, field.right), (field.top, field.bottom)];
    let (mut low, mut high) = (window.left as f64, window.right as f64 - 1.0);
    for (m, (first, end)) in inverse.iter().zip(bounds) {
        // first - 0.5 <= m0 u + offset <= end - 0.5
        let offset = m[1] * row as f64 + m[2];
        let (a, b) = (first as f64 - 0.5 - offset, end as f64 - 0.5 - offset);
        if m[0].abs() < 1e-12 {
            if a > 0.0 || b < 0.0 {
                return (0, 0);
            }
        } else {
            let (u0, u1) = (a / m[0], b / m[0]);
            low = low.max(u0.min(u1));
            high = high.min(u0.max(u1));
        }
    }
    let (start, end) = (low.ceil(), high.floor() + 1.0);
    if start < end { (start as usize, end as usize) } else { (0, 0) }
}

/// The part of the field that the spans read.
fn needed_part(inverse: &[[f64; 3]; 2], field: &Field, spans: &[(usize, usize)]) -> Field {
    let mut bounds = [[f64::INFINITY, f64::NEG_INFINITY]; 2];
    for (row, &(start, end)) in spans.iter().enumerate().filter(|(_, s)| s.0 < s.1) {
        for column in [start, end - 1] {
            for (b, m) in bounds.iter_mut().zip(inverse) {
                let v = m[0] * column as f64 + m[1] * row as f64 + m[2];
                *b = [b[0].min(v), b[1].max(v)];
            }
        }
    }
    let range = |b: [f64; 2], first: usize, end: usize| {
        let low = (b[0].floor().max(first as f64) as usize).min(end - 1);
        let high = (b[1].ceil().min(end as f64 - 1.0).max(low as f64)) as usize;
        (low, high + 1)
    };
    let (left, right) = range(bounds[0], field.left, field.right);
    let (top, bottom) = range(bounds[1], field.top, field.bottom);
    Field { left, top, right, bottom }
}
