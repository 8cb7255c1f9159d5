//! The kernels compiled for one instruction set, and the choice among those of constant sizes.

/// The kernels over the vectors `$vector`, compiled with `$features`, for a module of their own.
macro_rules! instances {
    ($vector:ident, $features:literal) => {
        use super::$vector;
        use crate::kernels::{
            dot::{self, Dot},
            product::{self, Product},
            rate,
            tile::{self, Tile},
            winograd::{self, GradientRow, PointSums, SourceRows, TileRow},
        };

        #[target_feature(enable = $features)]
        pub(super) unsafe fn tile<const M: usize, const N: usize>(
            job: &Tile<'_>,
            out: &mut [&mut [f32]],
        ) {
            // SAFETY: the instruction set by the attribute; the rest is this function's own
            // contract.
            unsafe { tile::tile::<$vector, M, N>(job, out) }
        }

        #[target_feature(enable = $features)]
        pub(super) unsafe fn dot<const M: usize, const K: usize>(job: &Dot<'_>, out: &mut [f32]) {
            // SAFETY: as above.
            unsafe { dot::dot::<$vector, M, K>(job, out) }
        }

        #[target_feature(enable = $features)]
        pub(super) unsafe fn product<const M: usize, const N: usize>(
            job: &Product<'_>,
            first: [usize; 2],
            sums: &mut [f32],
            stride: usize,
        ) {
            // SAFETY: as above.
            unsafe { product::product::<$vector, M, N, true>(job, first, sums, stride) }
        }

        #[target_feature(enable = $features)]
        pub(super) unsafe fn strided_product<const M: usize, const N: usize>(
            job: &Product<'_>,
            first: [usize; 2],
            sums: &mut [f32],
            stride: usize,
        ) {
            // SAFETY: as above.
            unsafe { product::product::<$vector, M, N, false>(job, first, sums, stride) }
        }

        #[target_feature(enable = $features)]
        pub(super) unsafe fn filter(
            row: usize,
            weights: &[f32],
            width: usize,
            to: &mut [f32],
            matrix: usize,
        ) {
            // SAFETY: as above.
            unsafe { winograd::filter::filter::<$vector>(row, weights, width, to, matrix) }
        }

        #[target_feature(enable = $features)]
        pub(super) unsafe fn input(rows: &SourceRows<'_>, to: &mut [f32], matrix: usize) {
            // SAFETY: as above.
            unsafe { winograd::input::input::<$vector>(rows, to, matrix) }
        }

        #[target_feature(enable = $features)]
        pub(super) unsafe fn output(row: &TileRow<'_>, out: &mut [&mut [f32]]) {
            // SAFETY: as above.
            unsafe { winograd::output::output::<$vector>(row, out) }
        }

        #[target_feature(enable = $features)]
        pub(super) unsafe fn gradient(
            row: &GradientRow<'_>,
            to: &mut [f32],
            matrix: usize,
            stride: usize,
        ) {
            // SAFETY: as above.
            unsafe { winograd::gradient::gradient::<$vector>(row, to, matrix, stride) }
        }

        #[target_feature(enable = $features)]
        pub(super) unsafe fn weight(sums: &PointSums<'_>, out: &mut [&mut [f32]]) {
            // SAFETY: as above.
            unsafe { winograd::weight::weight::<$vector>(sums, out) }
        }

        #[target_feature(enable = $features)]
        pub(super) unsafe fn chains<const M: usize, const N: usize>() -> f32 {
            // SAFETY: as above.
            unsafe { rate::chains::<$vector, M, N>() }
        }
    };
}
pub(super) use instances;

/// The instance of a kernel for `$m` rows and `$n` columns, of those listed or of all that leave
/// room in this many registers.
macro_rules! table {
    ($isa:ident :: $kernel:ident, $m:expr, $n:expr, 32) => {
        table!($isa::$kernel, $m, $n, [
            1: 1 2 3 4; 2: 1 2 3 4; 3: 1 2 3 4; 4: 1 2 3 4; 5: 1 2 3 4; 6: 1 2 3 4; 7: 1 2 3;
            8: 1 2 3; 9: 1 2; 10: 1 2; 11: 1 2; 12: 1 2;
        ])
    };
    ($isa:ident :: $kernel:ident, $m:expr, $n:expr, 16) => {
        table!($isa::$kernel, $m, $n, [
            1: 1 2 3 4; 2: 1 2 3 4; 3: 1 2 3; 4: 1 2 3; 5: 1 2; 6: 1 2;
        ])
    };
    ($isa:ident :: $kernel:ident, $m:expr, $n:expr, [$($row:literal: $($column:literal)+;)+]) => {
        match ($m, $n) {
            $($(($row, $column) => Some($isa::$kernel::<$row, $column>),)+)+
            _ => None,
        }
    };
}
pub(super) use table;
