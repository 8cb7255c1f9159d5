//! How a run can be repeated.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vertebra_run::Machine;

/// How the run can be repeated.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunRecord {
    /// Name of the run folder.
    pub name: String,
    /// `quick`, `standard` or `paper`; with `, changed` when a configuration file was given.
    pub preset: String,
    /// Whether the cohort is the synthetic phantom.
    pub phantom: bool,
    /// The seed that every random choice derives from.
    pub seed: u64,
    /// Version of this software.
    pub version: String,
    /// Git revision it was built from, where known.
    pub revision: Option<String>,
    /// The device the networks ran on.
    pub device: String,
    /// The machine it ran on.
    #[serde(default)]
    pub machine: Machine,
    /// The command line, where a program ran it.
    #[serde(default)]
    pub command: Vec<String>,
    /// The resolved configuration, as TOML.
    pub config: String,
    /// SHA-256 of every file that was read, by path relative to the cohort folder.
    pub inputs: BTreeMap<String, String>,
    /// Wall-clock seconds by stage, in the order they ran.
    pub seconds: Vec<(String, f64)>,
}

impl RunRecord {
    /// The record of a run of this software: its name, preset and seed; the rest is empty.
    #[must_use]
    pub fn new(name: impl Into<String>, preset: impl Into<String>, seed: u64) -> Self {
        let (name, preset) = (name.into(), preset.into());
        Self {
            name,
            preset,
            seed,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..Self::default()
        }
    }
}
