//! The film reduced along its rows and columns, and interpolation in it.

use crate::resample::OVERSAMPLING;
use crate::{Field, Film, Filter};
use std::borrow::Cow;
use std::f64::consts::PI;

/// Lobes of the Lanczos kernel.
const LOBES: f64 = 3.0;
/// Taps of the horizontal pass are padded to a multiple of this, so that the compiler vectorises.
const LANES: usize = 8;

/// A film, or a low-passed and thinned part of one.
pub(crate) struct Reduced<'a> {
    pixels: Cow<'a, [f32]>,
    stride: usize,
    columns: Axis,
    rows: Axis,
}

/// Sample `i` lies at original coordinate `first + i * pitch`; samples `low..=high` may be read.
#[derive(Clone, Copy)]
struct Axis {
    first: f64,
    pitch: f64,
    low: usize,
    high: usize,
}

impl<'a> Reduced<'a> {
    /// `needed` is the part of `field` to be read, `[step_x, step_y]` the distance of two picture
    /// pixels in film px along each film axis.
    pub(crate) fn new(
        film: &Film<'a>,
        field: &Field,
        needed: &Field,
        [step_x, step_y]: [f64; 2],
        filter: Filter,
    ) -> Self {
        if step_x <= 1.0 && step_y <= 1.0 {
            let axis = |low, end: usize| Axis { first: 0.0, pitch: 1.0, low, high: end - 1 };
            return Self {
                pixels: Cow::Borrowed(film.pixels),
                stride: film.width,
                columns: axis(field.left, field.right),
                rows: axis(field.top, field.bottom),
            };
        }
        let x_taps = Taps::new(needed.left..needed.right, field.left..field.right, step_x, filter);
        let y_taps = Taps::new(needed.top..needed.bottom, field.top..field.bottom, step_y, filter);
        let pixels = reduce(film, &x_taps, &y_taps);
        let (columns, rows) = (x_taps.axis(), y_taps.axis());
        Self { pixels: Cow::Owned(pixels), stride: x_taps.len(), columns, rows }
    }

    /// Grey values of picture row `row`, columns from `start`.
    pub(crate) fn interpolate(
        &self,
        inverse: &[[f64; 3]; 2],
        row: usize,
        start: usize,
        line: &mut [f32],
        filter: Filter,
    ) {
        let along = |m: &[f64; 3], axis: &Axis| {
            let at = m[0] * start as f64 + m[1] * row as f64 + m[2];
            ((at - axis.first) / axis.pitch, m[0] / axis.pitch)
        };
        let (x, dx) = along(&inverse[0], &self.columns);
        let (y, dy) = along(&inverse[1], &self.rows);
        for (i, value) in line.iter_mut().enumerate() {
            let (x, y) = (x + i as f64 * dx, y + i as f64 * dy);
            *value = match filter {
                Filter::Bilinear => self.bilinear(x, y),
                Filter::Lanczos => self.lanczos(x, y),
            };
        }
    }

    fn bilinear(&self, x: f64, y: f64) -> f32 {
        let (x0, x1, fx) = self.columns.neighbours(x);
        let (y0, y1, fy) = self.rows.neighbours(y);
        let (upper, lower) = (&self.pixels[y0 * self.stride..], &self.pixels[y1 * self.stride..]);
        let a = upper[x0] + (upper[x1] - upper[x0]) * fx;
        let b = lower[x0] + (lower[x1] - lower[x0]) * fx;
        a + (b - a) * fy
    }

    fn lanczos(&self, x: f64, y: f64) -> f32 {
        let (columns, wx) = self.columns.lanczos(x);
        let (rows, wy) = self.rows.lanczos(y);
        let mut sum = 0.0;
        for (&row, wy) in rows.iter().zip(wy) {
            let line = &self.pixels[row * self.stride..];
            let across: f32 = columns.iter().zip(wx).map(|(&c, w)| line[c] * w).sum();
            sum += across * wy;
        }
        sum
    }
}

impl Axis {
    fn clamp(&self, i: f64) -> usize {
        (i.max(self.low as f64) as usize).min(self.high)
    }

    fn neighbours(&self, at: f64) -> (usize, usize, f32) {
        let at = at.clamp(self.low as f64, self.high as f64);
        let i = at as usize;
        (i, (i + 1).min(self.high), (at - i as f64) as f32)
    }

    fn lanczos(&self, at: f64) -> ([usize; 6], [f32; 6]) {
        let i = at.floor();
        let index = std::array::from_fn(|k| self.clamp(i + k as f64 - 2.0));
        let weights: [f64; 6] = std::array::from_fn(|k| lanczos(at - i - k as f64 + 2.0));
        let sum: f64 = weights.iter().sum();
        (index, weights.map(|w| (w / sum) as f32))
    }
}

/// For each reduced sample, the film pixels it is made of and their weights.
struct Taps {
    first: usize,
    pitch: f64,
    start: Vec<usize>,
    /// `n_taps` per sample.
    weights: Vec<f32>,
    n_taps: usize,
}

impl Taps {
    /// Samples over `needed`, made of pixels in `field`, for pictures with `step` film px per px.
    fn new(
        needed: std::ops::Range<usize>,
        field: std::ops::Range<usize>,
        step: f64,
        filter: Filter,
    ) -> Self {
        let step = step.max(1.0);
        let pitch = (step / OVERSAMPLING).max(1.0);
        let kernel: fn(f64) -> f64 = match filter {
            Filter::Bilinear => |t| (1.0 - t.abs()).max(0.0),
            Filter::Lanczos => lanczos,
        };
        let half_width = step * if filter == Filter::Lanczos { LOBES } else { 1.0 };
        let n = ((needed.end - 1 - needed.start) as f64 / pitch).ceil() as usize + 1;
        let n_taps = ((2.0 * half_width).ceil() as usize + 1).min(field.len());
        let mut taps = Self {
            first: needed.start,
            pitch,
            start: Vec::with_capacity(n),
            weights: Vec::with_capacity(n * n_taps),
            n_taps,
        };
        for i in 0..n {
            let centre = needed.start as f64 + i as f64 * pitch;
            let start = (centre - half_width).ceil().max(field.start as f64) as usize;
            taps.push(start.min(field.end - n_taps), |pixel| {
                kernel((pixel as f64 - centre) / step)
            });
        }
        taps
    }

    fn push(&mut self, start: usize, weight: impl Fn(usize) -> f64) {
        let weights: Vec<f64> = (start..start + self.n_taps).map(weight).collect();
        let sum: f64 = weights.iter().sum();
        self.start.push(start);
        if sum.abs() > 1e-9 {
            self.weights.extend(weights.iter().map(|w| (w / sum) as f32));
        } else {
            // The centre lies past the field's last pixel: repeat that pixel.
            self.weights
                .extend((0..self.n_taps).map(|k| f32::from(u8::from(k + 1 == self.n_taps))));
        }
    }

    fn len(&self) -> usize {
        self.start.len()
    }

    fn axis(&self) -> Axis {
        Axis { first: self.first as f64, pitch: self.pitch, low: 0, high: self.len() - 1 }
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &[f32])> {
        self.start.iter().copied().zip(self.weights.chunks_exact(self.n_taps))
    }

    /// First and one past the last film pixel that any sample reads.
    fn extent(&self) -> std::ops::Range<usize> {
        let first = self.start.iter().copied().min().unwrap_or(0);
        let last = self.start.iter().copied().max().unwrap_or(0);
        first..last + self.n_taps
    }
}

/// Rows first, so that the film is read once and in order.
fn reduce(film: &Film<'_>, x_taps: &Taps, y_taps: &Taps) -> Vec<f32> {
    let columns = x_taps.extent();
    let padded = x_taps.n_taps.next_multiple_of(LANES);
    let across: Vec<(usize, Vec<f32>)> = x_taps
        .iter()
        .map(|(start, weights)| {
            let mut weights = weights.to_vec();
            weights.resize(padded, 0.0);
            (start - columns.start, weights)
        })
        .collect();
    let mut line = vec![0.0_f32; columns.len() + padded];
    let mut reduced = Vec::with_capacity(x_taps.len() * y_taps.len());
    for (start, weights) in y_taps.iter() {
        add_rows(film, start, weights, columns.clone(), &mut line);
        reduced.extend(across.iter().map(|(at, w)| dot(&line[*at..*at + padded], w)));
    }
    reduced
}

/// `line` = weighted sum of film rows from `start`, over `columns`.
fn add_rows(
    film: &Film<'_>,
    start: usize,
    weights: &[f32],
    columns: std::ops::Range<usize>,
    line: &mut [f32],
) {
    line.fill(0.0);
    for (row, &weight) in (start..).zip(weights).filter(|(_, w)| **w != 0.0) {
        let pixels = &film.pixels[row * film.width..][columns.clone()];
        for (sum, &v) in line.iter_mut().zip(pixels) {
            *sum += weight * v;
        }
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

fn lanczos(t: f64) -> f64 {
    if t == 0.0 {
        return 1.0;
    }
    // The zeros, exactly.
    if t.abs() >= LOBES || t.fract() == 0.0 {
        return 0.0;
    }
    let x = PI * t;
    LOBES * x.sin() * (x / LOBES).sin() / (x * x)
}
