//! The film reduced along its rows and columns by a separable low-pass filter.

use crate::taps::Taps;
use crate::{Error, Field, Film, Filter, Image, Sample};
use vertebra_wide::{Loops, widest};

/// Rows that the horizontal pass takes side by side, so that a vector holds one column of each.
const LANES: usize = 8;
/// Columns whose sums the vertical pass keeps in registers.
const CHUNK: usize = 64;
/// Copies of the border around a reduced film, so that interpolation needs no check.
pub(crate) const PAD: usize = 3;

/// A film, or a low-passed and thinned part of one, padded by [`PAD`] on every side.
pub(crate) struct Reduced {
    pub(crate) pixels: Vec<f32>,
    pub(crate) stride: usize,
    pub(crate) columns: Axis,
    pub(crate) rows: Axis,
}

/// Sample `i` (padding not counted) lies at original coordinate `first + i * pitch`.
#[derive(Clone, Copy)]
pub(crate) struct Axis {
    pub(crate) first: f64,
    pub(crate) pitch: f64,
    pub(crate) n: usize,
}

impl Axis {
    fn of(taps: &Taps) -> Self {
        Self { first: taps.first as f64, pitch: taps.pitch, n: taps.n() }
    }
}

impl Reduced {
    /// `needed` is the part of `field` to be read, `[step_x, step_y]` the distance of two picture
    /// pixels in film px along each film axis.
    pub(crate) fn new<S: Sample>(
        film: &Film<'_, S>,
        field: &Field,
        needed: &Field,
        [step_x, step_y]: [f64; 2],
        filter: Filter,
    ) -> Self {
        let x_taps = Taps::new(needed.left..needed.right, field.left..field.right, step_x, filter);
        let y_taps = Taps::new(needed.top..needed.bottom, field.top..field.bottom, step_y, filter);
        let (columns, rows) = (Axis::of(&x_taps), Axis::of(&y_taps));
        let stride = columns.n + 2 * PAD;
        let mut pixels = vec![0.0; stride * (rows.n + 2 * PAD)];
        let inner = &mut pixels[PAD * stride..(rows.n + PAD) * stride];
        let (x_taps, y_taps) = (&x_taps, &y_taps);
        widest(Passes { film, x_taps, y_taps, inner, stride, margin: PAD });
        pad(&mut pixels, columns.n, rows.n);
        Self { pixels, stride, columns, rows }
    }
}

/// The film in `[height, width]` px, neither more than it has, without aliasing: each pixel is the
/// mean of what it covers under a triangle as wide as two pixels, as the antialiased bilinear
/// resizing of picture libraries. Edges meet edges: points move by
/// [`Affine::resize`](crate::Affine::resize).
///
/// # Errors
/// [`Error::PixelCount`]; [`Error::InvalidSetting`] for a size of 0 or beyond the film's.
///
/// # Examples
/// ```
/// use vertebra_raster::{Film, reduce};
/// let film = Film { pixels: &[1_u16, 3, 5, 7], height: 2, width: 2, spacing_mm: None };
/// assert_eq!(reduce(&film, 1, 1)?.pixels, [4.0]);
/// # Ok::<(), vertebra_raster::Error>(())
/// ```
pub fn reduce<S: Sample>(film: &Film<'_, S>, height: usize, width: usize) -> Result<Image, Error> {
    film.check()?;
    for (name, n, most) in [("height", height, film.height), ("width", width, film.width)] {
        if !(1..=most).contains(&n) {
            return Err(Error::setting(name, "1 to the film's", n));
        }
    }
    let mut image = Image::zeros(height, width);
    let (x_taps, y_taps) =
        (&Taps::covering(film.width, width), &Taps::covering(film.height, height));
    let inner = &mut image.pixels;
    widest(Passes { film, x_taps, y_taps, inner, stride: width, margin: 0 });
    Ok(image)
}

/// Repeats the border.
fn pad(pixels: &mut [f32], columns: usize, rows: usize) {
    let stride = columns + 2 * PAD;
    for line in pixels.chunks_exact_mut(stride).skip(PAD).take(rows) {
        let (left, right) = (line[PAD], line[PAD + columns - 1]);
        line[..PAD].fill(left);
        line[PAD + columns..].fill(right);
    }
    for k in 0..PAD {
        pixels.copy_within(PAD * stride..(PAD + 1) * stride, k * stride);
        let last = PAD + rows - 1;
        pixels.copy_within(last * stride..(last + 1) * stride, (last + 1 + k) * stride);
    }
}

/// Both passes of the filter: the vertical one first, so that the film is read in order, then the
/// horizontal one on [`LANES`] reduced rows at a time.
///
/// Writes to the lines of `inner`, each `stride` long, from column `margin` on.
struct Passes<'a, S> {
    film: &'a Film<'a, S>,
    x_taps: &'a Taps,
    y_taps: &'a Taps,
    inner: &'a mut [f32],
    stride: usize,
    margin: usize,
}

impl<S: Sample> Loops for Passes<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let columns = self.x_taps.extent();
        // Whole squares of the transposition; what is past the columns is never used.
        let n = columns.len().next_multiple_of(LANES);
        let mut lines = vec![0.0_f32; n * LANES];
        let mut block = vec![[0.0_f32; LANES]; n];
        let rows: Vec<(usize, &[f32])> = self.y_taps.iter().collect();
        for (rows, out) in rows.chunks(LANES).zip(self.inner.chunks_mut(LANES * self.stride)) {
            for (&(start, weights), line) in rows.iter().zip(lines.chunks_exact_mut(n)) {
                let from = start * self.film.width + columns.start;
                let pixels = &self.film.pixels[from..];
                weighted_rows(pixels, self.film.width, weights, &mut line[..columns.len()]);
            }
            transpose(&lines, n, &mut block);
            for (i, (start, weights)) in self.x_taps.iter().enumerate() {
                let sums = dot(&block[start - columns.start..], weights);
                for (line, sum) in out.chunks_exact_mut(self.stride).zip(sums) {
                    line[self.margin + i] = sum;
                }
            }
        }
    }
}

/// `line` = sum of rows `width` apart, one per weight.
#[inline(always)]
fn weighted_rows<S: Sample>(pixels: &[S], width: usize, weights: &[f32], line: &mut [f32]) {
    let n = line.len();
    let mut at = 0;
    while at + CHUNK <= n {
        let mut sums = [0.0_f32; CHUNK];
        for (k, &weight) in weights.iter().enumerate() {
            let from = k * width + at;
            let row = &pixels[from..from + CHUNK];
            sums.iter_mut().zip(row).for_each(|(sum, v)| *sum += weight * v.grey());
        }
        line[at..at + CHUNK].copy_from_slice(&sums);
        at += CHUNK;
    }
    line[at..].fill(0.0);
    for (k, &weight) in weights.iter().enumerate() {
        let row = &pixels[k * width + at..k * width + n];
        line[at..].iter_mut().zip(row).for_each(|(sum, v)| *sum += weight * v.grey());
    }
}

/// [`LANES`] lines of `n` values to `n` columns of [`LANES`] values.
#[inline(always)]
fn transpose(lines: &[f32], n: usize, block: &mut [[f32; LANES]]) {
    for (square, columns) in block.chunks_exact_mut(LANES).enumerate() {
        let mut rows = [[0.0_f32; LANES]; LANES];
        for (row, line) in rows.iter_mut().zip(lines.chunks_exact(n)) {
            row.copy_from_slice(&line[square * LANES..(square + 1) * LANES]);
        }
        for (i, column) in columns.iter_mut().enumerate() {
            for (value, row) in column.iter_mut().zip(&rows) {
                *value = row[i];
            }
        }
    }
}

#[inline(always)]
fn dot(block: &[[f32; LANES]], weights: &[f32]) -> [f32; LANES] {
    let mut sums = [0.0_f32; LANES];
    for (values, w) in block.iter().zip(weights) {
        for (sum, v) in sums.iter_mut().zip(values) {
            *sum += w * v;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use vertebra_wide::every;

    /// The obvious way: each reduced pixel is the weighted sum of film pixels.
    fn by_definition(film: &Film<'_, u16>, x_taps: &Taps, y_taps: &Taps) -> Vec<f64> {
        let mut sums = Vec::new();
        for (top, down) in y_taps.iter() {
            for (left, across) in x_taps.iter() {
                let row = |k: usize| &film.pixels[(top + k) * film.width + left..];
                let dot = |row: &[u16]| -> f64 {
                    across.iter().zip(row).map(|(w, v)| f64::from(*w) * f64::from(*v)).sum()
                };
                sums.push(down.iter().enumerate().map(|(k, w)| f64::from(*w) * dot(row(k))).sum());
            }
        }
        sums
    }

    struct Copied<'a>(&'a Film<'a, u16>, &'a Taps, &'a Taps);

    impl Loops for Copied<'_> {
        type Output = Vec<f32>;

        #[inline(always)]
        fn run(self) -> Vec<f32> {
            let Self(film, x_taps, y_taps) = self;
            let stride = x_taps.n() + 2 * PAD;
            let mut pixels = vec![0.0; stride * y_taps.n()];
            Passes { film, x_taps, y_taps, inner: &mut pixels, stride, margin: PAD }.run();
            pixels.chunks_exact(stride).flat_map(|l| &l[PAD..stride - PAD]).copied().collect()
        }
    }

    #[test]
    fn reducing_a_film_is_the_mean_under_triangles() {
        let (height, width) = (53, 41);
        let pixels: Vec<u16> =
            (0..height * width).map(|i| ((i * 40_503) % 65_521) as u16).collect();
        let film = Film { pixels: &pixels[..], height, width, spacing_mm: None };
        for to in [[53, 41], [20, 33], [7, 41], [1, 1]] {
            let image = reduce(&film, to[0], to[1]).unwrap();
            for (i, got) in image.pixels.iter().enumerate() {
                let (row, column) = (i / to[1], i % to[1]);
                let weight = |at: usize, n: usize, m: usize, pixel: usize| {
                    let step = n as f64 / m as f64;
                    let centre = (at as f64 + 0.5) * step - 0.5;
                    (1.0 - (pixel as f64 - centre).abs() / step).max(0.0)
                };
                let (mut sum, mut total) = (0.0, 0.0);
                for (k, value) in pixels.iter().enumerate() {
                    let w = weight(row, height, to[0], k / width)
                        * weight(column, width, to[1], k % width);
                    (sum, total) = (sum + w * f64::from(*value), total + w);
                }
                assert!((f64::from(*got) - sum / total).abs() < 0.05, "{to:?} {i}: {got}");
            }
        }
        for (h, w) in [(0, 3), (54, 3), (3, 42)] {
            assert!(matches!(reduce(&film, h, w), Err(Error::InvalidSetting { .. })));
        }
    }

    #[test]
    fn every_version_gives_the_same_bits_and_the_sums_of_the_definition() {
        for (height, width) in [(40, 61), (97, 200), (9, 64)] {
            let pixels: Vec<u16> =
                (0..height * width).map(|i| ((i * 40_503) % 65_521) as u16).collect();
            let film = Film { pixels: &pixels[..], height, width, spacing_mm: None };
            for (filter, step) in [(Filter::Bilinear, 3.3), (Filter::Lanczos, 2.0)] {
                let taps = |n: usize| Taps::new(1..n - 1, 0..n, step, filter);
                let (x_taps, y_taps) = (taps(width), taps(height));
                let versions = every(|| Copied(&film, &x_taps, &y_taps));
                for (name, got) in &versions {
                    assert!(*got == versions[0].1, "{name} differs from portable");
                }
                let expected = by_definition(&film, &x_taps, &y_taps);
                assert_eq!(versions[0].1.len(), expected.len());
                for (i, (got, want)) in versions[0].1.iter().zip(expected).enumerate() {
                    assert!((f64::from(*got) - want).abs() < 0.05, "{i}: {got}, {want}");
                }
            }
        }
    }
}
