//! What a correlation works on.

use crate::Isa;

/// What is added to a convolution's output before its last step.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub enum Addend<'a> {
    /// Nothing.
    #[default]
    Nothing,
    /// Values of the output's shape, such as the residual branch of a block.
    Given(&'a [f32]),
    /// What the output's slice holds: sums are accumulated in place.
    Output,
}

/// The values that a correlation works on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Problem<'a> {
    pub(crate) images: usize,
    /// `[images, channels, source height, source width]`
    pub(crate) source: &'a [f32],
    /// `[outputs]`
    pub(crate) bias: Option<&'a [f32]>,
    /// `[images, outputs, domain]` if given.
    pub(crate) addend: Addend<'a>,
    /// Whether negative results become zero.
    pub(crate) relu: bool,
    pub(crate) isa: Isa,
}
