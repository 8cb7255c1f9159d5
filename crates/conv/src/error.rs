/// Everything that can go wrong in this crate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A slice's length is not the product of its shape: (array, shape, values in the slice).
    #[error("{0}: shape {1:?} needs {expected} values, got {2}", expected = .1.iter().product::<usize>())]
    LengthMismatch(&'static str, Vec<usize>, usize),
    /// An array's shape does not fit the layer's weight: (array, shape, weight shape).
    #[error("{0} of shape {1:?} does not fit a weight of shape {2:?} [out, in, height, width]")]
    ShapeMismatch(&'static str, [usize; 4], [usize; 4]),
    /// The gradient's shape is not the layer's output shape: (expected, got).
    #[error("the output gradient must have shape {0:?}, got {1:?}")]
    GradientShape([usize; 4], [usize; 4]),
    /// The padded input is smaller than the filter: (input shape, filter, padding).
    #[error("input {0:?} padded by {2:?} is smaller than the {1:?} filter")]
    InputTooSmall([usize; 4], [usize; 2], [usize; 2]),
    /// A channel count, filter size or stride is zero: (what, all its values).
    #[error("{0} must be positive, got {1:?}")]
    ZeroExtent(&'static str, Vec<usize>),
    /// A graph without output, a sum without terms, or an input given as the output.
    #[error("a network needs an output that some operation computes")]
    NoOperation,
    /// Terms of a sum (or parts of a concatenation) differ in shape: (expected, got).
    #[error("expected a term of shape {0:?} [copies, channels, height, width], got {1:?}")]
    TermShape([usize; 4], [usize; 4]),
    /// A network was given another number of inputs than it has: (expected, got).
    #[error("the network has {0} input(s), got {1}")]
    InputCount(usize, usize),
    /// A layer that inference plans do not know.
    #[error("{0} cannot be part of an inference plan")]
    Unsupported(&'static str),
    /// The device that holds a layer's parameters did not give them.
    #[error("reading a layer's parameters failed: {0}")]
    Device(String),
}
