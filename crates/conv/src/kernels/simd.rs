//! The few vector operations the kernels need, so that one source serves every instruction set.

/// A vector of `LANES` values.
///
/// Every method is unsafe: the caller's function must have been compiled with, and run on a
/// processor with, the instruction set of the implementing type. Pointers need no alignment.
pub(super) trait Simd: Copy {
    const LANES: usize;
    unsafe fn splat(value: f32) -> Self;
    /// Reads `LANES` values.
    unsafe fn load(from: *const f32) -> Self;
    /// Reads `count` values (at most `LANES`) and nothing beyond; the other lanes are zero.
    unsafe fn load_first(from: *const f32, count: usize) -> Self;
    /// Writes the first `count` lanes (at most `LANES`) and nothing beyond.
    unsafe fn store_first(self, to: *mut f32, count: usize);
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    /// `self * factor + addend`, rounded once.
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// The larger of each lane and zero; NaN stays NaN.
    unsafe fn rectified(self) -> Self;
    /// The lanes whose bit is set in `mask`, moved together to the front.
    unsafe fn compress(self, mask: u32) -> Self;
    /// Sum of the lanes, in an order that does not depend on anything.
    unsafe fn sum(self) -> f32;
    /// Vector `k` holds `from[4 i + k]` in lane `i`: tiles of 6 that overlap by 2. Reads
    /// `4 LANES + 4` values at most.
    unsafe fn load_sixes(from: *const f32) -> [Self; 6];
    /// `LANES / 4` times four values that follow each other, from places `stride` values apart.
    unsafe fn load_fours(from: *const f32, stride: usize) -> Self;
    /// Writes lane `i` of part `k` to `to[4 i + k]`: `4 LANES` values.
    unsafe fn store_fours(parts: [Self; 4], to: *mut f32);
}

/// Repeats a block for `$i` from 0 to `$n - 1`, at most 12 times, with `$i` a constant each time:
/// the compiler keeps an array in registers only if every index is a constant from the start.
macro_rules! unrolled {
    ($n:expr, $i:ident, $body:block) => {
        unrolled!(@ $n, $i, $body, 0 1 2 3 4 5 6 7 8 9 10 11)
    };
    (@ $n:expr, $i:ident, $body:block, $($value:literal)+) => {
        $(if $value < $n {
            const $i: usize = $value;
            $body
        })+
    };
}
pub(super) use unrolled;

/// For every mask of 8 lanes the numbers of its set bits, one per byte from the lowest up.
pub(super) static COMPRESS: [u64; 256] = {
    let mut table = [0; 256];
    let mut mask = 0;
    while mask < 256 {
        let (mut bit, mut byte) = (0, 0);
        while bit < 8 {
            if mask >> bit & 1 == 1 {
                table[mask] |= bit << (8 * byte);
                byte += 1;
            }
            bit += 1;
        }
        mask += 1;
    }
    table
};
