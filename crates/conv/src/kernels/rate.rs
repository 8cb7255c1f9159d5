//! The processor's own speed limit: multiply-adds on registers, without any memory.

use std::{hint::black_box, time::Instant};

use super::simd::{Simd, unrolled};

const ROUNDS: usize = 20_000;
const RUNS: usize = 200;

/// A kernel that does nothing but multiply-adds.
#[derive(Clone, Copy)]
pub(super) struct Chains {
    /// Multiply-adds of one of its [`ROUNDS`].
    pub(super) lanes: usize,
    pub(super) run: unsafe fn() -> f32,
}

/// `M * N` independent chains of [`ROUNDS`] multiply-adds.
///
/// # Safety
/// `V`'s instruction set is enabled in the caller.
#[inline(always)]
pub(super) unsafe fn chains<V: Simd, const M: usize, const N: usize>() -> f32 {
    // SAFETY: by this function's contract.
    unsafe {
        let (factor, addend) = (V::splat(black_box(0.999)), V::splat(black_box(0.001)));
        let mut values = [[V::splat(1.0); N]; M];
        for _ in 0..ROUNDS {
            unrolled!(M, I, {
                unrolled!(N, J, {
                    values[I][J] = values[I][J].mul_add(factor, addend);
                });
            });
        }
        let mut total = 0.0;
        unrolled!(M, I, {
            unrolled!(N, J, {
                total += values[I][J].sum();
            });
        });
        total
    }
}

/// Arithmetic operations per second, in 1e9, of the fastest of many runs of `chains` with
/// `lanes` multiply-adds per round.
pub(super) fn best_rate(lanes: usize, chains: impl Fn() -> f32) -> f64 {
    let seconds = (0..RUNS).map(|_| {
        let start = Instant::now();
        black_box(chains());
        start.elapsed().as_secs_f64()
    });
    2e-9 * (ROUNDS * lanes) as f64 / seconds.fold(f64::INFINITY, f64::min)
}
