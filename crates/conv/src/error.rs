//! What can go wrong with shapes, layers and graphs.

use std::ops::Range;

/// Everything that can go wrong in this crate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A slice's length is not the product of its shape.
    #[error(
        "{name}: shape {shape:?} needs {expected} values, got {got}",
        expected = shape.iter().product::<usize>()
    )]
    LengthMismatch {
        /// The array.
        name: &'static str,
        /// Its shape.
        shape: Vec<usize>,
        /// Values in the slice.
        got: usize,
    },
    /// An array's shape does not fit the layer's weight.
    #[error(
        "{name} of shape {got:?} does not fit a weight of shape {weight:?} [out, in, height, width]"
    )]
    ShapeMismatch {
        /// The array.
        name: &'static str,
        /// Its shape.
        got: [usize; 4],
        /// The weight's.
        weight: [usize; 4],
    },
    /// The padded input is smaller than the filter.
    #[error("input {input:?} padded by {padding:?} is smaller than the {filter:?} filter")]
    InputTooSmall {
        /// Shape of the input.
        input: [usize; 4],
        /// `[rows, columns]` of the filter.
        filter: [usize; 2],
        /// `[rows, columns]` of the padding on each side.
        padding: [usize; 2],
    },
    /// A channel count, filter size or stride is zero.
    #[error("{name} must be positive, got {got:?}")]
    ZeroExtent {
        /// What it is of.
        name: &'static str,
        /// All its values.
        got: Vec<usize>,
    },
    /// A graph without output, a sum without terms, or an input given as the output.
    #[error("a network needs an output that some operation computes")]
    NoOperation,
    /// Terms of a sum or product (or parts of a concatenation) differ in shape.
    #[error("expected a term of shape {expected:?} [copies, channels, height, width], got {got:?}")]
    TermShape {
        /// Shape of the first.
        expected: [usize; 4],
        /// Shape of another.
        got: [usize; 4],
    },
    /// A part that is empty or that a value does not have.
    #[error("expected some of {channels} channel(s), got {got:?}")]
    ChannelRange {
        /// Channels of the value.
        channels: usize,
        /// Those asked for.
        got: Range<usize>,
    },
    /// A network was given another number of inputs than it has.
    #[error("the network has {expected} input(s), got {got}")]
    InputCount {
        /// Inputs of the network.
        expected: usize,
        /// Inputs given.
        got: usize,
    },
    /// A layer that inference plans do not know.
    #[error("{name} cannot be part of an inference plan")]
    Unsupported {
        /// The layer.
        name: &'static str,
    },
    /// The device that holds a layer's parameters did not give them.
    #[error("reading a layer's parameters failed: {message}")]
    Device {
        /// What it said.
        message: String,
    },
}
