//! No kernels: an architecture without the instruction, or whose intrinsics are not stable in Rust.

use super::{
    super::Isa,
    product::Int8ProductKernel,
    quantize::{MagnitudeKernel, QuantizeKernel},
    tile::Int8TileKernel,
};

pub(super) fn has_int8(_: Isa) -> bool {
    false
}

pub(super) fn tile(_: Isa, _: usize, _: usize) -> Option<Int8TileKernel> {
    None
}

pub(super) fn product(_: Isa, _: usize, _: usize) -> Option<Int8ProductKernel> {
    None
}

pub(super) fn quantize(_: Isa) -> Option<QuantizeKernel> {
    None
}

pub(super) fn magnitude(_: Isa) -> Option<MagnitudeKernel> {
    None
}
