//! A network for inference as a graph of operations, built once from its weights.
//!
//! The graph is what a [`Plan`](crate::Plan) is made from and what [`Graph::to_onnx`] writes.
//! Before either, operations are merged (see `lower`): a per-channel scale goes into the weights of
//! the convolution before it, sums and ReLUs into the last step of a convolution, enlargements
//! into the sum that reads them.

mod lower;
mod operation;
mod weight;

pub(crate) use lower::{Program, Step, StepKind, Term, lower};
pub(crate) use operation::{Operation, Window};
#[cfg(feature = "burn")]
pub(crate) use weight::Stored;
pub(crate) use weight::Weight;

use crate::{Convolution, Error};
use std::ops::Range;

/// Pictures of one item of the batch, their channels, height and width.
///
/// Most networks have one picture per item. Those that look at several pictures of a subject
/// through the same layers have `copies`, until [`Graph::mean_over_copies`] makes them one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MapShape {
    /// Pictures per item.
    pub copies: usize,
    /// Channels of each.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl MapShape {
    /// One picture per item.
    #[must_use]
    pub fn new(channels: usize, height: usize, width: usize) -> Self {
        Self { copies: 1, channels, height, width }
    }

    /// One vector of this length per item: a picture of one pixel.
    #[must_use]
    pub fn vector(channels: usize) -> Self {
        Self::new(channels, 1, 1)
    }

    /// With this many pictures per item.
    #[must_use]
    pub fn with_copies(self, copies: usize) -> Self {
        Self { copies, ..self }
    }

    /// Values per item.
    #[must_use]
    pub fn len(&self) -> usize {
        self.copies * self.channels * self.pixels()
    }

    /// True if an item has no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn pixels(&self) -> usize {
        self.height * self.width
    }

    pub(crate) fn array(&self) -> [usize; 4] {
        [self.copies, self.channels, self.height, self.width]
    }
}

/// A result within one [`Graph`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(pub(crate) usize);

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) operation: Operation,
    pub(crate) inputs: Vec<Value>,
    pub(crate) shape: MapShape,
}

/// A network for inference: operations in the order they are added.
///
/// # Examples
/// A residual block with its batch norm given as scale and shift:
/// ```
/// use vertebra_conv::{Convolution, Graph, MapShape};
///
/// let mut graph = Graph::new();
/// let x = graph.input("x", MapShape::new(2, 4, 4))?;
/// let conv = Convolution::new([2, 2, 3, 3])?.with_padding([1, 1]);
/// let y = graph.convolution(x, conv, &[0.125; 36], None)?;
/// let y = graph.scale(y, &[2.0, 1.0], &[0.0, 0.5])?;
/// let y = graph.sum(&[x, y])?;
/// let y = graph.relu(y);
/// graph.set_output("y", y)?;
///
/// let plan = graph.plan()?; // one convolution that scales, adds x and rectifies
/// let y = plan.run(&[&[1.0; 2 * 2 * 16]], 2)?; // a batch of two
/// assert_eq!((y.len(), y[0]), (64, 3.0)); // 1 + 2 * (8 * 0.125)
/// # Ok::<(), vertebra_conv::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) inputs: Vec<(String, Value)>,
    pub(crate) output: Option<(String, Value)>,
}

impl Graph {
    /// A graph without operations.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The shape of a value of this graph.
    ///
    /// # Panics
    /// If the value is of another, larger graph, as slice indexing does.
    #[must_use]
    pub fn shape(&self, value: Value) -> MapShape {
        self.nodes[value.0].shape
    }

    /// An input; [`Plan::run`](crate::Plan::run) takes them in the order they are added.
    ///
    /// # Errors
    /// [`Error::ZeroExtent`].
    pub fn input(&mut self, name: &str, shape: MapShape) -> Result<Value, Error> {
        if shape.is_empty() {
            return Err(Error::ZeroExtent { name: "input shape", got: shape.array().to_vec() });
        }
        let value = self.push(Operation::Input, &[], shape);
        self.inputs.push((name.to_owned(), value));
        Ok(value)
    }

    /// Names the result of the network; a graph has one.
    ///
    /// # Errors
    /// [`Error::NoOperation`] if `value` is an input.
    pub fn set_output(&mut self, name: &str, value: Value) -> Result<(), Error> {
        if matches!(self.nodes[value.0].operation, Operation::Input) {
            return Err(Error::NoOperation);
        }
        self.output = Some((name.to_owned(), value));
        Ok(())
    }

    /// A convolution with its weight `[out, in, height, width]` and bias `[out]`.
    ///
    /// # Errors
    /// As [`Convolution::forward`].
    pub fn convolution(
        &mut self,
        x: Value,
        layer: Convolution,
        weight: &[f32],
        bias: Option<&[f32]>,
    ) -> Result<Value, Error> {
        layer.check(self.shape(x).array(), weight, bias)?;
        self.convolution_of(x, layer, Weight::new(weight.to_vec()), bias)
    }

    /// [`convolution`](Self::convolution) with a weight of the layer's shape, wherever it is.
    pub(crate) fn convolution_of(
        &mut self,
        x: Value,
        layer: Convolution,
        weight: Weight,
        bias: Option<&[f32]>,
    ) -> Result<Value, Error> {
        let copies = self.shape(x).copies;
        let [_, outputs, height, width] = layer.output_shape(self.shape(x).array())?;
        layer.check_bias(bias)?;
        let shape = MapShape::new(outputs, height, width).with_copies(copies);
        let bias = bias.map_or_else(|| vec![0.0; outputs], <[f32]>::to_vec);
        Ok(self.push(Operation::Convolution { layer, weight, bias }, &[x], shape))
    }

    /// A fully connected layer on vectors: `weight` is `[out, in]`, `bias` `[out]`.
    ///
    /// # Errors
    /// As [`convolution`](Self::convolution): it is a convolution of pictures of one pixel.
    pub fn linear(
        &mut self,
        x: Value,
        outputs: usize,
        weight: &[f32],
        bias: Option<&[f32]>,
    ) -> Result<Value, Error> {
        let layer = Convolution::new([outputs, self.shape(x).channels, 1, 1])?;
        self.convolution(x, layer, weight, bias)
    }

    /// `scale x + shift`, one factor and one shift per channel: batch norm of inference, or
    /// standardisation.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`].
    pub fn scale(&mut self, x: Value, scale: &[f64], shift: &[f64]) -> Result<Value, Error> {
        let shape = self.shape(x);
        for (name, values) in [("scale", scale), ("shift", shift)] {
            if values.len() != shape.channels {
                let (shape, got) = (vec![shape.channels], values.len());
                return Err(Error::LengthMismatch { name, shape, got });
            }
        }
        let operation = Operation::Scale { scale: scale.to_vec(), shift: shift.to_vec() };
        Ok(self.push(operation, &[x], shape))
    }

    /// `max(0, x)`.
    pub fn relu(&mut self, x: Value) -> Value {
        self.push(Operation::Relu, &[x], self.shape(x))
    }

    /// The scaled exponential linear unit (Klambauer et al., NeurIPS 2017).
    pub fn selu(&mut self, x: Value) -> Value {
        self.push(Operation::Selu, &[x], self.shape(x))
    }

    /// The sum of values of one shape.
    ///
    /// # Errors
    /// [`Error::TermShape`], or [`Error::NoOperation`] for no terms.
    pub fn sum(&mut self, terms: &[Value]) -> Result<Value, Error> {
        let shape = self.shape(*terms.first().ok_or(Error::NoOperation)?);
        match terms.iter().map(|&term| self.shape(term)).find(|other| *other != shape) {
            Some(other) => Err(Error::TermShape { expected: shape.array(), got: other.array() }),
            None => Ok(self.push(Operation::Sum, terms, shape)),
        }
    }

    /// `x y`, value by value.
    ///
    /// # Errors
    /// [`Error::TermShape`] if they differ in shape.
    pub fn product(&mut self, x: Value, y: Value) -> Result<Value, Error> {
        let (expected, got) = (self.shape(x), self.shape(y));
        if got != expected {
            return Err(Error::TermShape { expected: expected.array(), got: got.array() });
        }
        Ok(self.push(Operation::Product, &[x, y], expected))
    }

    /// Every pixel repeated `factor` times in both directions (nearest neighbour).
    ///
    /// # Errors
    /// [`Error::ZeroExtent`].
    pub fn enlarge(&mut self, x: Value, factor: usize) -> Result<Value, Error> {
        if factor == 0 {
            return Err(Error::ZeroExtent { name: "enlargement", got: vec![factor] });
        }
        let from = self.shape(x);
        let shape = MapShape { height: from.height * factor, width: from.width * factor, ..from };
        Ok(self.push(Operation::Enlarge(factor), &[x], shape))
    }

    /// The largest value of every window; the padding never wins.
    ///
    /// # Errors
    /// [`Error::ZeroExtent`], or [`Error::InputTooSmall`] also where a window would see nothing
    /// but padding.
    pub fn max_pool(
        &mut self,
        x: Value,
        size: [usize; 2],
        stride: [usize; 2],
        padding: [usize; 2],
    ) -> Result<Value, Error> {
        let from = self.shape(x);
        let shape = [1, 1, from.height, from.width];
        // The arithmetic of sizes is that of a convolution with the same window.
        let window = Convolution::new([1, 1, size[0], size[1]])?.with_stride(stride)?;
        let [_, _, height, width] = window.with_padding(padding).output_shape(shape)?;
        if padding[0] >= size[0] || padding[1] >= size[1] {
            return Err(Error::InputTooSmall { input: shape, filter: size, padding });
        }
        let window = Window { size, stride, padding };
        Ok(self.push(Operation::MaxPool(window), &[x], MapShape { height, width, ..from }))
    }

    /// The mean over all pixels of each channel: a vector per picture.
    pub fn mean_over_pixels(&mut self, x: Value) -> Value {
        let shape = MapShape { height: 1, width: 1, ..self.shape(x) };
        self.push(Operation::MeanOverPixels, &[x], shape)
    }

    /// The mean over the pictures of each item.
    pub fn mean_over_copies(&mut self, x: Value) -> Value {
        let shape = self.shape(x).with_copies(1);
        self.push(Operation::MeanOverCopies, &[x], shape)
    }

    /// The maximum over the pictures of each item.
    pub fn max_over_copies(&mut self, x: Value) -> Value {
        let shape = self.shape(x).with_copies(1);
        self.push(Operation::MaxOverCopies, &[x], shape)
    }

    /// The pictures of each item, each weighted by the exponential of its score over the sum of those
    /// of the item (softmax), and summed.
    ///
    /// # Errors
    /// [`Error::TermShape`] if `scores` is not one number for each picture of `x`.
    pub fn attend_over_copies(&mut self, x: Value, scores: Value) -> Result<Value, Error> {
        let shape = self.shape(x);
        let (expected, got) = (MapShape::vector(1).with_copies(shape.copies), self.shape(scores));
        if got != expected {
            return Err(Error::TermShape { expected: expected.array(), got: got.array() });
        }
        Ok(self.push(Operation::AttendOverCopies, &[x, scores], shape.with_copies(1)))
    }

    /// The pictures of each item as channels of one: those of the first, then of the second.
    pub fn copies_side_by_side(&mut self, x: Value) -> Value {
        let from = self.shape(x);
        let shape = MapShape { channels: from.channels * from.copies, ..from }.with_copies(1);
        self.push(Operation::CopiesSideBySide, &[x], shape)
    }

    /// The channels of all `parts`, one after the other.
    ///
    /// # Errors
    /// [`Error::TermShape`] if they differ in more than the channels, [`Error::NoOperation`] for
    /// no parts.
    pub fn concatenate(&mut self, parts: &[Value]) -> Result<Value, Error> {
        let first = self.shape(*parts.first().ok_or(Error::NoOperation)?);
        let channels = parts.iter().map(|&part| self.shape(part).channels).sum();
        let like = |shape: MapShape| MapShape { channels: first.channels, ..shape };
        match parts.iter().map(|&part| self.shape(part)).find(|s| like(*s) != first) {
            Some(other) => Err(Error::TermShape { expected: first.array(), got: other.array() }),
            None => {
                let shape = MapShape { channels, ..first };
                Ok(self.push(Operation::Concatenate, parts, shape))
            }
        }
    }

    /// Some of the channels.
    ///
    /// # Errors
    /// [`Error::ChannelRange`] for none, or for channels that `x` does not have.
    pub fn channels(&mut self, x: Value, range: Range<usize>) -> Result<Value, Error> {
        let from = self.shape(x);
        if range.is_empty() || range.end > from.channels {
            return Err(Error::ChannelRange { channels: from.channels, got: range });
        }
        let shape = MapShape { channels: range.len(), ..from };
        Ok(self.push(Operation::Channels(range), &[x], shape))
    }

    fn push(&mut self, operation: Operation, inputs: &[Value], shape: MapShape) -> Value {
        self.nodes.push(Node { operation, inputs: inputs.to_vec(), shape });
        Value(self.nodes.len() - 1)
    }
}
