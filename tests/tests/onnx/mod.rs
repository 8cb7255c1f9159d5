//! `examples/onnx_reference.py` beside `predict`, where Python has onnxruntime: the interpreter of
//! VERTEBRA_PYTHON, else `python3`.

#![allow(clippy::print_stderr)] // what is skipped is said

use std::path::Path;
use std::process::Command;
use vertebra_keypoints::Facing;
use vertebra_study::TrainedModel;

/// Points within 0.05 px of the film and the log hazard within 1e-4.
pub(crate) fn reference_says_the_same(
    model: &TrainedModel,
    film: &Path,
    covariates: &[Option<f64>],
) {
    let python = std::env::var("VERTEBRA_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let modules = ["-c", "import numpy, onnxruntime, PIL"];
    if !Command::new(&python).args(modules).output().is_ok_and(|o| o.status.success()) {
        eprintln!("skipped: no onnxruntime");
        return;
    }
    let expected = model.predict_file(film, covariates).unwrap();
    let folder = film.with_extension("onnx");
    model.export_onnx(&folder).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/onnx_reference.py");
    let facing = expected.found.facing.map(|decided| decided.facing);
    let side = if facing == Some(Facing::Right) { "right" } else { "left" };
    let named = model.description().covariates.iter().zip(covariates);
    let given = named.filter_map(|((name, _), value)| Some(format!("{name}={}", (*value)?)));
    let mut program = Command::new(&python);
    program.arg(script).arg(&folder).arg(film).arg(side).args(given);
    let output = program.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let got: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for (got, point) in
        got["keypoints"].as_array().unwrap().iter().zip(expected.found.keypoints.points())
    {
        let (x, y) = (got[0].as_f64().unwrap(), got[1].as_f64().unwrap());
        assert!((x - point.x).hypot(y - point.y) < 0.05, "({x}, {y}), expected {point:?}");
    }
    let log_hazard = got["log_hazard"].as_f64().unwrap();
    let difference = log_hazard - expected.log_hazard;
    assert!(difference.abs() < 1e-4, "{log_hazard}, expected {}", expected.log_hazard);
}
