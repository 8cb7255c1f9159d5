//! From the operations of a graph to the steps of a plan, merged where a pass can be saved.

use super::{Graph, MapShape, Operation, Value, Weight, Window};
use crate::{Convolution, Error};
use std::ops::Range;

/// The steps of a network in the order they run, and the values they work on.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) steps: Vec<Step>,
    pub(crate) shapes: Vec<MapShape>,
    pub(crate) inputs: Vec<(String, Value)>,
    pub(crate) output: (String, Value),
}

impl Program {
    pub(crate) fn shape(&self, value: Value) -> MapShape {
        self.shapes[value.0]
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) kind: StepKind,
    pub(crate) output: Value,
}

/// A summand, `factor` times as high and wide as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) value: Value,
    pub(crate) factor: usize,
}

#[derive(Debug, Clone)]
pub(crate) enum StepKind {
    /// `relu?(convolution + bias + addend)`.
    Convolution {
        layer: Convolution,
        weight: Weight,
        bias: Vec<f32>,
        x: Value,
        addend: Option<Value>,
        relu: bool,
    },
    /// `relu?(sum)`, enlarging terms on the way.
    Sum {
        terms: Vec<Term>,
        relu: bool,
    },
    Scale {
        x: Value,
        scale: Vec<f32>,
        shift: Vec<f32>,
    },
    Selu {
        x: Value,
    },
    MaxPool {
        x: Value,
        window: Window,
    },
    MeanOverPixels {
        x: Value,
    },
    MeanOverCopies {
        x: Value,
    },
    MaxOverCopies {
        x: Value,
    },
    AttendOverCopies {
        x: Value,
        scores: Value,
    },
    CopiesSideBySide {
        x: Value,
    },
    Concatenate {
        parts: Vec<Value>,
    },
    Product {
        x: Value,
        y: Value,
    },
    Channels {
        x: Value,
        range: Range<usize>,
    },
}

impl StepKind {
    /// The values it reads.
    pub(crate) fn reads(&self) -> Vec<Value> {
        match self {
            Self::Convolution { x, addend, .. } => [*x].into_iter().chain(*addend).collect(),
            Self::Sum { terms, .. } => terms.iter().map(|term| term.value).collect(),
            Self::Concatenate { parts } => parts.clone(),
            Self::AttendOverCopies { x, scores } => vec![*x, *scores],
            Self::Product { x, y } => vec![*x, *y],
            Self::Scale { x, .. }
            | Self::Selu { x }
            | Self::MaxPool { x, .. }
            | Self::MeanOverPixels { x }
            | Self::MeanOverCopies { x }
            | Self::MaxOverCopies { x }
            | Self::CopiesSideBySide { x }
            | Self::Channels { x, .. } => vec![*x],
        }
    }
}

/// The program of a graph.
pub(crate) fn lower(graph: &Graph) -> Result<Program, Error> {
    let output = graph.output.clone().ok_or(Error::NoOperation)?;
    let graph = fold_scales(graph);
    let mut lowering = Lowering {
        uses: uses(&graph, output.1),
        steps: Vec::new(),
        shapes: graph.nodes.iter().map(|node| node.shape).collect(),
        graph: &graph,
    };
    for value in (0..graph.nodes.len()).map(Value) {
        if lowering.uses[value.0] > 0 && !lowering.is_left_to_its_reader(value) {
            lowering.emit(value);
        }
    }
    let (steps, shapes) = (lowering.steps, lowering.shapes);
    Ok(Program { steps, shapes, inputs: graph.inputs.clone(), output })
}

/// How often each value is read by operations that the output depends on.
fn uses(graph: &Graph, output: Value) -> Vec<usize> {
    let mut uses = vec![0; graph.nodes.len()];
    uses[output.0] = 1;
    for (i, node) in graph.nodes.iter().enumerate().rev() {
        if uses[i] > 0 {
            node.inputs.iter().for_each(|input| uses[input.0] += 1);
        }
    }
    uses
}

/// The same network where every scale right after a convolution is in its weights; the scale
/// becomes the convolution, which nothing reads any more in its old place.
fn fold_scales(graph: &Graph) -> Graph {
    let mut folded = graph.clone();
    let output = graph.output.as_ref().map_or(Value(usize::MAX), |(_, value)| *value);
    let uses = uses(graph, output);
    for i in 0..folded.nodes.len() {
        let Operation::Scale { scale, shift } = &folded.nodes[i].operation else { continue };
        let source = folded.nodes[i].inputs[0];
        let Operation::Convolution { layer, weight, bias } = &folded.nodes[source.0].operation
        else {
            continue;
        };
        if uses[source.0] == 1 {
            let operation = scaled(*layer, weight, bias, scale, shift);
            folded.nodes[i].operation = operation;
            folded.nodes[i].inputs = folded.nodes[source.0].inputs.clone();
        }
    }
    folded
}

/// `scale (weight x + bias) + shift` as one convolution, computed in f64 and rounded once.
fn scaled(
    layer: Convolution,
    weight: &Weight,
    bias: &[f32],
    scale: &[f64],
    shift: &[f64],
) -> Operation {
    let bias = bias.iter().zip(scale).zip(shift);
    let bias = bias.map(|((bias, scale), shift)| (f64::from(*bias) * scale + shift) as f32);
    Operation::Convolution { layer, weight: weight.scaled(scale), bias: bias.collect() }
}

struct Lowering<'a> {
    graph: &'a Graph,
    uses: Vec<usize>,
    steps: Vec<Step>,
    shapes: Vec<MapShape>,
}

impl Lowering<'_> {
    fn operation(&self, value: Value) -> &Operation {
        &self.graph.nodes[value.0].operation
    }

    /// The operation that alone reads `value`.
    fn only_reader(&self, value: Value) -> Option<&Operation> {
        let reads = |node: &&super::Node| node.inputs.contains(&value);
        let alive = |i: &usize| self.uses[*i] > 0 && reads(&&self.graph.nodes[*i]);
        match self.uses[value.0] {
            1 => (value.0 + 1..self.graph.nodes.len())
                .find(alive)
                .map(|i| &self.graph.nodes[i].operation),
            _ => None,
        }
    }

    /// True if the step of the value's reader computes it on the way.
    fn is_left_to_its_reader(&self, value: Value) -> bool {
        let Some(reader) = self.only_reader(value) else { return false };
        match self.operation(value) {
            Operation::Convolution { .. } | Operation::Sum => {
                matches!(reader, Operation::Sum | Operation::Relu)
            }
            Operation::Enlarge(_) => matches!(reader, Operation::Sum),
            _ => false,
        }
    }

    fn emit(&mut self, value: Value) {
        let inputs = &self.graph.nodes[value.0].inputs;
        let first = inputs.first().copied();
        let kind = match (self.operation(value).clone(), first) {
            (Operation::Input, _) | (_, None) => return,
            (Operation::Relu, Some(x)) if self.is_left_to_its_reader(x) => {
                return self.emit_rectifiable(x, value, true);
            }
            (Operation::Relu, Some(x)) => {
                StepKind::Sum { terms: vec![Term { value: x, factor: 1 }], relu: true }
            }
            (Operation::Enlarge(factor), Some(x)) => {
                StepKind::Sum { terms: vec![Term { value: x, factor }], relu: false }
            }
            (Operation::Convolution { .. } | Operation::Sum, Some(_)) => {
                return self.emit_rectifiable(value, value, false);
            }
            (Operation::Scale { scale, shift }, Some(x)) => {
                let single = |values: Vec<f64>| values.into_iter().map(|v| v as f32).collect();
                StepKind::Scale { x, scale: single(scale), shift: single(shift) }
            }
            (Operation::Selu, Some(x)) => StepKind::Selu { x },
            (Operation::MaxPool(window), Some(x)) => StepKind::MaxPool { x, window },
            (Operation::MeanOverPixels, Some(x)) => StepKind::MeanOverPixels { x },
            (Operation::MeanOverCopies, Some(x)) => StepKind::MeanOverCopies { x },
            (Operation::MaxOverCopies, Some(x)) => StepKind::MaxOverCopies { x },
            (Operation::AttendOverCopies, Some(x)) => {
                StepKind::AttendOverCopies { x, scores: inputs[1] }
            }
            (Operation::CopiesSideBySide, Some(x)) => StepKind::CopiesSideBySide { x },
            (Operation::Product, Some(x)) => StepKind::Product { x, y: inputs[1] },
            (Operation::Channels(range), Some(x)) => StepKind::Channels { x, range },
            (Operation::Concatenate, Some(_)) => StepKind::Concatenate { parts: inputs.clone() },
        };
        self.steps.push(Step { kind, output: value });
    }

    /// A convolution or sum, into `output`.
    fn emit_rectifiable(&mut self, value: Value, output: Value, relu: bool) {
        match self.operation(value) {
            Operation::Sum => self.emit_sum(value, output, relu),
            _ => self.emit_convolution(value, None, output, relu),
        }
    }

    fn emit_convolution(&mut self, value: Value, addend: Option<Value>, output: Value, relu: bool) {
        let x = self.graph.nodes[value.0].inputs[0];
        if let Operation::Convolution { layer, weight, bias } = self.operation(value).clone() {
            let kind = StepKind::Convolution { layer, weight, bias, x, addend, relu };
            self.steps.push(Step { kind, output });
        }
    }

    /// The terms that are there already are summed in one pass, unless there is but one; then
    /// every convolution adds the sum so far to its own result.
    fn emit_sum(&mut self, value: Value, output: Value, relu: bool) {
        let (mut terms, mut convolutions) = (Vec::new(), Vec::new());
        self.collect(value, &mut terms, &mut convolutions);
        let mut so_far = match terms.as_slice() {
            [] => None,
            [Term { value, factor: 1 }] if !convolutions.is_empty() => Some(*value),
            _ => {
                let is_all = convolutions.is_empty();
                let sum = if is_all { output } else { self.intermediate(output) };
                let kind = StepKind::Sum { terms, relu: relu && is_all };
                self.steps.push(Step { kind, output: sum });
                Some(sum)
            }
        };
        let n = convolutions.len();
        for (i, convolution) in convolutions.into_iter().enumerate() {
            let is_last = i + 1 == n;
            let to = if is_last { output } else { self.intermediate(output) };
            self.emit_convolution(convolution, so_far, to, relu && is_last);
            so_far = Some(to);
        }
    }

    fn collect(&self, sum: Value, terms: &mut Vec<Term>, convolutions: &mut Vec<Value>) {
        for &term in &self.graph.nodes[sum.0].inputs {
            match self.operation(term) {
                Operation::Sum if self.is_left_to_its_reader(term) => {
                    self.collect(term, terms, convolutions);
                }
                Operation::Convolution { .. } if self.is_left_to_its_reader(term) => {
                    convolutions.push(term);
                }
                Operation::Enlarge(factor) if self.is_left_to_its_reader(term) => {
                    let value = self.graph.nodes[term.0].inputs[0];
                    terms.push(Term { value, factor: *factor });
                }
                _ => terms.push(Term { value: term, factor: 1 }),
            }
        }
    }

    fn intermediate(&mut self, like: Value) -> Value {
        self.shapes.push(self.shapes[like.0]);
        Value(self.shapes.len() - 1)
    }
}
