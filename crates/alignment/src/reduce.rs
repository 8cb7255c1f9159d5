//! The film reduced along its rows and columns, and interpolation in it.

use crate::resample::OVERSAMPLING;
use crate::{Field, Film, Filter};
use std::f64::consts::PI;
use std::ops::Range;

/// Lobes of the Lanczos kernel.
const LOBES: f64 = 3.0;
/// Rows that the horizontal pass takes side by side, so that the compiler vectorises over them.
const LANES: usize = 8;
/// Copies of the border around a reduced film, so that interpolation needs no check.
const PAD: usize = 3;
/// Coordinates of the warp are fixed-point numbers with this many fractional bits.
const BITS: u32 = 32;

/// A film, or a low-passed and thinned part of one, padded by [`PAD`] on every side.
pub(crate) struct Reduced {
    pixels: Vec<f32>,
    stride: usize,
    columns: Axis,
    rows: Axis,
}

/// Sample `i` (padding not counted) lies at original coordinate `first + i * pitch`.
#[derive(Clone, Copy)]
struct Axis {
    first: f64,
    pitch: f64,
    n: usize,
}

impl Reduced {
    /// `needed` is the part of `field` to be read, `[step_x, step_y]` the distance of two picture
    /// pixels in film px along each film axis.
    pub(crate) fn new(
        film: &Film<'_>,
        field: &Field,
        needed: &Field,
        [step_x, step_y]: [f64; 2],
        filter: Filter,
    ) -> Self {
        let x_taps = Taps::new(needed.left..needed.right, field.left..field.right, step_x, filter);
        let y_taps = Taps::new(needed.top..needed.bottom, field.top..field.bottom, step_y, filter);
        let (columns, rows) = (x_taps.axis(), y_taps.axis());
        let stride = columns.n + 2 * PAD;
        let mut pixels = vec![0.0; stride * (rows.n + 2 * PAD)];
        let inner = &mut pixels[PAD * stride..(rows.n + PAD) * stride];
        reduce(film, &x_taps, &y_taps, inner, stride);
        pad(&mut pixels, columns.n, rows.n);
        Self { pixels, stride, columns, rows }
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
        if line.is_empty() {
            return;
        }
        let last = line.len() - 1;
        let along = |m: &[f64; 3], axis: &Axis| {
            let at = |column: usize| {
                let place = m[0] * column as f64 + m[1] * row as f64 + m[2];
                // Rounding and a picture that looks past the last sample stay within the padding.
                ((place - axis.first) / axis.pitch).clamp(-0.75, axis.n as f64 - 0.25)
            };
            let (first, end) = (at(start), at(start + last));
            let step = (end - first) / last.max(1) as f64;
            (first + PAD as f64, step)
        };
        let (x, dx) = along(&inverse[0], &self.columns);
        let (y, dy) = along(&inverse[1], &self.rows);
        match filter {
            Filter::Bilinear => self.bilinear([x, y], [dx, dy], line),
            Filter::Lanczos => {
                for (i, value) in line.iter_mut().enumerate() {
                    *value = self.lanczos(x + i as f64 * dx, y + i as f64 * dy);
                }
            }
        }
    }

    fn bilinear(&self, start: [f64; 2], step: [f64; 2], line: &mut [f32]) {
        let fixed = |v: f64| (v * (1_u64 << BITS) as f64) as i64;
        let ([mut x, mut y], [dx, dy]) = (start.map(fixed), step.map(fixed));
        for value in line {
            let at = (y >> BITS) as usize * self.stride + (x >> BITS) as usize;
            let (fx, fy) = (fraction(x), fraction(y));
            let upper = &self.pixels[at..at + 2];
            let lower = &self.pixels[at + self.stride..at + self.stride + 2];
            let a = upper[0] + (upper[1] - upper[0]) * fx;
            let b = lower[0] + (lower[1] - lower[0]) * fx;
            *value = a + (b - a) * fy;
            (x, y) = (x + dx, y + dy);
        }
    }

    fn lanczos(&self, x: f64, y: f64) -> f32 {
        let ((column, wx), (row, wy)) = (lanczos_weights(x), lanczos_weights(y));
        let lines = self.pixels[row * self.stride..].chunks(self.stride);
        lines
            .zip(wy)
            .map(|(line, wy)| {
                let taps = line[column..].iter().zip(wx);
                wy * taps.map(|(v, w)| v * w).sum::<f32>()
            })
            .sum()
    }
}

/// The first of six neighbours, and their weights.
fn lanczos_weights(at: f64) -> (usize, [f32; 6]) {
    let first = at.floor() - (LOBES - 1.0);
    let weights: [f64; 6] = std::array::from_fn(|k| lanczos(at - first - k as f64));
    let sum: f64 = weights.iter().sum();
    (first as usize, weights.map(|w| (w / sum) as f32))
}

/// Fractional part of a fixed-point number, with the 24 bits that a float holds.
fn fraction(v: i64) -> f32 {
    ((v as u32) >> 8) as i32 as f32 * (1.0 / (1_u32 << 24) as f32)
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
    fn new(needed: Range<usize>, field: Range<usize>, step: f64, filter: Filter) -> Self {
        let step = step.max(1.0);
        let pitch = (step / OVERSAMPLING).max(1.0);
        let kernel: fn(f64) -> f64 = match filter {
            Filter::Bilinear => |t| (1.0 - t.abs()).max(0.0),
            Filter::Lanczos => lanczos,
        };
        let needed = if filter == Filter::Lanczos {
            // Its interpolation looks at samples beyond the picture.
            let reach = (LOBES * pitch).ceil() as usize;
            let end = needed.end.saturating_add(reach).min(field.end);
            needed.start.saturating_sub(reach).max(field.start)..end
        } else {
            needed
        };
        let half_width = step * if filter == Filter::Lanczos { LOBES } else { 1.0 };
        let n = ((needed.end - 1 - needed.start) as f64 / pitch).ceil() as usize + 1;
        // A picture may be much smaller than what it shows; the field bounds the taps.
        let reach = (2.0 * half_width).ceil().min(field.len() as f64);
        let n_taps = if step > 1.0 { (reach as usize + 1).min(field.len()) } else { 1 };
        let mut taps = Self {
            first: needed.start,
            pitch,
            start: Vec::with_capacity(n),
            weights: Vec::with_capacity(n * n_taps),
            n_taps,
        };
        for i in 0..n {
            let centre = needed.start as f64 + i as f64 * pitch;
            let lowest = if step > 1.0 { (centre - half_width).ceil() } else { centre };
            let start = lowest.max(field.start as f64) as usize;
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

    fn axis(&self) -> Axis {
        Axis { first: self.first as f64, pitch: self.pitch, n: self.start.len() }
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &[f32])> {
        self.start.iter().copied().zip(self.weights.chunks_exact(self.n_taps))
    }

    /// First and one past the last film pixel that any sample reads.
    fn extent(&self) -> Range<usize> {
        let first = self.start.iter().copied().min().unwrap_or(0);
        let last = self.start.iter().copied().max().unwrap_or(0);
        first..last + self.n_taps
    }
}

/// Rows first, so that the film is read in order; then columns, [`LANES`] reduced rows at a time.
/// Writes to the lines of `inner`, each `stride` long, from column [`PAD`] on.
fn reduce(film: &Film<'_>, x_taps: &Taps, y_taps: &Taps, inner: &mut [f32], stride: usize) {
    let columns = x_taps.extent();
    let mut line = vec![0.0_f32; columns.len()];
    let mut block = vec![[0.0_f32; LANES]; columns.len()];
    let rows: Vec<(usize, &[f32])> = y_taps.iter().collect();
    for (rows, lines) in rows.chunks(LANES).zip(inner.chunks_mut(LANES * stride)) {
        for (lane, (start, weights)) in rows.iter().enumerate() {
            add_rows(film, *start, weights, columns.clone(), &mut line);
            block.iter_mut().zip(&line).for_each(|(b, v)| b[lane] = *v);
        }
        for (i, (start, weights)) in x_taps.iter().enumerate() {
            let sums = dot(&block[start - columns.start..], weights);
            for (line, sum) in lines.chunks_exact_mut(stride).zip(sums) {
                line[PAD + i] = sum;
            }
        }
    }
}

/// `line` = weighted sum of film rows from `start`, over `columns`.
fn add_rows(
    film: &Film<'_>,
    start: usize,
    weights: &[f32],
    columns: Range<usize>,
    line: &mut [f32],
) {
    let row = |k: usize| &film.pixels[(start + k) * film.width..][columns.clone()];
    line.fill(0.0);
    let mut k = 0;
    while k + 4 <= weights.len() {
        let [a, b, c, d] = [row(k), row(k + 1), row(k + 2), row(k + 3)];
        let w = &weights[k..k + 4];
        let rows = line.iter_mut().zip(a).zip(b).zip(c).zip(d);
        for ((((sum, a), b), c), d) in rows {
            *sum += w[0] * a + w[1] * b + (w[2] * c + w[3] * d);
        }
        k += 4;
    }
    for (k, weight) in weights.iter().enumerate().skip(k) {
        line.iter_mut().zip(row(k)).for_each(|(sum, v)| *sum += weight * v);
    }
}

fn dot(block: &[[f32; LANES]], weights: &[f32]) -> [f32; LANES] {
    let mut sums = [0.0_f32; LANES];
    for (values, w) in block.iter().zip(weights) {
        for (sum, v) in sums.iter_mut().zip(values) {
            *sum += w * v;
        }
    }
    sums
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
