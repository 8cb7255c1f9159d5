//! How the programs that work on a table say what they found.

#![allow(clippy::print_stderr)]

use serde_json::{Map, Value, json};
use std::fmt::Display;
use std::process::ExitCode;

/// Exit code 0, or one sentence on standard error and exit code 1.
pub fn exit_code(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", sentence(&error));
            ExitCode::FAILURE
        }
    }
}

/// An error with its causes, each said once: errors of the libraries name their cause themselves.
#[must_use]
pub fn sentence(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// An object in which each of `names` is null, and `"why"` says why.
#[must_use]
pub fn nothing(names: &[&str], why: &dyn Display) -> Value {
    let nulls = names.iter().map(|name| ((*name).to_owned(), Value::Null));
    let why = ("why".to_owned(), Value::from(why.to_string()));
    Value::Object(nulls.chain([why]).collect::<Map<_, _>>())
}

/// A value as JSON, or an object in which each of `names` is null and `"why"` says why.
#[must_use]
pub fn object<T: serde::Serialize, E: Display>(got: Result<T, E>, names: &[&str]) -> Value {
    match got {
        Ok(value) => json!(value),
        Err(why) => nothing(names, &why),
    }
}

/// `object` with one more entry.
#[must_use]
pub fn with(mut object: Value, name: &str, value: Value) -> Value {
    if let Value::Object(entries) = &mut object {
        entries.insert(name.to_owned(), value);
    }
    object
}

/// A sum of weights; without weights it is a count, and is written as one.
#[must_use]
pub fn count(sum: f64) -> Value {
    match sum.fract() == 0.0 && sum.abs() < 2f64.powi(53) {
        true => json!(sum as i64),
        false => json!(sum),
    }
}

/// A number with four decimals, or a dash.
#[must_use]
pub fn fixed(value: &Value) -> String {
    value.as_f64().map_or("-".to_owned(), |number| format!("{number:.4}"))
}

/// A P value: four decimals, two digits of it below that, or a dash.
#[must_use]
pub fn p_value(value: &Value) -> String {
    match value.as_f64() {
        Some(p) if p < 1e-4 => format!("{p:.1e}"),
        _ => fixed(value),
    }
}

/// A line of a table: label, value, standard error, interval; or why there is none.
#[must_use]
pub fn line(label: &str, object: &Value, name: &str) -> String {
    if let Some(why) = object["why"].as_str() {
        return format!("{label:<30} {:>8}   {why}", "-");
    }
    let cell = |name: &str| fixed(&object[name]);
    let interval = format!("{} to {}", cell("lower"), cell("upper"));
    format!("{label:<30} {:>8} {:>8}   {interval}", cell(name), cell("se"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::{Context, anyhow};

    #[test]
    fn a_cause_that_its_error_names_is_said_once() {
        let folder = tempfile::tempdir().unwrap();
        let device = burn::tensor::Device::default();
        let error = vertebra_study::TrainedModel::load(folder.path(), &device).unwrap_err();
        let text = sentence(&error.into());
        assert_eq!(text.matches("os error 2").count(), 1, "{text}");
        assert!(text.contains("model.json"), "{text}");
        let other = Err::<(), _>(anyhow!("no such row")).context("a.csv").unwrap_err();
        assert_eq!(sentence(&other), "a.csv: no such row");
    }
}
