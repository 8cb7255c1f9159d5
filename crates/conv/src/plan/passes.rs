//! The steps between convolutions: each one pass over the planes, in parallel where it is long.

use super::kernel::Reads;
use crate::awake::{PASS, for_each};
use crate::graph::{MapShape, Window};
use std::ops::Range;

/// Runs `work` on every plane of `output` with its index.
fn planes(output: &mut [f32], plane: usize, cost: usize, work: impl Fn(usize, &mut [f32]) + Sync) {
    let planes: Vec<_> = output.chunks_exact_mut(plane).enumerate().collect();
    for_each(planes, cost, |(i, plane)| work(i, plane));
}

/// `relu?(sum of terms)`, each term enlarged by its factor; `shape` is the output's.
pub(super) fn sum(
    terms: &Reads<'_>,
    factors: &[usize],
    relu: bool,
    shape: MapShape,
    output: &mut [f32],
) {
    let cost = output.len() * terms.len() * PASS / 8;
    planes(output, shape.pixels(), cost, |i, plane| {
        for (t, (term, &factor)) in terms.iter().zip(factors).enumerate() {
            let size = shape.pixels() / (factor * factor);
            let term = &term[i * size..][..size];
            match (factor, t == 0) {
                (1, true) => plane.copy_from_slice(term),
                (1, false) => plane.iter_mut().zip(term).for_each(|(y, x)| *y += x),
                (_, is_first) => enlarged(term, factor, shape.width, is_first, plane),
            }
        }
        if relu {
            rectify(plane);
        }
    });
}

/// Writes `term`, enlarged, to `plane`, or adds it.
fn enlarged(term: &[f32], factor: usize, width: usize, is_first: bool, plane: &mut [f32]) {
    let mut wide = vec![0.0; width];
    for (row, rows) in term.chunks_exact(width / factor).zip(plane.chunks_exact_mut(factor * width))
    {
        match factor {
            2 => repeated::<2>(row, &mut wide),
            4 => repeated::<4>(row, &mut wide),
            8 => repeated::<8>(row, &mut wide),
            _ => {
                let runs = wide.chunks_exact_mut(factor).zip(row);
                runs.for_each(|(run, value)| run.fill(*value));
            }
        }
        for to in rows.chunks_exact_mut(width) {
            match is_first {
                true => to.copy_from_slice(&wide),
                false => to.iter_mut().zip(&wide).for_each(|(y, x)| *y += x),
            }
        }
    }
}

/// Every value `N` times: a constant, for which the compiler finds vectors.
fn repeated<const N: usize>(row: &[f32], wide: &mut [f32]) {
    let (runs, _) = wide.as_chunks_mut::<N>();
    for (run, value) in runs.iter_mut().zip(row) {
        *run = [*value; N];
    }
}

/// `max(0, x)` that keeps NaN.
fn rectify(values: &mut [f32]) {
    values.iter_mut().for_each(|v| *v = if *v < 0.0 { 0.0 } else { *v });
}

/// `scale x + shift` per channel.
pub(super) fn scale(x: &[f32], scale: &[f32], shift: &[f32], shape: MapShape, output: &mut [f32]) {
    let size = shape.pixels();
    planes(output, size, x.len() * PASS / 8, |i, plane| {
        let (scale, shift) = (scale[i % shape.channels], shift[i % shape.channels]);
        let x = &x[i * size..][..size];
        plane.iter_mut().zip(x).for_each(|(y, x)| *y = x * scale + shift);
    });
}

/// The largest value of every window inside the picture; `from` is the input's shape.
pub(super) fn max_pool(
    x: &[f32],
    window: &Window,
    from: MapShape,
    to: MapShape,
    output: &mut [f32],
) {
    let cost = x.len() * PASS / 4;
    planes(output, to.pixels(), cost, |i, plane| {
        let x = &x[i * from.pixels()..][..from.pixels()];
        // One more column of padding than needed, so that every window is whole.
        let [_, left] = window.padding;
        let reach = (to.width - 1) * window.stride[1] + window.size[1];
        let mut highest = vec![f32::NEG_INFINITY; reach.max(left + from.width)];
        let mut windows = vec![f32::NEG_INFINITY; reach - window.size[1] + 1];
        for (r, to_row) in plane.chunks_exact_mut(to.width).enumerate() {
            let top = (r * window.stride[0]).saturating_sub(window.padding[0]);
            let bottom = (r * window.stride[0] + window.size[0]).saturating_sub(window.padding[0]);
            highest.fill(f32::NEG_INFINITY);
            let inside = &mut highest[left..left + from.width];
            for row in x.chunks_exact(from.width).take(bottom).skip(top) {
                inside.iter_mut().zip(row).for_each(|(m, v)| *m = larger(*m, *v));
            }
            let count = windows.len();
            windows.copy_from_slice(&highest[..count]);
            // Of every window along the row first, which is a matter of vectors, then of those wanted.
            for k in 1..window.size[1] {
                let (to, from) = (&mut windows[..], &highest[k..]);
                to.iter_mut().zip(from).for_each(|(m, v)| *m = larger(*m, *v));
            }
            let wanted = windows.iter().step_by(window.stride[1]);
            to_row.iter_mut().zip(wanted).for_each(|(y, m)| *y = *m);
        }
    });
}

/// The larger one, or NaN if there is one.
fn larger(a: f32, b: f32) -> f32 {
    if b > a || b.is_nan() { b } else { a }
}

/// The mean of each plane of `x`.
pub(super) fn mean_over_pixels(x: &[f32], pixels: usize, output: &mut [f32]) {
    for (y, plane) in output.iter_mut().zip(x.chunks_exact(pixels)) {
        *y = (crate::convolution::plane_sum(plane) / pixels as f64) as f32;
    }
}

/// Joins the `copies` pictures of each item value by value; `size` is the length of one.
pub(super) fn over_copies(
    x: &[f32],
    copies: usize,
    size: usize,
    join: impl Fn(f32, f32) -> f32,
    output: &mut [f32],
) {
    for (to, from) in output.chunks_exact_mut(size).zip(x.chunks_exact(copies * size)) {
        to.copy_from_slice(&from[..size]);
        for copy in from[size..].chunks_exact(size) {
            to.iter_mut().zip(copy).for_each(|(y, x)| *y = join(*y, *x));
        }
    }
}

pub(super) fn mean_over_copies(x: &[f32], copies: usize, size: usize, output: &mut [f32]) {
    over_copies(x, copies, size, |sum, x| sum + x, output);
    output.iter_mut().for_each(|y| *y /= copies as f32);
}

pub(super) fn max_over_copies(x: &[f32], copies: usize, size: usize, output: &mut [f32]) {
    over_copies(x, copies, size, larger, output);
}

/// The `copies` pictures of each item, weighted by the softmax of their scores; `size` is the length
/// of one.
pub(super) fn attend_over_copies(
    (x, scores): (&[f32], &[f32]),
    copies: usize,
    size: usize,
    output: &mut [f32],
) {
    let items = x.chunks_exact(copies * size).zip(scores.chunks_exact(copies));
    for (to, (pictures, scores)) in output.chunks_exact_mut(size).zip(items) {
        let highest = scores.iter().copied().fold(f32::NEG_INFINITY, larger);
        let weight = |score: &f32| (score - highest).exp();
        let total: f32 = scores.iter().map(weight).sum();
        to.fill(0.0);
        for (picture, score) in pictures.chunks_exact(size).zip(scores) {
            let weight = weight(score) / total;
            to.iter_mut().zip(picture).for_each(|(y, x)| *y += weight * x);
        }
    }
}

/// The channels of all parts of each picture; `sizes` are the lengths of one picture of each.
pub(super) fn concatenate(parts: &Reads<'_>, sizes: &[usize], output: &mut [f32]) {
    let whole: usize = sizes.iter().sum();
    for (i, picture) in output.chunks_exact_mut(whole).enumerate() {
        let mut rest = picture;
        for (part, &size) in parts.iter().zip(sizes) {
            let (to, others) = rest.split_at_mut(size);
            to.copy_from_slice(&part[i * size..][..size]);
            rest = others;
        }
    }
}

/// `x y`, value by value.
pub(super) fn product(x: &[f32], y: &[f32], output: &mut [f32]) {
    for (to, (x, y)) in output.iter_mut().zip(x.iter().zip(y)) {
        *to = x * y;
    }
}

/// The values of each picture in `values`; `size` is the length of one picture of `x`.
pub(super) fn channels(x: &[f32], size: usize, values: Range<usize>, output: &mut [f32]) {
    let pictures = x.chunks_exact(size);
    for (to, picture) in output.chunks_exact_mut(values.len()).zip(pictures) {
        to.copy_from_slice(&picture[values.clone()]);
    }
}
