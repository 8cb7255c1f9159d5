//! Where a network looked.

use serde::{Deserialize, Serialize};
use vertebra_keypoints::Level;

/// Where the network looked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
pub struct Picture {
    /// Path relative to the run folder, `/` as separator.
    pub file: String,
    /// What is seen; never who.
    pub caption: String,
}
