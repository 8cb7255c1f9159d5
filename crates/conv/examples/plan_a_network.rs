//! A small network as a graph: run as a plan, and written as an ONNX file.
//!
//! `cargo run --release -p vertebra-conv --example plan_a_network`

#![allow(clippy::print_stdout)] // an example talks

use vertebra_conv::{Convolution, Graph, Isa, MapShape};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut graph = Graph::new();
    let x = graph.input("image", MapShape::new(1, 64, 64))?;
    let first = Convolution::new([16, 1, 3, 3])?.with_stride([2, 2])?.with_padding([1, 1]);
    let x = graph.convolution(x, first, &weight(16 * 9), None)?;
    let x = graph.relu(x);
    // A residual block; its batch norm is a scale and a shift for each channel.
    let same = Convolution::new([16, 16, 3, 3])?.with_padding([1, 1]);
    let y = graph.convolution(x, same, &weight(16 * 16 * 9), None)?;
    let y = graph.scale(y, &[0.5; 16], &[0.1; 16])?;
    let y = graph.sum(&[x, y])?;
    let y = graph.relu(y);
    graph.set_output("features", y)?;

    let plan = graph.plan()?; // two convolutions: scale, sum and ReLUs are parts of them
    let image: Vec<f32> = (0..2 * 64 * 64).map(|i| (i % 97) as f32 / 97.0).collect();
    let features = plan.run(&[&image], 2)?;
    println!("{} features of two images, by {:?}", features.len(), Isa::detect());
    for step in plan.profile(&[&image], 2)? {
        println!("  {:?}: {}", step.time, step.label);
    }
    let onnx = graph.to_onnx("network", &[])?;
    println!("the same network as ONNX: {} bytes", onnx.len());
    Ok(())
}

/// Numbers in the place of a trained weight.
fn weight(n: usize) -> Vec<f32> {
    (0..n).map(|i| ((i * 31) % 17) as f32 / 80.0 - 0.1).collect()
}
