//! No kernels: an architecture for which none are written.

use super::{
    Isa,
    dot::DotKernel,
    product::ProductKernel,
    rate::Chains,
    tile::TileKernel,
    winograd::{
        filter::FilterKernel, gradient::GradientKernel, input::InputKernel, output::OutputKernel,
        weight::WeightKernel,
    },
};

pub(super) fn is_available(_: Isa) -> bool {
    false
}

pub(super) fn tile(_: Isa, _: usize, _: usize) -> Option<TileKernel> {
    None
}

pub(super) fn product(_: Isa, _: usize, _: usize) -> Option<ProductKernel> {
    None
}

pub(super) fn strided_product(_: Isa, _: usize, _: usize) -> Option<ProductKernel> {
    None
}

pub(super) fn dot(_: Isa, _: usize, _: usize) -> Option<DotKernel> {
    None
}

pub(super) fn filter(_: Isa) -> Option<FilterKernel> {
    None
}

pub(super) fn input(_: Isa) -> Option<InputKernel> {
    None
}

pub(super) fn output(_: Isa) -> Option<OutputKernel> {
    None
}

pub(super) fn gradient(_: Isa) -> Option<GradientKernel> {
    None
}

pub(super) fn weight(_: Isa) -> Option<WeightKernel> {
    None
}

pub(super) fn chains(_: Isa) -> Option<Chains> {
    None
}
