//! Shapes and parameter counts of the published networks.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use burn::tensor::{Device, Tensor};
use vertebra_hrnet::{Error, HrnetConfig};

/// The count that the official code prints for `w32_256x192` (COCO, 17 keypoints).
#[test]
fn w32_with_17_keypoints_has_the_published_number_of_parameters() {
    let config = HrnetConfig::w32().with_in_channels(3).with_n_keypoints(17);
    let network = config.init(&Device::default()).unwrap();
    assert_eq!(network.n_parameters(), 28_536_113);
}

/// The official code's figure for `w48_256x192`: 63.6 M.
#[test]
fn w48_with_17_keypoints_has_the_published_number_of_parameters() {
    let config = HrnetConfig::w48().with_in_channels(3).with_n_keypoints(17);
    let network = config.init(&Device::default()).unwrap();
    assert_eq!(network.n_parameters(), 63_595_745);
}

#[test]
fn heatmaps_are_a_quarter_of_the_input() {
    let device = Device::default();
    let network = HrnetConfig::small(8).init(&device).unwrap();
    let x = Tensor::<4>::zeros([2, 1, 64, 96], &device);
    assert_eq!(network.features(x.clone()).dims(), [2, 8, 16, 24]);
    assert_eq!(network.forward(x).dims(), [2, 5, 16, 24]);
}

#[test]
fn settings_outside_their_domain_are_named() {
    let none = HrnetConfig::small(8).with_width(0);
    let error = none.init(&Device::default()).unwrap_err();
    assert!(matches!(error, Error::InvalidSetting { name: "network.width", .. }), "{error}");
    let two = HrnetConfig::small(8).with_in_channels(2).init(&Device::default()).unwrap_err();
    assert_eq!(two.to_string(), "network.in_channels: expected 1 or 3, got 2");
}
