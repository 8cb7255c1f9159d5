//! Where a network looked.

use serde::{Deserialize, Serialize};
use vertebra_keypoints::Level;

/// Where the network looked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SaliencyResults {
    /// The named methods.
    pub methods: Vec<String>,
    /// The explained model's name.
    pub model: String,
    /// Mean share of the whole positive map's mass by vertebra, test subjects with the event; what
    /// is missing to 1 lies near no vertebra.
    pub mass_with_event: Vec<(Level, f64)>,
    /// The same for test subjects without the event.
    pub mass_without_event: Vec<(Level, f64)>,
    /// Pictures, those with a later fracture first.
    pub pictures: Vec<Picture>,
}

/// A picture in the run folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Picture {
    /// Path relative to the run folder, `/` as separator.
    pub file: String,
    /// What is seen; never who.
    pub caption: String,
}

impl SaliencyResults {
    /// Maps of a model by these methods; no mass and no picture yet.
    #[must_use]
    pub fn new<S: Into<String>>(
        model: impl Into<String>,
        methods: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            methods: methods.into_iter().map(Into::into).collect(),
            model: model.into(),
            mass_with_event: Vec::new(),
            mass_without_event: Vec::new(),
            pictures: Vec::new(),
        }
    }
}

impl Picture {
    /// A picture by its path relative to the run folder, and what is seen.
    #[must_use]
    pub fn new(file: impl Into<String>, caption: impl Into<String>) -> Self {
        Self { file: file.into(), caption: caption.into() }
    }
}
