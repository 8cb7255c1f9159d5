//! Winograd's F(4 x 4, 3 x 3): 36 products where the definition has 144, for filters of 3 x 3 with
//! stride 1 and channels enough to pay for the transforms.
//!
//! `y = A' [sum over c of (G w[o, c] G') (B' x[c] B)] A` on tiles of 6 x 6 pixels, 4 apart, with
//! products of values at the same place: 36 products of a matrix `[tiles, channels]` by one
//! `[channels, outputs]`. Source: Lavin & Gray, "Fast algorithms for convolutional neural
//! networks", CVPR 2016.
//!
//! The filters are transformed anew each time they are used, a row of six points for a few outputs
//! at a time, into the second cache. That is quicker than reading four times as many values from
//! memory, and serves weights that change at every step.
//!
//! In 8-bit integers, where they are allowed, filters are transformed once: see [`int8`].
//!
//! The gradient with respect to the filters goes the same way back:
//! [`weight_gradient()`].
//!
//! F(2 x 2, 3 x 3), 16 products for 2 x 2 pixels, is not here: on no map of 3 x 3 or more does it
//! need fewer products, though tiles be cut.

mod bands;
mod filters;
mod int8;
mod layer;
mod source;
mod weight_gradient;

use crate::{correlation::Correlation, kernels::tiles, problem::Problem};
use bands::Bands;
use layer::Layer;

pub(crate) use filters::{pack, packed_len};
pub(crate) use int8::Int8Filters;
pub(crate) use layer::Filters;
pub(crate) use weight_gradient::{weight_gradient, wins_weight_gradient};

/// Fewest tiles of all images: below, products have too few rows.
const FEW_TILES: usize = 9;

/// Fewest channels, and outputs, that pay for the transforms.
const FEW: usize = 16;

/// Whether these transforms are quicker than the direct sum on this many images.
pub(crate) fn wins(correlation: &Correlation, images: usize) -> bool {
    correlation.step == [1, 1]
        && filters::is_square(correlation)
        && correlation.channels.min(correlation.outputs) >= FEW
        && correlation.domain.iter().all(|size| *size >= 4)
        && images * correlation.domain.map(tiles).iter().product::<usize>() >= FEW_TILES
}

/// Writes the output, `[images, outputs, domain]`.
pub(crate) fn correlate(
    correlation: &Correlation,
    problem: &Problem<'_>,
    filters: Filters<'_>,
    output: &mut [f32],
) {
    if output.is_empty() {
        return;
    }
    let layer = Layer { correlation, problem, filters };
    let bands = Bands::new(correlation, problem, filters.band_values());
    bands.for_each(output, |band| layer.run(band));
}
