//! Transforms of Winograd's F(4 x 4, 3 x 3): from 6 x 6 pixels, and from 3 x 3 weights, to 36
//! values each, whose products are summed over the channels; and from the 36 sums to 4 x 4 pixels.
//! For the weight gradient, what is adjoint to the last and to the second: from 4 x 4 pixels of the
//! gradient to 36 values, whose products are summed over the tiles, and from these sums to 3 x 3.
//!
//! The points are 0, ±1, ±2 and infinity, as in Lavin & Gray, "Fast algorithms for convolutional
//! neural networks", CVPR 2016. Point `6 i + j` is that of row `i` and column `j`.

// No closure in a kernel touches a vector: it would be compiled without the instruction set.
#![allow(clippy::needless_range_loop)]

pub(super) mod filter;
pub(super) mod gradient;
pub(super) mod input;
pub(super) mod output;
pub(super) mod weight;

pub(crate) use gradient::GradientRow;
pub(crate) use input::SourceRows;
pub(crate) use output::{RowAddend, TileRow};
pub(crate) use weight::PointSums;

/// Points of one dimension.
pub(crate) const SIDE: usize = 6;

/// Taps of a filter.
pub(crate) const TAPS: usize = 9;

/// Most lanes of a vector.
const MOST: usize = 16;

/// Values of a transformed tile.
pub(crate) const POINTS: usize = SIDE * SIDE;

/// Tiles that cover this many pixels.
pub(crate) fn tiles(pixels: usize) -> usize {
    pixels.div_ceil(4)
}
