//! A graph as an ONNX model (operator set 17), so that it can run in any runtime.
//!
//! The file holds the steps that a [`Plan`](crate::Plan) runs: batch norm is in the weights
//! already. The batch size is left open. Pictures of one pixel are written as vectors.
//! Source: ONNX IR specification, version 8, <https://onnx.ai/onnx/repo-docs/IR.html>.

mod nodes;
mod protobuf;

use crate::Error;
use crate::graph::{Graph, MapShape, lower};
use nodes::Nodes;
use protobuf::Message;

const IR_VERSION: i64 = 8;
const OPERATOR_SET: i64 = 17;
/// TensorProto's types.
const FLOAT: i64 = 1;
const INT64: i64 = 7;

/// Name of the open dimension.
const BATCH: &str = "batch";

impl Graph {
    /// The bytes of an `.onnx` file that computes what this graph's plan computes.
    ///
    /// Inputs and output keep their names and have the shape `[batch, copies, channels, height,
    /// width]`, without `copies` where there is one picture per item, and `[batch, channels]` for
    /// vectors. `metadata` is stored under `metadata_props`: what a user of the file must know,
    /// such as how inputs are prepared.
    ///
    /// # Errors
    /// [`Error::NoOperation`] if the graph has no output, [`Error::Device`] from one that does not
    /// give a layer's parameters.
    pub fn to_onnx(&self, name: &str, metadata: &[(&str, &str)]) -> Result<Vec<u8>, Error> {
        let program = lower(self)?;
        let nodes = Nodes::of(&program);
        let shape = |(name, value): &(String, _)| value_info(name, program.shape(*value));
        let graph = Message::default()
            .messages(1, nodes.nodes, |node| node)
            .text(2, name)
            .messages(5, nodes.constants, |constant| constant)
            .messages(11, &program.inputs, shape)
            .message(12, shape(&program.output));
        let property = |(key, value): &(&str, &str)| Message::default().text(1, key).text(2, value);
        let model = Message::default()
            .int(1, IR_VERSION)
            .text(2, env!("CARGO_PKG_NAME"))
            .text(3, env!("CARGO_PKG_VERSION"))
            .message(7, graph)
            .message(8, Message::default().text(1, "").int(2, OPERATOR_SET))
            .messages(14, metadata, property);
        model.into_bytes()
    }
}

/// The dimensions of a value outside, without the batch.
fn outer_dimensions(shape: MapShape) -> Vec<usize> {
    let copies = (shape.copies > 1).then_some(shape.copies);
    let map = if shape.pixels() == 1 { vec![] } else { vec![shape.height, shape.width] };
    copies.into_iter().chain([shape.channels]).chain(map).collect()
}

fn value_info<'a>(name: &str, shape: MapShape) -> Message<'a> {
    let open = Message::default().text(2, BATCH);
    let dimensions = outer_dimensions(shape).into_iter();
    let dimensions = dimensions.map(|n| Message::default().int(1, n as i64));
    let dimensions = std::iter::once(open).chain(dimensions);
    let shape = Message::default().messages(1, dimensions, |dimension| dimension);
    let tensor = Message::default().int(1, FLOAT).message(2, shape);
    Message::default().text(1, name).message(2, Message::default().message(1, tensor))
}
