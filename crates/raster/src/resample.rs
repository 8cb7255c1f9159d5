//! Resampling of a film into its canonical picture without aliasing.
//!
//! Where the picture is smaller than what it shows, the film is first reduced along its own rows
//! and columns by a separable low-pass filter whose width follows the reduction, to 1.25 times the
//! density of the picture; the picture is then read from the reduced film by interpolation, turned,
//! moved and flipped. Where the picture is larger, only the interpolation remains.

use crate::limits::limits;
use crate::reduce::Reduced;
use crate::{Affine, Error, Field, Film, Filter, Image, Sample};

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

    /// The picture `[out_height, out_width]`; 0 where it lies outside the film or the field. `map`
    /// goes from px of the film to px of the picture.
    ///
    /// # Errors
    /// [`Error::PixelCount`]; [`Error::EmptyRegion`] for a field without pixels on the film.
    pub fn resample<S: Sample>(
        &self,
        film: &Film<'_, S>,
        map: &Affine,
        out_height: usize,
        out_width: usize,
    ) -> Result<Image, Error> {
        let window = Field { left: 0, top: 0, right: out_width, bottom: out_height };
        Ok(self.resample_window(film, map, [out_height, out_width], window)?.image)
    }

    /// As [`Self::resample`], with 0 outside of `window`, a part of the picture, and with the spans
    /// that show the film.
    ///
    /// # Errors
    /// As there.
    pub fn resample_window<S: Sample>(
        &self,
        film: &Film<'_, S>,
        map: &Affine,
        [height, width]: [usize; 2],
        window: Field,
    ) -> Result<Resampled, Error> {
        film.check()?;
        let field = self.field.map_or(Field::whole(film), |f| clip(f, film));
        if !field.is_not_empty() {
            return Err(Error::EmptyRegion);
        }
        let inverse = map.inverse_matrix();
        let spans: Vec<(usize, usize)> = (0..height)
            .map(|row| {
                if (window.top..window.bottom).contains(&row) {
                    span(inverse, &field, row, &window)
                } else {
                    (0, 0)
                }
            })
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
    map: &Affine,
    out_height: usize,
    out_width: usize,
) -> Result<Image, Error> {
    ResampleOptions::default().resample(film, map, out_height, out_width)
}

/// A picture, and which part of it shows the film.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Resampled {
    /// The picture.
    pub image: Image,
    /// Per row the columns `start..end` that show the film.
    pub spans: Vec<(usize, usize)>,
}

/// Relative differences of grey values that resampling a constant film may make.
const ROUNDING: f32 = 1e-5;

impl Resampled {
    /// The picture with what shows the film scaled to `[0, 1]` by its least and greatest grey
    /// value.
    ///
    /// # Errors
    /// [`Error::EmptyRegion`] if nothing shows the film; [`Error::NoContrast`].
    pub fn normalised(mut self) -> Result<Image, Error> {
        let width = self.image.width.max(1);
        let rows = self.image.pixels.chunks_exact_mut(width).zip(&self.spans);
        let mut parts: Vec<&mut [f32]> =
            rows.map(|(row, &(start, end))| &mut row[start..end]).collect();
        let (min, max) = limits(parts.iter().map(|part| &**part));
        if min == f32::INFINITY && max == f32::NEG_INFINITY {
            return Err(Error::EmptyRegion);
        }
        let range = max - min;
        if !(range.is_finite() && range > ROUNDING * max.abs().max(min.abs())) {
            return Err(Error::NoContrast { min, max });
        }
        for value in parts.iter_mut().flat_map(|part| part.iter_mut()) {
            *value = ((*value - min) / range).clamp(0.0, 1.0);
        }
        Ok(self.image)
    }
}

fn clip<S>(field: Field, film: &Film<'_, S>) -> Field {
    let (right, bottom) = (field.right.min(film.width), field.bottom.min(film.height));
    Field { right, bottom, ..field }
}

/// Columns of a picture row whose centres fall on the field.
fn span(inverse: &[[f64; 3]; 2], field: &Field, row: usize, window: &Field) -> (usize, usize) {
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
