//! rten (pure Rust) on the networks of the bench `speed_inference`, beside their output:
//! `RTEN_NUM_THREADS=2 peers-inference FOLDER w32 384`; `../run.sh inference` runs all peers.
//!
//! Prints the median time on one film and the largest difference over the largest magnitude.

use rten::{Model, RunOptions};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;
use std::path::Path;
use vertebra_benches::Times;

const RUNS: usize = 21;

fn floats(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, name) = (Path::new(&arguments[0]), &arguments[1]);
    let side: usize = arguments[2].parse().unwrap();
    let model = Model::load_file(folder.join(format!("{name}.onnx"))).unwrap();
    let pixels = floats(&folder.join(format!("{name}_input.f32")));
    let ours = floats(&folder.join(format!("{name}_output.f32")));
    let channels = pixels.len() / (side * side);
    let input = NdTensor::from_data([1, channels, side, side], pixels);
    let run = || {
        let output = model.run_one(input.view().into(), Some(RunOptions::default())).unwrap();
        let output: rten_tensor::Tensor<f32> = output.try_into().unwrap();
        output.to_vec()
    };
    let scale = ours.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    let pairs = run().into_iter().zip(&ours);
    let difference = pairs.map(|(a, b)| (a - b).abs()).fold(0.0f32, f32::max) / scale;
    println!(
        "{name} {side}x{side}, rten: median {:.1} ms, difference {difference:.1e}",
        Times::of(0, RUNS, run).median() * 1e3
    );
    assert!(difference < 1e-4, "rten gives another output");
}
