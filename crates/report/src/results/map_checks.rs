//! What heat maps are worth.

use serde::{Deserialize, Serialize};

/// What the maps of one method are worth, in means over some test subjects; `None` where a map did
/// not exist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MapCheck {
    /// The method, e.g. `Grad-CAM`.
    pub method: String,
    /// Subjects that were looked at.
    pub n: usize,
    /// Rank correlation of the maps with those of the same network with random weights: near 1 the
    /// method shows the picture, not what was learnt.
    pub random_weights: Option<f64>,
    /// The same with those of a network that was trained on shuffled outcomes.
    pub shuffled_outcomes: Option<f64>,
    /// Share of the mass of both signs on the vertebrae, within half the distance of two centres of
    /// theirs: of the network, with random weights, trained on shuffled outcomes.
    pub on_vertebrae: [Option<f64>; 3],
    /// Share of the pictures that lies there: what a map that knows nothing would have.
    pub area_of_vertebrae: Option<f64>,
    /// Mean log hazard while pixels are deleted in the order of the map, less that in a random order:
    /// below 0 where the map is right.
    pub deletion: Option<f64>,
    /// The same while they are inserted: above 0 where it is right.
    pub insertion: Option<f64>,
}

impl MapCheck {
    /// A method and how many subjects were looked at; no figure yet.
    #[must_use]
    pub fn new(method: impl Into<String>, n: usize) -> Self {
        Self {
            method: method.into(),
            n,
            random_weights: None,
            shuffled_outcomes: None,
            on_vertebrae: [None; 3],
            area_of_vertebrae: None,
            deletion: None,
            insertion: None,
        }
    }
}
