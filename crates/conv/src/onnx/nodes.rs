//! The steps of a program as ONNX nodes and constants.
//!
//! Inside, every value is `[batch * copies, channels, height, width]`.

use super::protobuf::Message;
use super::{FLOAT, INT64, outer_dimensions};
use crate::Convolution;
use crate::graph::{MapShape, Program, Step, StepKind, Term, Value, Weight, Window};

pub(super) struct Nodes<'a> {
    program: &'a Program,
    pub(super) nodes: Vec<Message<'a>>,
    pub(super) constants: Vec<Message<'a>>,
}

impl<'a> Nodes<'a> {
    pub(super) fn of(program: &'a Program) -> Self {
        let mut nodes = Self { program, nodes: Vec::new(), constants: Vec::new() };
        nodes.inputs();
        program.steps.iter().for_each(|step| nodes.step(step));
        nodes.output();
        nodes
    }

    /// Inputs that are not laid out as inside are laid out so.
    fn inputs(&mut self) {
        for (name, value) in &self.program.inputs {
            let [_, channels, height, width] = self.program.shape(*value).array();
            let inner = [-1, channels as i64, height as i64, width as i64];
            self.reshape(name, &inner, &inner_name(*value));
        }
    }

    fn output(&mut self) {
        let (name, value) = &self.program.output;
        let outer = outer_dimensions(self.program.shape(*value));
        let outer: Vec<i64> =
            std::iter::once(-1).chain(outer.into_iter().map(|n| n as i64)).collect();
        self.reshape(&inner_name(*value), &outer, name);
    }

    fn step(&mut self, step: &'a Step) {
        let to = inner_name(step.output);
        match &step.kind {
            StepKind::Convolution { layer, weight, bias, x, addend, relu } => {
                let names = self.after(&to, addend.is_some(), *relu);
                self.convolution(*layer, weight, bias, *x, &names[0]);
                if let Some(addend) = addend {
                    self.node("Add", &[&names[0], &inner_name(*addend)], &names[1], vec![]);
                }
                self.rectify(*relu, &names[usize::from(addend.is_some())], &to);
            }
            StepKind::Sum { terms, relu } => self.sum(terms, *relu, &to),
            StepKind::Scale { x, scale, shift } => {
                let shape = [1, scale.len(), 1, 1];
                let factor = self.floats(&format!("{to}.scale"), &shape, scale);
                let addend = self.floats(&format!("{to}.shift"), &shape, shift);
                let scaled = format!("{to}.scaled");
                self.node("Mul", &[&inner_name(*x), &factor], &scaled, vec![]);
                self.node("Add", &[&scaled, &addend], &to, vec![]);
            }
            StepKind::Selu { x } => self.node("Selu", &[&inner_name(*x)], &to, vec![]),
            StepKind::MaxPool { x, window } => {
                self.node("MaxPool", &[&inner_name(*x)], &to, window_attributes(window));
            }
            StepKind::MeanOverPixels { x } => {
                self.node("GlobalAveragePool", &[&inner_name(*x)], &to, vec![]);
            }
            StepKind::MeanOverCopies { x } => self.over_copies("ReduceMean", *x, &to),
            StepKind::MaxOverCopies { x } => self.over_copies("ReduceMax", *x, &to),
            StepKind::AttendOverCopies { x, scores } => self.attend_over_copies(*x, *scores, &to),
            StepKind::CopiesSideBySide { x } => {
                let [_, channels, height, width] = self.program.shape(step.output).array();
                let shape = [-1, channels as i64, height as i64, width as i64];
                self.reshape(&inner_name(*x), &shape, &to);
            }
            StepKind::Concatenate { parts } => {
                let names: Vec<String> = parts.iter().map(|part| inner_name(*part)).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                self.node("Concat", &names, &to, vec![integer("axis", 1)]);
            }
            StepKind::Product { x, y } => {
                self.node("Mul", &[&inner_name(*x), &inner_name(*y)], &to, vec![]);
            }
            StepKind::Channels { x, range } => {
                let ends = [("from", range.start), ("to", range.end), ("axis", 1)];
                let ends =
                    ends.map(|(name, n)| self.integers(&format!("{to}.{name}"), &[n as i64]));
                let [from, end, axis] = ends.each_ref().map(String::as_str);
                self.node("Slice", &[&inner_name(*x), from, end, axis], &to, vec![]);
            }
        }
    }

    /// Names of the results before a sum and before a ReLU; the last of them is `to`.
    fn after(&self, to: &str, has_sum: bool, has_relu: bool) -> Vec<String> {
        let count = 1 + usize::from(has_sum) + usize::from(has_relu);
        let name =
            |i: usize| if i + 1 == count { to.to_owned() } else { format!("{to}.before{i}") };
        (0..count).map(name).collect()
    }

    fn rectify(&mut self, relu: bool, from: &str, to: &str) {
        if relu {
            self.node("Relu", &[from], to, vec![]);
        }
    }

    fn convolution(
        &mut self,
        layer: Convolution,
        weight: &'a Weight,
        bias: &[f32],
        x: Value,
        to: &str,
    ) {
        let [_, _, height, width] = layer.weight_shape();
        let weight = self.weight(&format!("{to}.weight"), &layer.weight_shape(), weight);
        let bias = self.floats(&format!("{to}.bias"), &[bias.len()], bias);
        let window =
            Window { size: [height, width], stride: layer.stride(), padding: layer.padding() };
        let attributes = window_attributes(&window);
        self.node("Conv", &[&inner_name(x), &weight, &bias], to, attributes);
    }

    fn sum(&mut self, terms: &[Term], relu: bool, to: &str) {
        let enlarged: Vec<String> = terms.iter().map(|term| self.enlarged(*term, to)).collect();
        let sums = enlarged.len() - 1;
        let before = if relu { format!("{to}.sum") } else { to.to_owned() };
        let mut so_far = enlarged[0].clone();
        for (i, term) in enlarged[1..].iter().enumerate() {
            let name = if i + 1 == sums { before.clone() } else { format!("{to}.sum{i}") };
            self.node("Add", &[&so_far, term], &name, vec![]);
            so_far = name;
        }
        match (relu, sums) {
            (true, _) => self.rectify(true, &so_far, to),
            (false, 0) => self.node("Identity", &[&so_far], to, vec![]),
            _ => {}
        }
    }

    /// The name of a term in the size of the sum.
    fn enlarged(&mut self, term: Term, to: &str) -> String {
        let from = inner_name(term.value);
        if term.factor == 1 {
            return from;
        }
        let name = format!("{to}.{from}.enlarged");
        let factor = term.factor as f32;
        let scales = self.floats(&format!("{name}.scales"), &[4], &[1.0, 1.0, factor, factor]);
        let attributes = vec![
            text("mode", "nearest"),
            text("coordinate_transformation_mode", "asymmetric"),
            text("nearest_mode", "floor"),
        ];
        self.node("Resize", &[&from, "", &scales], &name, attributes);
        name
    }

    fn attend_over_copies(&mut self, x: Value, scores: Value, to: &str) {
        let pictures = self.copies_apart(x, &format!("{to}.copies"));
        let scores = self.copies_apart(scores, &format!("{to}.scores"));
        let (weights, weighted) = (format!("{to}.weights"), format!("{to}.weighted"));
        self.node("Softmax", &[&scores], &weights, vec![integer("axis", 1)]);
        self.node("Mul", &[&pictures, &weights], &weighted, vec![]);
        let axes = self.integers(&format!("{to}.axes"), &[1]);
        self.node("ReduceSum", &[&weighted, &axes], to, vec![integer("keepdims", 0)]);
    }

    /// The name of a value with the copies of an item in a dimension of their own.
    fn copies_apart(&mut self, x: Value, name: &str) -> String {
        let MapShape { copies, channels, height, width } = self.program.shape(x);
        let shape = [copies, channels, height, width].map(|n| n as i64);
        let shape: Vec<i64> = std::iter::once(-1).chain(shape).collect();
        self.reshape(&inner_name(x), &shape, name);
        name.to_owned()
    }

    fn over_copies(&mut self, operation: &str, x: Value, to: &str) {
        let apart = self.copies_apart(x, &format!("{to}.copies"));
        let attributes = vec![integers("axes", &[1]), integer("keepdims", 0)];
        self.node(operation, &[&apart], to, attributes);
    }

    fn reshape(&mut self, from: &str, shape: &[i64], to: &str) {
        let name = self.integers(&format!("{to}.shape"), shape);
        self.node("Reshape", &[from, &name], to, vec![]);
    }

    fn node(
        &mut self,
        operation: &str,
        inputs: &[&str],
        output: &str,
        attributes: Vec<Message<'a>>,
    ) {
        let node = inputs.iter().fold(Message::default(), |node, input| node.text(1, input));
        let node = node.text(2, output).text(3, output).text(4, operation);
        self.nodes.push(attributes.into_iter().fold(node, |node, a| node.message(5, a)));
    }

    fn weight(&mut self, name: &str, shape: &[usize], weight: &'a Weight) -> String {
        let tensor = tensor(name, shape, FLOAT).floats(9, weight, shape.iter().product());
        self.constants.push(tensor);
        name.to_owned()
    }

    fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.constant(name, shape, FLOAT, &raw)
    }

    fn integers(&mut self, name: &str, values: &[i64]) -> String {
        let raw: Vec<u8> = values.iter().flat_map(|n| n.to_le_bytes()).collect();
        self.constant(name, &[values.len()], INT64, &raw)
    }

    fn constant(&mut self, name: &str, shape: &[usize], kind: i64, raw: &[u8]) -> String {
        self.constants.push(tensor(name, shape, kind).bytes(9, raw));
        name.to_owned()
    }
}

/// A constant without its values.
fn tensor<'a>(name: &str, shape: &[usize], kind: i64) -> Message<'a> {
    let tensor = shape.iter().fold(Message::default(), |t, &n| t.int(1, n as i64));
    tensor.int(2, kind).text(8, name)
}

fn inner_name(value: Value) -> String {
    format!("v{}", value.0)
}

/// The attributes of a convolution or pooling.
fn window_attributes<'a>(window: &Window) -> Vec<Message<'a>> {
    let long = |values: [usize; 2]| values.map(|n| n as i64);
    let [top, left] = long(window.padding);
    vec![
        integers("kernel_shape", &long(window.size)),
        integers("strides", &long(window.stride)),
        integers("pads", &[top, left, top, left]),
    ]
}

/// AttributeProto's types.
const INT_ATTRIBUTE: i64 = 2;
const TEXT_ATTRIBUTE: i64 = 3;
const INTS_ATTRIBUTE: i64 = 7;

fn integer<'a>(name: &str, value: i64) -> Message<'a> {
    Message::default().text(1, name).int(3, value).int(20, INT_ATTRIBUTE)
}

fn integers<'a>(name: &str, values: &[i64]) -> Message<'a> {
    let attribute = Message::default().text(1, name);
    values.iter().fold(attribute, |a, &value| a.int(8, value)).int(20, INTS_ATTRIBUTE)
}

fn text<'a>(name: &str, value: &str) -> Message<'a> {
    Message::default().text(1, name).text(4, value).int(20, TEXT_ATTRIBUTE)
}
