//! JSON files of a model folder.

use crate::Error;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::Path;
use vertebra_run::write_whole;

pub(super) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), Error> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|e| malformed(path, "a value that JSON can hold", e))?;
    Ok(write_whole(path, text + "\n")?)
}

pub(super) fn read_json<T: DeserializeOwned>(path: &Path, expected: &str) -> Result<T, Error> {
    let text = std::fs::read_to_string(path).map_err(Error::io(path))?;
    serde_json::from_str(&text).map_err(|e| malformed(path, expected, e))
}

/// Checks the version of a file's layout before the rest of it is read.
///
/// # Errors
/// [`Error::SchemaVersion`] for another version.
pub(super) fn read_version(path: &Path, version: u32, expected: &str) -> Result<(), Error> {
    #[derive(Deserialize)]
    struct Version {
        schema_version: u32,
    }
    let Version { schema_version: got } = read_json(path, expected)?;
    match got == version {
        true => Ok(()),
        false => Err(Error::SchemaVersion { path: path.to_owned(), expected: version, got }),
    }
}

pub(super) fn malformed(path: &Path, expected: &str, got: impl ToString) -> Error {
    Error::Malformed { path: path.to_owned(), expected: expected.to_owned(), got: got.to_string() }
}
