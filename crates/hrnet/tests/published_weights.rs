//! Equal output to timm for the same weights (`testdata/timm_reference.py`: timm 1.0.31, torch
//! 2.15).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod common;

use burn::tensor::{Device, Tensor};
use common::{data, narrow, network, relative_difference, tensor};
use std::path::{Path, PathBuf};
use vertebra_hrnet::{Error, HrnetConfig, WeightScope};

fn output_differs_by(config: &HrnetConfig, weights: &Path, io: &Path) -> f64 {
    let x = Tensor::<4>::from_data(tensor(io, "input"), &Device::default());
    let y = network(config, weights).forward(x).into_data();
    relative_difference(&y, &tensor(io, "output"))
}

#[test]
fn output_equals_timm_for_both_file_formats() {
    for weights in ["narrow.pth", "narrow.safetensors"] {
        let difference =
            output_differs_by(&narrow(), &data(weights), &data("narrow_io.safetensors"));
        assert!(difference < 1e-5, "{weights}: {difference:e}");
    }
}

/// For the published widths, where `VERTEBRA_HRNET_REFERENCE` names a folder that
/// `testdata/timm_reference.py` has written all published networks to.
#[test]
fn output_equals_timm_at_published_widths() {
    let Some(folder) = std::env::var_os("VERTEBRA_HRNET_REFERENCE").map(PathBuf::from) else {
        println!("skipped: VERTEBRA_HRNET_REFERENCE is not set");
        return;
    };
    for (name, config) in [
        ("w18", HrnetConfig::w18()),
        ("w18_small_v2", HrnetConfig::w18_small_v2()),
        ("w32", HrnetConfig::w32()),
        ("w48", HrnetConfig::w48()),
    ] {
        for ending in ["pth", "safetensors"] {
            let io = folder.join(format!("{name}_io.safetensors"));
            let weights = folder.join(format!("{name}.{ending}"));
            let difference = output_differs_by(&config.clone().with_in_channels(3), &weights, &io);
            println!("{name}.{ending}: {difference:.2e}");
            assert!(difference < 1e-5, "{name}.{ending}: {difference:e}");
        }
    }
}

#[test]
fn one_channel_network_equals_grey_in_three_channels() {
    let device = Device::default();
    let three = network(&narrow(), &data("narrow.safetensors"));
    let one = network(&narrow().with_in_channels(1), &data("narrow.safetensors"));
    let grey = Tensor::<4>::from_data(tensor(&data("narrow_io.safetensors"), "input"), &device)
        .narrow(1, 0, 1);
    let expected = three.forward(grey.clone().repeat_dim(1, 3)).into_data();
    for network in [&one, &three] {
        let difference = relative_difference(&network.forward(grey.clone()).into_data(), &expected);
        assert!(difference < 1e-5, "{difference:e}");
    }
}

#[test]
fn saved_weights_are_read_back_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    let first = network(&narrow(), &data("narrow.pth"));
    first.save_weights(&path).unwrap();
    let again = network(&narrow(), &path);
    let x =
        Tensor::<4>::from_data(tensor(&data("narrow_io.safetensors"), "input"), &Device::default());
    assert_eq!(first.forward(x.clone()).into_data(), again.forward(x).into_data());
}

#[test]
fn wrong_and_partial_files_are_refused_with_all_names() {
    let device = Device::default();
    let deeper = narrow().with_n_bottlenecks(3).init(&device).unwrap();
    let error = deeper.load_weights(&data("narrow.pth"), WeightScope::All).unwrap_err();
    let Error::WeightsMismatch { missing, unexpected, mismatched, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(missing.len(), 15, "{missing:?}"); // 3 convolutions, 3 x 4 of normalisation
    assert!(missing.iter().all(|name| name.starts_with("layer1.2.")), "{missing:?}");
    assert!(unexpected.is_empty() && mismatched.is_empty());

    let shallower = narrow().with_n_bottlenecks(1).init(&device).unwrap();
    let error = shallower.load_weights(&data("narrow.safetensors"), WeightScope::All).unwrap_err();
    let Error::WeightsMismatch { missing, unexpected, .. } = error else { panic!("{error}") };
    assert!(missing.is_empty());
    assert!(unexpected.iter().all(|name| name.starts_with("layer1.1.")), "{unexpected:?}");

    let other_points = narrow().with_n_keypoints(17).init(&device).unwrap();
    let error = other_points.load_weights(&data("narrow.pth"), WeightScope::All).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("final_layer.bias (expected [17], got [5])"), "{text}");
}

#[test]
fn backbone_of_other_keypoints_loads_and_the_head_stays() {
    let device = Device::default();
    let fresh = narrow().with_n_keypoints(3).init(&device).unwrap();
    let x = Tensor::<4>::from_data(tensor(&data("narrow_io.safetensors"), "input"), &device);
    let head = fresh.head(Tensor::ones([1, 2, 2, 2], &device)).into_data();
    let loaded = fresh.load_weights(&data("narrow.pth"), WeightScope::Backbone).unwrap();
    assert_eq!(loaded.head(Tensor::ones([1, 2, 2, 2], &device)).into_data(), head);
    let whole = network(&narrow(), &data("narrow.pth"));
    assert_eq!(loaded.features(x.clone()).into_data(), whole.features(x).into_data());
}

#[test]
fn files_that_hold_no_weights_are_errors_that_name_them() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["text.pth", "text.safetensors", "text.onnx", "none.pth"] {
        let path = folder.path().join(name);
        if name != "none.pth" {
            std::fs::write(&path, "these are no weights").unwrap();
        }
        let network = narrow().init(&Device::default()).unwrap();
        let error = network.load_weights(&path, WeightScope::All).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
}
