//! `predict` with the folder of a keypoint detector alone, and without a folder.

#![allow(clippy::unwrap_used)] // in a test that is how it fails

use burn::tensor::Device;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use vertebra_hrnet::{DetectorCalibration, DetectorConfig, KeypointDetector};
use vertebra_keypoints::ConfidenceCalibration;
use vertebra_radiograph::{Film, Radiograph, Spacing, write_png16};

/// A detector that knows nothing, `film.png` of 240 x 130 px, and what is found on it.
fn folder(least_seen: f64) -> (tempfile::TempDir, [(f64, f64); 5]) {
    let folder = tempfile::tempdir().unwrap();
    let pixels: Vec<f32> = (0..240 * 130).map(|i| (i % 97) as f32 / 96.0).collect();
    let film = Radiograph::new(240, 130, pixels, Spacing::UNKNOWN).unwrap();
    let path = folder.path().join("film.png");
    write_png16(&path, &film).unwrap();
    let config = DetectorConfig::quick().with_input_size([64, 64]);
    let network = config.network.init(&Device::default()).unwrap().with_initial_weights(3);
    let map = ConfidenceCalibration::fit(&[least_seen, 1.0], &[true, true]).unwrap();
    let detector = KeypointDetector::new(network, config)
        .unwrap()
        .with_calibration(DetectorCalibration::new(4.0, map));
    detector.save(&folder.path().join("detector")).unwrap();
    let film = Radiograph::open(&path).unwrap();
    let found = detector.detect(Film::from(&film)).unwrap().points().map(|p| (p.x, p.y));
    (folder, found)
}

fn predict(folder: &Path, arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_predict"));
    program.current_dir(folder).args(arguments).output().unwrap()
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_detector_alone_gives_points_and_how_probable_they_are() {
    let (folder, found) = folder(0.0);
    let arguments = ["--model", "detector", "film.png", "--json", "--overlay", "pictures"];
    let value = json(&predict(folder.path(), &arguments));
    for (point, (x, y)) in value["keypoints"].as_array().unwrap().iter().zip(found) {
        let (got_x, got_y) = (point["x"].as_f64().unwrap(), point["y"].as_f64().unwrap());
        assert!((got_x - x).hypot(got_y - y) < 1e-6, "{point}, expected ({x}, {y})");
    }
    assert_eq!(value["keypoints_found"]["probability"], 1.0);
    assert_eq!(value["keypoints_found"]["within_mm"], 4.0);
    assert!(value["log_hazard"].is_null() && value["why"].is_string(), "{value}");
    assert!(folder.path().join("pictures/film.png.png").exists());
}

#[test]
fn a_film_less_certain_than_all_that_were_seen_gets_no_probability() {
    let (folder, _) = folder(0.99);
    let value = json(&predict(folder.path(), &["--model", "detector", "film.png", "--json"]));
    let found = &value["keypoints_found"];
    assert!(found["probability"].is_null(), "{found}");
    assert!(found["why"].as_str().unwrap().starts_with("less certain than every film"), "{found}");
    let text = predict(folder.path(), &["--model", "detector", "film.png"]).stdout;
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("all points within 4 mm: not known, less certain"), "{text}");
}

#[test]
fn a_folder_that_is_not_there_is_one_sentence() {
    let (folder, _) = folder(0.0);
    let output = predict(folder.path(), &["--model", "none", "film.png"]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text, "error: none/model.json: No such file or directory (os error 2)\n");
    assert_eq!(output.status.code(), Some(1));
}
