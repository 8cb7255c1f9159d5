//! `predict` with the folder of a keypoint detector alone, and without a folder.

#![allow(clippy::unwrap_used)] // in a test that is how it fails

use burn::tensor::Device;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use vertebra_hrnet::{DetectorCalibration, DetectorConfig, KeypointDetector, Trust};
use vertebra_keypoints::{AnnotationSet, ConfidenceCalibration};
use vertebra_phantom::{PhantomConfig, generate};
use vertebra_radiograph::{Film, Radiograph, Spacing, write_png16};

fn place(point: &Value) -> (f64, f64) {
    (point["x"].as_f64().unwrap(), point["y"].as_f64().unwrap())
}

/// Takes every film for a lateral lumbar one with all points right.
fn trusting() -> Trust {
    let sure = json!({"constant": 9.0, "terms": []});
    let maps = json!({
        "view": sure, "upright": sure, "points": sure,
        "view_limit": 0.3, "upright_limit": 0.5, "points_limit": 0.5,
    });
    serde_json::from_value(maps).unwrap()
}

/// A detector that knows nothing, `film.png` of 240 x 130 px, and what is found on it; with
/// `strict/` for the same detector that trusts its points as far as detectors usually do.
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
    detector.save(&folder.path().join("strict")).unwrap();
    let film = Radiograph::open(&path).unwrap();
    let found = detector.detect(Film::from(&film)).unwrap().points().map(|p| (p.x, p.y));
    detector.with_trust(trusting()).save(&folder.path().join("detector")).unwrap();
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
    assert!(value["trust"]["points_right"].as_f64().unwrap() > 0.99, "{value}");
    assert!(folder.path().join("pictures/film.png").exists());
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
    assert_eq!(text, "error: none/models.json: No such file or directory (os error 2)\n");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_device_that_is_not_there_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let output = predict(folder.path(), &["--device", "gpu", "film.png"]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text, "error: --device gpu: expected one of cuda, wgpu, ndarray, flex\n");
    let mut program = Command::new(env!("CARGO_BIN_EXE_predict"));
    let output = program.env("BURN_DEVICE", "tpu").arg("film.png").output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text, "error: BURN_DEVICE=tpu: expected one of cuda, wgpu, ndarray, flex\n");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_film_that_is_no_lumbar_one_is_refused_and_points_can_be_forced() {
    let (folder, _) = folder(0.0);
    let output = predict(folder.path(), &["--model", "strict", "film.png", "--json"]);
    let value = json(&output);
    assert_eq!((&value["ok"], &value["reasons"][0]), (&json!(false), &json!("not_lateral_lumbar")));
    assert!(value["verdict"].as_str().unwrap().starts_with("not a lateral lumbar film"));
    assert!(value["keypoints"].is_null() && value["risk"] == json!([]), "{value}");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with("device: burn "), "{text}");
    assert_eq!(text.lines().nth(1), Some("the verdict on 1 of 1 radiographs is not ok"));
    let forced = ["--model", "strict", "film.png", "--json", "--force"];
    let value = json(&predict(folder.path(), &forced));
    assert_eq!((&value["ok"], &value["forced"]), (&json!(false), &json!(true)));
    assert_eq!(value["keypoints"].as_array().unwrap().len(), 5);
}

#[test]
fn the_exit_code_says_whether_any_film_could_be_read() {
    let (folder, _) = folder(0.0);
    std::fs::write(folder.path().join("broken.dcm"), "no film").unwrap();
    let both = predict(folder.path(), &["--model", "detector", "broken.dcm", "film.png"]);
    assert_eq!(both.status.code(), Some(0));
    let text = String::from_utf8(both.stdout).unwrap();
    assert!(text.contains("broken.dcm\n  verdict: not ok, cannot be read: broken.dcm:"), "{text}");
    let none =
        predict(folder.path(), &["--model", "detector", "broken.dcm", "absent.png", "--json"]);
    assert_eq!(none.status.code(), Some(3));
    let text = String::from_utf8(none.stdout).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["reasons"], json!(["unreadable"]), "{value}");
    }
}

#[test]
fn a_folder_is_a_table_with_a_row_per_film_in_order_whatever_the_jobs() {
    let (folder, _) = folder(0.0);
    std::fs::create_dir_all(folder.path().join("films/deep")).unwrap();
    for name in ["b.png", "a.png", "deep/a.png"] {
        let to = folder.path().join("films").join(name);
        std::fs::copy(folder.path().join("film.png"), to).unwrap();
    }
    std::fs::write(folder.path().join("films/readme.txt"), "no film").unwrap();
    let arguments = ["--model", "detector", "films", "--csv", "--overlay", "pictures"];
    let output = predict(folder.path(), &arguments);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let files: Vec<&str> = text.lines().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(files, ["file", "films/a.png", "films/b.png", "films/deep/a.png"]);
    let width = text.lines().next().unwrap().split(',').count();
    assert!(text.starts_with("file,ok,reasons,forced,lateral_lumbar,points_right,L1_x,"), "{text}");
    assert!(width > 20, "{text}");
    for name in ["films-a.png", "b.png", "deep-a.png"] {
        assert!(folder.path().join("pictures").join(name).exists(), "{name}");
    }
    let one = predict(folder.path(), &["--model", "detector", "films", "--csv", "--jobs", "1"]);
    assert_eq!(String::from_utf8(one.stdout).unwrap(), text);
}

#[test]
fn standard_input_is_a_film_or_a_list_of_films() {
    let (folder, _) = folder(0.0);
    let with_input = |bytes: &[u8]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_predict"));
        program.current_dir(folder.path()).args(["--model", "detector", "-", "--json"]);
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = program.spawn().unwrap();
        running.stdin.take().unwrap().write_all(bytes).unwrap();
        running.wait_with_output().unwrap()
    };
    let file = json(&predict(folder.path(), &["--model", "detector", "film.png", "--json"]));
    let bytes = std::fs::read(folder.path().join("film.png")).unwrap();
    let film = json(&with_input(&bytes));
    assert_eq!((&film["file"], &film["keypoints"]), (&json!("-"), &file["keypoints"]));
    assert_eq!(json(&with_input(b"film.png\n")), file);
}

#[test]
fn without_a_model_the_detector_of_the_project_answers() {
    let (folder, _) = folder(0.0);
    let value = json(&predict(folder.path(), &["film.png", "--json"]));
    // Stripes are no spine.
    assert_eq!((&value["ok"], &value["keypoints"]), (&json!(false), &json!(null)), "{value}");
    assert!(value["trust"]["lateral_lumbar"].is_f64(), "{value}");
}

#[test]
fn points_found_in_integers_are_near_those_found_in_floats() {
    let folder = tempfile::tempdir().unwrap();
    let cohort = PhantomConfig::quick().with_subjects(8).with_seed(5);
    generate(&cohort, folder.path().join("cohort"), &mut |_| {}).unwrap();
    let film = "cohort/radiographs/P0001_0.dcm";
    let points = |arguments: &[&str]| {
        let output = predict(folder.path(), arguments);
        let value = json(&output);
        let points = value["keypoints"].as_array().unwrap().iter().map(place).collect();
        (points, value["int8"] == json!(true), String::from_utf8(output.stderr).unwrap())
    };
    let (exact, plain, _): (Vec<(f64, f64)>, _, _) = points(&[film, "--force", "--json"]);
    let (found, marked, said) = points(&[film, "--force", "--json", "--int8"]);
    for ((x, y), (a, b)) in exact.iter().zip(&found) {
        assert!((x - a).hypot(y - b) < 2.0, "{exact:?}, {found:?}");
    }
    let detector = KeypointDetector::shipped(&Device::default()).unwrap().with_int8(true);
    assert_eq!((found != exact, marked, plain), (detector.is_int8(), detector.is_int8(), false));
    assert_ne!(said.contains("--int8: no such products here"), detector.is_int8(), "{said}");
}

#[test]
fn found_points_are_read_back_from_the_file_of_every_tool_and_stand_on_a_page() {
    let (folder, _) = folder(0.0);
    std::fs::create_dir(folder.path().join("marks")).unwrap();
    let cohort = PhantomConfig::quick().with_subjects(8).with_seed(5);
    generate(&cohort, folder.path().join("cohort"), &mut |_| {}).unwrap();
    let film = "cohort/radiographs/P0001_0.dcm";
    let value = json(&predict(folder.path(), &[film, "--force", "--json"]));
    let found: Vec<(f64, f64)> = value["keypoints"].as_array().unwrap().iter().map(place).collect();
    for (file, format) in
        [("a.json", "coco"), ("a.xml", ""), ("b.xml", "cvat"), ("b.json", "label-studio")]
    {
        let to = format!("marks/{file}");
        let mut arguments = vec![film, "--force", "--annotations", &to];
        if !format.is_empty() {
            arguments.extend(["--annotation-format", format]);
        }
        let output = predict(folder.path(), &arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let set = AnnotationSet::read(folder.path().join(&to)).unwrap();
        let name = format!("../{film}");
        let read = set.get(&name).unwrap_or_else(|| panic!("{to}: {set:?}"));
        assert_eq!(read.size, Some([512, 416]));
        for (got, (x, y)) in read.keypoints.points().iter().zip(&found) {
            assert!((got.x - x).hypot(got.y - y) < 1e-6, "{to}: {got:?}, expected ({x}, {y})");
        }
    }
    let arguments = [film, "--force", "--annotate", "page.html"];
    assert!(predict(folder.path(), &arguments).status.success());
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.contains(&format!("\"points\":[[{},{}]", found[0].0, found[0].1)), "the points");
    let arguments = ["--model", "strict", "film.png", "--annotate", "page.html"];
    assert!(predict(folder.path(), &arguments).status.success());
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.contains("\"file_name\":\"film.png\",\"size\":[240,130]"), "the film");
    assert!(page.contains("\"points\":null,\"remark\":\"Verdict: not a lateral lumbar film"));
    let none = ["--model", "strict", "film.png", "--annotations", "none.json"];
    let output = predict(folder.path(), &none);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("film.png: not in none.json, as there are no points"), "{text}");
    assert!(text.contains("no film has points: none.json is not written"), "{text}");
    assert!(!folder.path().join("none.json").exists());
}
