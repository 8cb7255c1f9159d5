//! A network followed from its inputs to its output, as a graph.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use burn::nn::{Linear, pool::MaxPool2d};
use burn::tensor::Tensor;

use super::{BatchNorm, Conv2d, Maps, Norm, Vectors};
use crate::{Error, Graph, MapShape, Value};

/// Follows a network written over [`Maps`] and writes down its operations, with the statistics of
/// inference, as a [`Graph`].
#[derive(Debug, Clone, Default)]
pub struct Tracer {
    state: Rc<RefCell<State>>,
}

#[derive(Debug, Default)]
struct State {
    graph: Graph,
    /// The first error; nothing is added after it.
    error: Option<Error>,
}

/// Maps or vectors on their way through a network: a value of the graph of a [`Tracer`].
#[derive(Debug, Clone)]
pub struct Traced {
    tracer: Tracer,
    value: Value,
}

impl Tracer {
    /// A tracer with an empty graph.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An input, see [`Graph::input`].
    #[must_use]
    pub fn input(&self, name: &str, shape: MapShape) -> Traced {
        self.add(None, |graph, _| graph.input(name, shape))
    }

    /// The graph from the inputs to `output`.
    ///
    /// # Errors
    /// The first error on the way; those of [`Graph::set_output`].
    pub fn finish(self, name: &str, output: &Traced) -> Result<Graph, Error> {
        let State { mut graph, error } = self.state.take();
        if let Some(error) = error {
            return Err(error);
        }
        graph.set_output(name, output.value)?;
        Ok(graph)
    }

    /// What `operation` makes of `x`; after an error, `x` itself.
    fn add(
        &self,
        x: Option<Value>,
        operation: impl FnOnce(&mut Graph, Value) -> Result<Value, Error>,
    ) -> Traced {
        let State { graph, error } = &mut *self.state.borrow_mut();
        let mut value = x.unwrap_or(Value(0));
        if error.is_none() {
            match operation(graph, value) {
                Ok(added) => value = added,
                Err(first) => *error = Some(first),
            }
        }
        Traced { tracer: self.clone(), value }
    }
}

impl Traced {
    /// What `operation` adds to the graph after this value: for what [`Maps`] and [`Vectors`] do
    /// not have, such as the standardisation of inputs.
    #[must_use]
    pub fn then(self, operation: impl FnOnce(&mut Graph, Value) -> Result<Value, Error>) -> Self {
        self.tracer.add(Some(self.value), operation)
    }
}

impl Maps for Traced {
    type Vectors = Self;

    fn channels(&self) -> usize {
        let state = self.tracer.state.borrow();
        state.graph.nodes.get(self.value.0).map_or(0, |node| node.shape.channels)
    }

    fn conv(self, layer: &Conv2d) -> Self {
        self.then(|graph, x| graph.conv2d(x, layer))
    }

    fn norm(self, layer: &Norm) -> Self {
        self.then(|graph, x| match layer {
            Norm::Batch(norm) => graph.batch_norm(x, norm),
            Norm::Group(_) => Err(Error::Unsupported { name: "group normalisation" }),
        })
    }

    fn norm_relu(self, layer: &Norm) -> Self {
        Maps::relu(self.norm(layer))
    }

    fn norm_add_relu(self, layer: &Norm, shortcut: Self) -> Self {
        Maps::relu(Maps::plus(self.norm(layer), shortcut))
    }

    fn relu(self) -> Self {
        self.then(|graph, x| Ok(graph.relu(x)))
    }

    fn plus(self, other: Self) -> Self {
        self.then(|graph, x| graph.sum(&[x, other.value]))
    }

    fn max_pool(self, layer: &MaxPool2d) -> Self {
        self.then(|graph, x| graph.max_pool2d(x, layer))
    }

    fn enlarge(self, factor: usize) -> Self {
        self.then(|graph, x| graph.enlarge(x, factor))
    }

    fn repeat_channels(self, times: usize) -> Self {
        if times == 1 {
            return self;
        }
        self.then(|graph, x| graph.concatenate(&vec![x; times]))
    }

    fn mean_over_pixels(self) -> Self {
        self.then(|graph, x| Ok(graph.mean_over_pixels(x)))
    }

    fn by_burn(self, name: &'static str, _: impl FnOnce(Tensor<4>) -> Tensor<4>) -> Self {
        self.then(|_, _| Err(Error::Unsupported { name }))
    }
}

impl Vectors for Traced {
    fn linear(self, layer: &Linear) -> Self {
        self.then(|graph, x| graph.linear_layer(x, layer))
    }

    fn relu(self) -> Self {
        self.then(|graph, x| Ok(graph.relu(x)))
    }

    fn selu(self) -> Self {
        self.then(|graph, x| Ok(graph.selu(x)))
    }

    fn batch_norm(self, layer: &BatchNorm) -> Self {
        self.then(|graph, x| graph.batch_norm(x, layer))
    }

    fn plus(self, other: Self) -> Self {
        self.then(|graph, x| graph.sum(&[x, other.value]))
    }

    fn times(self, other: Self) -> Self {
        self.then(|graph, x| graph.product(x, other.value))
    }

    fn scaled(self, scale: f64, shift: f64) -> Self {
        self.then(|graph, x| {
            let width = graph.shape(x).channels;
            graph.scale(x, &vec![scale; width], &vec![shift; width])
        })
    }

    fn repeat_columns(self, times: usize) -> Self {
        self.then(|graph, x| graph.concatenate(&vec![x; times]))
    }

    fn columns(self, range: Range<usize>) -> Self {
        self.then(|graph, x| graph.channels(x, range))
    }

    fn followed_by(self, other: Self) -> Self {
        self.then(|graph, x| graph.concatenate(&[x, other.value]))
    }

    /// The graph knows how many copies an item has; one is left as it is.
    fn mean_over_copies(self, copies: usize) -> Self {
        match copies {
            1 => self,
            _ => self.then(|graph, x| Ok(graph.mean_over_copies(x))),
        }
    }

    fn max_over_copies(self, copies: usize) -> Self {
        match copies {
            1 => self,
            _ => self.then(|graph, x| Ok(graph.max_over_copies(x))),
        }
    }

    fn attend_over_copies(self, scores: Self, copies: usize) -> Self {
        match copies {
            1 => self,
            _ => self.then(|graph, x| graph.attend_over_copies(x, scores.value)),
        }
    }

    fn copies_side_by_side(self, copies: usize) -> Self {
        match copies {
            1 => self,
            _ => self.then(|graph, x| Ok(graph.copies_side_by_side(x))),
        }
    }
}
