//! The exposed field of a film, estimated from its constant border.
//!
//! Collimator blades and the shutters that a detector's software draws leave a border of (nearly)
//! one grey value. Rows and columns are peeled off each side for as long as at least 90 % of their
//! pixels lie within 2 % of the grey range of the film's middle around their median: the rest may
//! be a side marker. Only borders parallel to the film's edges are found.

use crate::{Error, Film, Sample};
use serde::{Deserialize, Serialize};

/// Share of a border line's pixels that must agree with its median.
const AGREEING: f64 = 0.9;
/// What "agree" means, as a share of the grey range of the film's middle.
const TOLERANCE: f32 = 0.02;
/// Pixels looked at per line.
const SAMPLES: usize = 256;

/// A rectangle of pixels, half-open: columns `left..right`, rows `top..bottom`. Closed:
/// a rectangle has these four sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names are the documentation
pub struct Field {
    pub left: usize,
    pub top: usize,
    pub right: usize,
    pub bottom: usize,
}

impl Field {
    /// The whole film.
    #[must_use]
    pub fn whole<S>(film: &Film<'_, S>) -> Self {
        Self { left: 0, top: 0, right: film.width, bottom: film.height }
    }

    /// The film without its constant border; the whole film if nothing would be left.
    ///
    /// # Examples
    /// ```
    /// use vertebra_raster::{Field, Film};
    /// let pixels: Vec<f32> = (0..40 * 30)
    ///     .map(|i| if i % 30 < 4 || i / 30 >= 35 { 0.0 } else { 1.0 + (i * 7 % 13) as f32 })
    ///     .collect();
    /// let film = Film { pixels: &pixels, height: 40, width: 30, spacing_mm: None };
    /// assert_eq!(Field::estimate(&film), Field { left: 4, top: 0, right: 30, bottom: 35 });
    /// ```
    #[must_use]
    pub fn estimate<S: Sample>(film: &Film<'_, S>) -> Self {
        let whole = Self::whole(film);
        let tolerance = TOLERANCE * grey_range(film);
        let mut field = whole;
        let mut samples = Vec::with_capacity(SAMPLES + 1);
        loop {
            let before = field;
            for side in Side::ALL {
                while field.is_not_empty()
                    && side.is_constant(film, &field, tolerance, &mut samples)
                {
                    side.peel(&mut field);
                }
            }
            if !field.is_not_empty() {
                return whole;
            }
            if field == before {
                return field;
            }
        }
    }

    /// The exposed field of a film, given which pixels the file marks as film (`true`) and not as
    /// padding or shutter: their bounding box, or without such marks the estimate.
    ///
    /// # Errors
    /// [`Error::PixelCount`] for another number of marks than pixels; [`Error::EmptyRegion`] if no
    /// pixel is film.
    pub fn exposed<S: Sample>(film: &Film<'_, S>, valid: Option<&[bool]>) -> Result<Self, Error> {
        film.check()?;
        let Some(valid) = valid else {
            return Ok(Self::estimate(film));
        };
        if valid.len() != film.pixels.len() {
            let [height, width] = film.size();
            return Err(Error::PixelCount {
                name: "a mask of valid pixels",
                height,
                width,
                got: valid.len(),
            });
        }
        let rows = || valid.chunks_exact(film.width);
        let row_holds = |row: &[bool]| row.contains(&true);
        let top = rows().position(row_holds).ok_or(Error::EmptyRegion)?;
        let bottom = rows().rposition(row_holds).ok_or(Error::EmptyRegion)? + 1;
        let first = rows().filter_map(|row| row.iter().position(|v| *v)).min();
        let last = rows().filter_map(|row| row.iter().rposition(|v| *v)).max();
        let (left, right) = (first.unwrap_or(0), last.unwrap_or(0) + 1);
        Ok(Self { left, top, right, bottom })
    }

    pub(crate) fn is_not_empty(&self) -> bool {
        self.left < self.right && self.top < self.bottom
    }
}

/// One side of a film.
#[derive(Clone, Copy)]
enum Side {
    Left,
    Top,
    Right,
    Bottom,
}

impl Side {
    const ALL: [Self; 4] = [Self::Left, Self::Top, Self::Right, Self::Bottom];

    fn peel(self, field: &mut Field) {
        match self {
            Self::Left => field.left += 1,
            Self::Top => field.top += 1,
            Self::Right => field.right -= 1,
            Self::Bottom => field.bottom -= 1,
        }
    }

    fn is_constant<S: Sample>(
        self,
        film: &Film<'_, S>,
        field: &Field,
        tolerance: f32,
        samples: &mut Vec<f32>,
    ) -> bool {
        let w = film.width;
        let row = |y: usize| (y * w + field.left, 1, field.right - field.left);
        let column = |x: usize| (field.top * w + x, w, field.bottom - field.top);
        let (start, step, n) = match self {
            Self::Left => column(field.left),
            Self::Top => row(field.top),
            Self::Right => column(field.right - 1),
            Self::Bottom => row(field.bottom - 1),
        };
        let stride = n.div_ceil(SAMPLES);
        samples.clear();
        samples.extend((0..n).step_by(stride).map(|i| film.pixels[start + i * step].grey()));
        let middle = samples.len() / 2;
        let median = *samples.select_nth_unstable_by(middle, f32::total_cmp).1;
        let agreeing = samples.iter().filter(|v| (**v - median).abs() <= tolerance).count();
        agreeing as f64 >= AGREEING * samples.len() as f64
    }
}

/// Maximum minus minimum over a sample of the film's middle, which no border reaches: half of its
/// rows and columns.
fn grey_range<S: Sample>(film: &Film<'_, S>) -> f32 {
    let middle = |n: usize| (n / 4..(n - n / 4)).step_by((n / SAMPLES).max(1));
    let (min, max) = middle(film.height)
        .flat_map(|y| middle(film.width).map(move |x| film.pixels[y * film.width + x].grey()))
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(lo, hi), v| (lo.min(v), hi.max(v)));
    max - min
}
