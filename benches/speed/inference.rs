//! Speed of a planned network on one film, its profile, and the same network for other runtimes:
//! `cargo bench --workspace --bench speed_inference -- FOLDER w32|resnet18 SIDE [avx2] [int8]
//! [direct]`; also w18 and w48; `direct` without Winograd's transforms.
//!
//! Writes `w32.onnx`, `w32.safetensors` (published names), `w32_input.f32` and `w32_output.f32` for
//! `benches/peers/inference`, which runs other runtimes on them. `RAYON_NUM_THREADS` sets the
//! number of threads.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use burn::tensor::Device;
use std::path::{Path, PathBuf};
use vertebra_benches::{Times, arguments, noise, peak_megabytes};
use vertebra_conv::{Graph, Isa, Plan, PlanOptions};
use vertebra_deepsurv::{
    EncoderConfig, ImageSet, RiskInputs, RiskModel, RiskModelConfig, RiskTrainer, RiskTraining,
};
use vertebra_hrnet::HrnetConfig;
use vertebra_survival::Outcomes;
use vertebra_training::keep_going;

const RUNS: usize = 21;

fn main() {
    let arguments = arguments();
    let argument = |i: usize| arguments.get(i).map(String::as_str);
    let folder = PathBuf::from(argument(0).unwrap_or("."));
    let name = argument(1).unwrap_or("w32");
    let side = argument(2).map_or(384, |side| side.parse().unwrap());
    let has = |word: &str| arguments.iter().skip(3).any(|argument| argument == word);
    let isa = if has("avx2") { Isa::Avx2 } else { Isa::detect() };
    let options = PlanOptions::default().with_isa(isa).with_winograd(!has("direct"));

    let weights = folder.join(format!("{name}.safetensors"));
    let graph = match name {
        "resnet18" => resnet(side, &folder),
        name => hrnet(name, side, &weights),
    };
    let floats = graph.plan_with(options).unwrap();
    let pixels = noise(floats.inputs()[0].1.len());
    let output = floats.run(&[&pixels], 1).unwrap();
    write_floats(&folder.join(format!("{name}_input.f32")), &pixels);
    write_floats(&folder.join(format!("{name}_output.f32")), &output);
    std::fs::write(folder.join(format!("{name}.onnx")), graph.to_onnx(name, &[]).unwrap()).unwrap();

    let (plan, output) = match has("int8") {
        true => {
            drop(floats);
            let plan = graph.plan_with(options.with_int8(true)).unwrap();
            let found = plan.run(&[&pixels], 1).unwrap();
            println!("int8: difference {:.1e}", difference(&found, &output));
            (plan, found)
        }
        false => (floats, output),
    };
    let seconds = median_seconds(&plan, &pixels, &output);
    let threads = rayon::current_num_threads();
    let gflop = 2e-9 * plan.multiply_adds() as f64;
    println!(
        "{name} {side}x{side}, {isa:?}, {threads} threads: median {:.1} ms of {RUNS}; {gflop:.1} \
         GFLOP by definition, {:.1} ms at the multiply-add rate; workspace {:.1} MB; peak memory {} MB",
        seconds * 1e3,
        1e3 * gflop / (isa.peak_rate() * threads as f64),
        plan.workspace_bytes() as f64 * 1e-6,
        peak_megabytes(),
    );
    print_profile(&plan, &pixels);
}

fn hrnet(name: &str, side: usize, weights: &Path) -> Graph {
    let config = match name {
        "w18" => HrnetConfig::w18(),
        "w48" => HrnetConfig::w48(),
        _ => HrnetConfig::w32(),
    };
    let network = config.with_in_channels(3).init(&Device::default()).unwrap();
    let network = network.with_initial_weights(1);
    network.save_weights(weights).unwrap();
    network.graph(3, [side, side]).unwrap()
}

/// ResNet-18 with a linear head. The first run trains it, so read the peak memory off a second run.
fn resnet(side: usize, folder: &Path) -> Graph {
    let folder = folder.join(format!("resnet18-{side}"));
    if !folder.exists() {
        trained_resnet(side).save(&folder).unwrap();
    }
    RiskModel::load(&folder, &Device::default()).unwrap().graph().unwrap()
}

/// Trained on four pictures of noise until batch norm knows their mean and variance: without these
/// its output is the difference of two numbers in the thousands.
fn trained_resnet(side: usize) -> RiskModel {
    let images = ImageSet::new(noise(4 * side * side), [1, side, side]).unwrap();
    let outcomes = Outcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![true; 4]).unwrap();
    let config = RiskModelConfig::image_only(EncoderConfig::resnet18(), [1, side, side]);
    let mut settings = RiskTraining::default();
    settings.training.epochs = 30;
    let trainer = RiskTrainer::new(config.with_hidden([])).with_settings(settings);
    let inputs = RiskInputs::from_images(images);
    let data = (&inputs, &outcomes);
    trainer.fit(data, None, &mut keep_going).unwrap().model
}

fn write_floats(path: &Path, values: &[f32]) {
    std::fs::write(path, values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>()).unwrap();
}

fn median_seconds(plan: &Plan, pixels: &[f32], output: &[f32]) -> f64 {
    Times::of(0, RUNS, || assert_eq!(plan.run(&[pixels], 1).unwrap(), output)).median()
}

/// The largest difference over the largest magnitude of `expected`.
fn difference(found: &[f32], expected: &[f32]) -> f32 {
    let largest = expected.iter().fold(0.0, |m: f32, v| m.max(v.abs()));
    found.iter().zip(expected).fold(0.0, |m: f32, (f, e)| m.max((f - e).abs())) / largest
}

/// Fastest of five runs of each step, summed over steps of the same shapes.
fn print_profile(plan: &Plan, pixels: &[f32]) {
    let mut steps = plan.profile(&[pixels], 1).unwrap();
    for _ in 0..4 {
        let again = plan.profile(&[pixels], 1).unwrap();
        steps.iter_mut().zip(again).for_each(|(step, other)| step.time = step.time.min(other.time));
    }
    let mut rows: Vec<(String, usize, f64, usize)> = Vec::new();
    for step in steps {
        let (time, products) = (step.time.as_secs_f64(), step.multiply_adds);
        match rows.iter_mut().find(|row| row.0 == step.label) {
            Some(row) => (row.1, row.2, row.3) = (row.1 + 1, row.2 + time, row.3 + products),
            None => rows.push((step.label, 1, time, products)),
        }
    }
    rows.sort_by(|a, b| b.2.total_cmp(&a.2));
    println!("{:>4} {:>8} {:>8}  step", "n", "ms", "GFLOP/s");
    for (label, n, time, products) in rows {
        println!("{n:4} {:8.2} {:8.0}  {label}", time * 1e3, 2e-9 * products as f64 / time);
    }
}
