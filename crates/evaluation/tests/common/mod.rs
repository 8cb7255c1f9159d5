//! Golden tables of the survival crate.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use serde_json::Value;

pub fn golden(name: &str) -> Value {
    let folder = env!("CARGO_MANIFEST_DIR");
    let path = format!("{folder}/../survival/testdata/{name}.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}
