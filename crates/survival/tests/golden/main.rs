//! Values of R and its packages on public data sets; see `testdata/README.md`.
#![allow(clippy::unwrap_used, clippy::panic)] // in a test that is how it fails

mod bootstrap;
mod calibration;
mod competing;
mod concordance;
mod curves;
mod dependence;
mod horizon;
mod likelihood;
mod log_rank;
mod losses;
mod reclassification;
mod training_censoring;
mod u_statistic;

use serde_json::Value;
use vertebra_survival::Outcomes;

/// A data set with the reference values computed from it.
struct Golden(Value);

impl Golden {
    /// The values in `testdata`, of whose long columns some rows were left out. Where the whole
    /// ones lie beside the repository they take their place.
    fn read(name: &str) -> Self {
        let folder = env!("CARGO_MANIFEST_DIR");
        let json = |path: String| {
            Some(serde_json::from_str(&std::fs::read_to_string(path).ok()?).unwrap())
        };
        let mut values: Value = json(format!("{folder}/testdata/{name}.json")).unwrap();
        let file = if name == "gbsg2" { "sksurv_gbsg2" } else { name };
        if let Some(whole) = json(format!("{folder}/../../../shared/goldens/{file}.json")) {
            overlay(&mut values, &whole);
        }
        Self(values)
    }

    /// The value at a path such as `/km/all/surv`.
    fn at(&self, path: &str) -> &Value {
        self.0.pointer(path).unwrap_or_else(|| panic!("no golden value {path}"))
    }

    fn number(&self, path: &str) -> f64 {
        self.at(path).as_f64().unwrap_or_else(|| self.at(path)[0].as_f64().unwrap())
    }

    fn numbers(&self, path: &str) -> Vec<f64> {
        numbers(self.at(path))
    }

    fn column(&self, name: &str) -> Vec<f64> {
        self.numbers(&format!("/data/{name}"))
    }

    fn labels(&self, name: &str) -> Vec<usize> {
        self.column(name).into_iter().map(|v| v as usize).collect()
    }

    fn outcomes(&self) -> Outcomes {
        self.outcomes_of("time", "status")
    }

    fn outcomes_of(&self, time: &str, event: &str) -> Outcomes {
        let event = self.column(event).iter().map(|&e| e > 0.0).collect();
        Outcomes::new(self.column(time), event).unwrap()
    }
}

/// Puts the entries of `whole` over those of `values`; the columns of the data set are in
/// `testdata` only.
fn overlay(values: &mut Value, whole: &Value) {
    match (values, whole) {
        (Value::Object(values), Value::Object(whole)) => {
            for (key, entry) in whole.iter().filter(|(key, _)| *key != "data") {
                overlay(values.entry(key).or_insert(Value::Null), entry);
            }
        }
        (values, whole) => *values = whole.clone(),
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

/// The columns named, added with these factors.
fn linear(golden: &Golden, terms: &[(&str, f64)]) -> Vec<f64> {
    let columns: Vec<_> = terms.iter().map(|(name, b)| (golden.column(name), b)).collect();
    (0..columns[0].0.len()).map(|i| columns.iter().map(|(c, b)| c[i] * *b).sum()).collect()
}

#[track_caller]
fn assert_close(what: &str, got: f64, expected: f64, tolerance: f64) {
    let scale = expected.abs().max(1e-300);
    assert!(
        (got - expected).abs() <= tolerance * scale.max(f64::MIN_POSITIVE) || got == expected,
        "{what}: got {got}, expected {expected}, relative difference {:e}",
        (got - expected).abs() / scale
    );
}

#[track_caller]
fn assert_all_close(what: &str, got: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(got.len(), expected.len(), "{what}: lengths");
    for (k, (g, e)) in got.iter().zip(expected).enumerate() {
        assert_close(&format!("{what}[{k}]"), *g, *e, tolerance);
    }
}

/// For values that cancel to nearly 0, so that a relative difference means nothing.
#[track_caller]
fn assert_all_near(what: &str, got: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(got.len(), expected.len(), "{what}: lengths");
    for (k, (g, e)) in got.iter().zip(expected).enumerate() {
        assert!((g - e).abs() <= tolerance, "{what}[{k}]: got {g}, expected {e}");
    }
}
