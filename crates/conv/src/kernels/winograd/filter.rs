//! `G w G'`: the transform of 3 x 3 weights. Lanes of a vector are neighbouring outputs.

use super::{
    super::{Isa, native, simd::Simd},
    SIDE, TAPS,
};

/// `G` of the points 0, ±1, ±2, infinity.
pub(super) const FILTER: [[f32; 3]; SIDE] = [
    [0.25, 0.0, 0.0],
    [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
    [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
    [0.0, 0.0, 1.0],
];

/// Takes what [`Isa::winograd_filter`] takes, in its order.
pub(in super::super) type FilterKernel = unsafe fn(usize, &[f32], usize, &mut [f32], usize);

impl Isa {
    /// One row of the points, for all channels and `width` outputs, a multiple of the vector.
    ///
    /// `weights` is `[channels, 9, width]`; point `j` of the row, channel `c` and output `o`
    /// goes to `to[j * matrix + c * width + o]`.
    pub(crate) fn winograd_filter(
        self,
        row: usize,
        weights: &[f32],
        width: usize,
        to: &mut [f32],
        matrix: usize,
    ) {
        let values = weights.len() / TAPS;
        assert!(
            self.is_available()
                && row < SIDE
                && width.is_multiple_of(self.lanes())
                && weights.len().is_multiple_of(TAPS * width)
                && (SIDE - 1) * matrix + values <= to.len(),
            "a transform reaches outside its slices"
        );
        match native::filter(self) {
            // SAFETY: the instruction set is available and all accesses are inside.
            Some(kernel) => unsafe { kernel(row, weights, width, to, matrix) },
            None => portable(row, weights, width, to, matrix),
        }
    }
}

/// The kernel behind [`Isa::winograd_filter`].
///
/// # Safety
/// `V`'s instruction set is enabled in the caller, and the bounds asserted there hold.
#[inline(always)]
pub(in super::super) unsafe fn filter<V: Simd>(
    row: usize,
    weights: &[f32],
    width: usize,
    to: &mut [f32],
    matrix: usize,
) {
    let channels = weights.len() / (TAPS * width);
    // SAFETY: by this function's contract.
    unsafe {
        let mut g = [V::splat(0.0); 3];
        for u in 0..3 {
            g[u] = V::splat(FILTER[row][u]);
        }
        for c in 0..channels {
            for first in (0..width).step_by(V::LANES) {
                let from = weights.as_ptr().add(c * TAPS * width + first);
                let mut line = [V::splat(0.0); 3];
                for v in 0..3 {
                    for u in 0..3 {
                        line[v] = V::load(from.add((3 * u + v) * width)).mul_add(g[u], line[v]);
                    }
                }
                let to = to.as_mut_ptr().add(c * width + first);
                let points = points::<V>(line);
                for j in 0..SIDE {
                    points[j].store_first(to.add(j * matrix), V::LANES);
                }
            }
        }
    }
}

/// `G` times a vector of three.
///
/// # Safety
/// `V`'s instruction set is enabled in the caller.
#[inline(always)]
unsafe fn points<V: Simd>(h: [V; 3]) -> [V; SIDE] {
    // SAFETY: by this function's contract.
    unsafe {
        let zero = V::splat(0.0);
        let outer = h[0].add(h[2]).mul_add(V::splat(-1.0 / 6.0), zero);
        let middle = h[1].mul_add(V::splat(1.0 / 6.0), zero);
        let far = h[2].mul_add(V::splat(1.0 / 6.0), h[0].mul_add(V::splat(1.0 / 24.0), zero));
        let half = h[1].mul_add(V::splat(1.0 / 12.0), zero);
        [
            h[0].mul_add(V::splat(0.25), zero),
            outer.sub(middle),
            outer.add(middle),
            far.add(half),
            far.sub(half),
            h[2],
        ]
    }
}

/// The same transform in safe Rust.
fn portable(row: usize, weights: &[f32], width: usize, to: &mut [f32], matrix: usize) {
    for (c, weights) in weights.chunks_exact(TAPS * width).enumerate() {
        for o in 0..width {
            let line: [f32; 3] = std::array::from_fn(|v| {
                (0..3).map(|u| FILTER[row][u] * weights[(3 * u + v) * width + o]).sum()
            });
            for (j, factors) in FILTER.iter().enumerate() {
                to[j * matrix + c * width + o] =
                    factors.iter().zip(line).map(|(factor, h)| factor * h).sum();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instruction_set_gives_the_points_of_the_definition() {
        for isa in [Isa::Avx512, Isa::Avx2, Isa::Neon, Isa::Portable] {
            if !isa.is_available() {
                continue;
            }
            let (channels, width) = (3, 2 * isa.lanes());
            let weights: Vec<f32> = (0..channels * TAPS * width)
                .map(|i| ((i * 37 % 101) as f32 - 50.0) / 25.0)
                .collect();
            let matrix = channels * width + 16;
            for row in 0..SIDE {
                let mut to = vec![f32::NAN; SIDE * matrix];
                isa.winograd_filter(row, &weights, width, &mut to, matrix);
                for (c, j, o) in (0..channels * SIDE * width)
                    .map(|i| (i / (SIDE * width), i / width % SIDE, i % width))
                {
                    let tap = |t: usize| f64::from(weights[(c * TAPS + t) * width + o]);
                    let g = |p: usize, u: usize| f64::from(FILTER[p][u]);
                    let expected: f64 =
                        (0..TAPS).map(|t| g(row, t / 3) * tap(t) * g(j, t % 3)).sum();
                    let got = f64::from(to[j * matrix + c * width + o]);
                    assert!((got - expected).abs() < 1e-6, "{isa:?} {row} {c} {j} {o}: {got}");
                }
            }
        }
    }
}
