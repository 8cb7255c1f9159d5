//! The committed narrow network and its reference.

#![allow(clippy::unwrap_used, dead_code, missing_docs, unreachable_pub)]

use burn::store::{ModuleStore, SafetensorsStore};
use burn::tensor::{Device, TensorData};
use std::path::{Path, PathBuf};
use vertebra_hrnet::{Hrnet, HrnetConfig, StageConfig, WeightScope};

pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

pub fn narrow() -> HrnetConfig {
    let stages =
        [[1, 2], [1, 1], [2, 1]].map(|[modules, blocks]| StageConfig::new(modules, blocks));
    HrnetConfig::small(2)
        .with_in_channels(3)
        .with_stem_width(4)
        .with_n_bottlenecks(2)
        .with_stages(stages)
}

pub fn network(config: &HrnetConfig, weights: &Path) -> Hrnet {
    let network = config.init(&Device::default()).unwrap();
    network.load_weights(weights, WeightScope::All).unwrap()
}

pub fn tensor(path: &Path, name: &str) -> TensorData {
    let mut store = SafetensorsStore::from_file(path);
    let tensor = store.get_tensor(name).unwrap().unwrap();
    TensorData::from_bytes(tensor.to_bytes().unwrap(), tensor.shape.clone(), tensor.dtype)
}

/// Largest difference over the largest magnitude of the expected values.
pub fn relative_difference(got: &TensorData, expected: &TensorData) -> f64 {
    assert_eq!(got.shape(), expected.shape());
    let pairs = got.iter::<f64>().zip(expected.iter::<f64>());
    let difference = pairs.map(|(g, e)| (g - e).abs()).fold(0.0, f64::max);
    difference / expected.iter::<f64>().map(f64::abs).fold(0.0, f64::max)
}
