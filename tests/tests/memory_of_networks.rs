//! How much memory a network takes beside its own weights while it is saved, read, planned and
//! exported. Alone in its file, because the allocator of its process counts.

#![allow(clippy::unwrap_used)] // in a test that is how it fails

#[path = "../../crates/radiograph/tests/support/heap.rs"]
mod heap;

use burn::tensor::Device;
use heap::peak_of;
use vertebra_hrnet::{DetectorConfig, HrnetConfig, KeypointDetector};

/// Beyond whole copies: one layer's weights, what is in work, and what is not weights.
const REST: f64 = 0.2;

#[test]
fn a_network_is_copied_no_more_often_than_its_result_needs() {
    let size = [64, 64];
    let config = DetectorConfig::paper().with_network(HrnetConfig::w18()).with_input_size(size);
    let network = config.network.init(&Device::flex()).unwrap().with_initial_weights(1);
    let weights = 4 * network.n_parameters();
    assert!(weights > 30 << 20, "{weights} bytes");
    let check = |what: &str, copies: f64, peak: usize| {
        let got = peak as f64 / weights as f64;
        assert!((copies..copies + REST).contains(&got), "{what}: {got:.2} times the weights");
    };
    let detector = KeypointDetector::new(network, config).unwrap();
    let folder = tempfile::tempdir().unwrap();

    // The tensors and the file.
    let ((), peak) = peak_of(|| detector.save(folder.path()).unwrap());
    check("saved", 2.0, peak);

    // The network's own.
    let load = || KeypointDetector::load(folder.path(), &Device::flex()).unwrap();
    let (detector, peak) = peak_of(load);
    check("read", 1.0, peak);

    // The packed ones: the graph shares the network's.
    let network = detector.network();
    let (_plan, peak) = peak_of(|| network.graph(1, size).unwrap().plan().unwrap());
    check("planned", 1.0, peak);

    // The file.
    let (file, peak) = peak_of(|| detector.to_onnx().unwrap());
    check("exported", 1.0, peak);
    assert!(file.len() > weights);
}
