//! The same outputs by every way a network can run on the CPU.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod common;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{DType, Device, Tensor, TensorData};
use common::{data, narrow, network, relative_difference, tensor};
use vertebra_conv::{Isa, PlanOptions};
use vertebra_hrnet::{DetectorConfig, Hrnet, HrnetConfig, KeypointDetector};
use vertebra_raster::Film;

/// Burn's own operations in f64, which the layers of vertebra-conv leave to burn.
struct Double;

impl ModuleMapper for Double {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| tensor.cast(DType::F64))
    }
}

/// Statistics and parameters of normalisation far from 0 and 1, so that each of them matters.
#[derive(Default)]
struct Randomised {
    path: Vec<String>,
    state: u64,
}

impl Randomised {
    fn next(&mut self) -> f32 {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 40) as f32 / (1u64 << 24) as f32
    }
}

impl ModuleMapper for Randomised {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (low, high) = match self.path.last().map(String::as_str) {
            Some("running_var") => (0.5, 2.0),
            Some("gamma") => (0.5, 1.5),
            Some("running_mean" | "beta") => (-0.4, 0.4),
            _ => return param,
        };
        param.map(|old| {
            let shape = old.shape();
            let n = shape.num_elements();
            let values: Vec<f32> = (0..n).map(|_| low + (high - low) * self.next()).collect();
            Tensor::from_data(TensorData::new(values, shape), &old.device())
        })
    }
}

fn randomised(config: &HrnetConfig) -> Hrnet {
    let network = config.init(&Device::default()).unwrap().with_initial_weights(11);
    network.map(&mut Randomised::default())
}

fn picture(shape: [usize; 4]) -> Tensor<4> {
    let n = shape.iter().product();
    let pixels = (0..n).map(|i| ((i * i * 31 + i * 17) % 997) as f32 / 400.0 - 1.2);
    Tensor::from_data(TensorData::new(pixels.collect::<Vec<f32>>(), shape), &Device::default())
}

/// Burn's output in f64, and the largest differences of op and plan from it, over the largest
/// output. Takes the network, because copies share their running statistics, which become f64.
fn differences(network: Hrnet, x: Tensor<4>, options: PlanOptions) -> (TensorData, [f64; 2]) {
    let [n, channels, height, width] = x.dims();
    let op = network.forward(x.clone()).into_data();
    let plan = network.graph(channels, [height, width]).unwrap().plan_with(options).unwrap();
    let double = network.map(&mut Double);
    let expected = double.forward(x.clone().cast(DType::F64)).into_data();
    let pixels: Vec<f32> = x.into_data().try_to_vec().unwrap();
    let heatmaps = plan.run(&[&pixels], n).unwrap();
    let heatmaps = TensorData::new(heatmaps, expected.shape().clone());
    let differences =
        [relative_difference(&op, &expected), relative_difference(&heatmaps, &expected)];
    (expected, differences)
}

#[test]
fn a_timm_network_gives_the_same_by_burn_op_and_plan() {
    let io = data("narrow_io.safetensors");
    for isa in [Isa::detect(), Isa::Portable] {
        let network = network(&narrow(), &data("narrow.safetensors"));
        let x = Tensor::<4>::from_data(tensor(&io, "input"), &Device::default());
        let options = PlanOptions::default().with_isa(isa);
        let (burn, [op, plan]) = differences(network, x, options);
        let burn = relative_difference(&burn, &tensor(&io, "output"));
        println!("{isa:?}: burn {burn:.1e} from timm; from burn op {op:.1e}, plan {plan:.1e}");
        assert!(burn < 1e-5 && op < 1e-5 && plan < 1e-4, "{burn:e}, {op:e}, {plan:e}");
    }
}

#[test]
fn random_networks_give_the_same_by_burn_op_and_plan() {
    for (config, shape) in [
        (HrnetConfig::small(8), [3, 1, 96, 64]),
        (HrnetConfig::small(5).with_in_channels(3), [2, 1, 32, 96]),
        (HrnetConfig::small(6).with_in_channels(3), [1, 3, 64, 64]),
    ] {
        for isa in [Isa::detect(), Isa::Avx2] {
            let options = PlanOptions::default().with_isa(isa);
            let (_, [op, plan]) = differences(randomised(&config), picture(shape), options);
            println!("{shape:?} {isa:?}: op {op:.1e}, plan {plan:.1e}");
            assert!(op < 1e-4 && plan < 1e-4, "{shape:?} {isa:?}: op {op:e}, plan {plan:e}");
        }
    }
}

/// Writes networks, inputs and outputs for `tests/onnx/compare.py` where `VERTEBRA_ONNX` names a
/// folder.
#[test]
fn networks_are_written_for_other_runtimes() {
    let Some(folder) = std::env::var_os("VERTEBRA_ONNX").map(std::path::PathBuf::from) else {
        println!("skipped: VERTEBRA_ONNX is not set");
        return;
    };
    std::fs::create_dir_all(&folder).unwrap();
    let timm = tensor(&data("narrow_io.safetensors"), "input");
    let timm = Tensor::<4>::from_data(timm, &Device::default());
    let narrow = network(&narrow(), &data("narrow.safetensors"));
    let grey = HrnetConfig::small(6).with_in_channels(3);
    for (name, network, x) in [
        ("narrow", narrow, timm),
        ("small", randomised(&HrnetConfig::small(8)), picture([3, 1, 96, 64])),
        ("grey", randomised(&grey), picture([2, 1, 64, 64])),
    ] {
        let [n, channels, height, width] = x.dims();
        let graph = network.graph(channels, [height, width]).unwrap();
        let pixels: Vec<f32> = x.into_data().try_to_vec().unwrap();
        let output = graph.plan().unwrap().run(&[&pixels], n).unwrap();
        std::fs::write(folder.join(format!("{name}.onnx")), graph.to_onnx(name, &[]).unwrap())
            .unwrap();
        for (what, values) in [("image", pixels), ("output", output)] {
            let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            std::fs::write(folder.join(format!("{name}.{what}.f32")), bytes).unwrap();
        }
    }
}

#[test]
fn detection_with_the_flip_test_is_the_mean_over_both_pictures() {
    let network = randomised(&HrnetConfig::small(8));
    let config = DetectorConfig::quick().with_input_size([96, 64]);
    let detector = KeypointDetector::new(network.clone(), config.clone()).unwrap();
    // A film of the input's size whose values are normalised already goes in as it is, but for
    // the clipping; so the reference takes a film and asks only for equal points.
    let pixels: Vec<f32> = picture([1, 1, 96, 64]).into_data().try_to_vec().unwrap();
    let mirrored: Vec<f32> = pixels.chunks(64).flat_map(|row| row.iter().rev().copied()).collect();
    let found = |detector: &KeypointDetector, pixels: &[f32]| {
        let film = Film { pixels, height: 96, width: 64, spacing_mm: None };
        detector.detect(film).unwrap()
    };
    let (straight, turned) = (found(&detector, &pixels), found(&detector, &mirrored));
    for (a, b) in straight.points().iter().zip(turned.points()) {
        assert!((a.x - (63.0 - b.x)).abs() < 1e-2 && (a.y - b.y).abs() < 1e-2, "{a:?}, {b:?}");
    }
    let without = found(&detector.clone().with_flip_test(false), &pixels);
    assert_ne!(without, straight);
    let again = KeypointDetector::new(network, config).unwrap();
    assert_eq!(found(&again, &pixels), straight, "a plan made anew gives the same bits");
}

#[test]
fn sizes_and_channels_of_the_graph_are_checked() {
    let network = HrnetConfig::small(4).init(&Device::default()).unwrap();
    let error = network.graph(1, [64, 80]).unwrap_err().to_string();
    assert_eq!(error, "size of the input: expected multiples of 32, got [64, 80]");
    assert!(network.graph(3, [64, 64]).is_err());
}

#[test]
fn the_exported_network_names_its_input_output_and_preprocessing() {
    let network = HrnetConfig::small(4).init(&Device::default()).unwrap();
    let config =
        DetectorConfig::quick().with_network(HrnetConfig::small(4)).with_input_size([64, 96]);
    let file = KeypointDetector::new(network, config).unwrap().to_onnx().unwrap();
    for text in ["image", "heatmaps", "batch", "preprocessing", "\"input_size\":[64,96]"] {
        assert!(file.windows(text.len()).any(|w| w == text.as_bytes()), "{text}");
    }
}
