//! Where a network looked.

use super::MapCheck;
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
    /// Test subjects whose films and maps are shown, those with a later fracture first.
    pub shown: Vec<ShownSubject>,
    /// Predicted risk of all test subjects, beside which theirs is drawn.
    pub cohort_risk: Vec<CohortRisk>,
    /// What the maps are worth, by method.
    #[serde(default)]
    pub checks: Vec<MapCheck>,
}

/// A test subject whose film and maps are shown; nothing tells who it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ShownSubject {
    /// Why this one, e.g. `With a later fracture, highest predicted risk`.
    pub why: String,
    /// Whether a fracture was seen.
    pub event: bool,
    /// Follow-up, or time of the fracture, years.
    pub time: f64,
    /// The model's log hazard.
    pub log_hazard: f64,
    /// The part of the baseline film around the spine, and the points on it.
    pub film: ShownFilm,
    /// What the network sees, drawn finer than it sees it: path relative to the run folder.
    pub aligned: String,
    /// The same with a map laid over.
    pub maps: Vec<ShownMap>,
    /// Predicted risk by the times of [`SaliencyResults::cohort_risk`].
    pub risk: Vec<f64>,
}

/// A part of a film with its points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ShownFilm {
    /// Path relative to the run folder.
    pub file: String,
    /// Its height and width, px.
    pub size: [usize; 2],
    /// Centres of L1 to L5 as they were used for alignment, `(x, y)` in px of this picture.
    pub points: [(f64, f64); 5],
}

/// A heat map laid over what a network sees: red raises the log hazard, blue lowers it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ShownMap {
    /// The method, e.g. `Grad-CAM`.
    pub method: String,
    /// Path relative to the run folder.
    pub file: String,
    /// Least and greatest value of the map.
    pub range: [f32; 2],
}

/// Predicted risk of all test subjects by one time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CohortRisk {
    /// Years.
    pub time: f64,
    /// 5th, 25th, 50th, 75th and 95th percentile.
    pub percentiles: [f64; 5],
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
    /// Maps of a model by these methods; no mass and no subject yet.
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
            shown: Vec::new(),
            cohort_risk: Vec::new(),
            checks: Vec::new(),
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

impl ShownSubject {
    /// A subject's film and what the network sees of it; no map and no risk yet.
    #[must_use]
    pub fn new(
        why: impl Into<String>,
        (event, time): (bool, f64),
        log_hazard: f64,
        film: ShownFilm,
        aligned: impl Into<String>,
    ) -> Self {
        let (why, aligned) = (why.into(), aligned.into());
        Self { why, event, time, log_hazard, film, aligned, maps: Vec::new(), risk: Vec::new() }
    }
}

impl ShownFilm {
    /// A picture of this size with its points.
    #[must_use]
    pub fn new(file: impl Into<String>, size: [usize; 2], points: [(f64, f64); 5]) -> Self {
        Self { file: file.into(), size, points }
    }
}

impl ShownMap {
    /// A map by its method, its picture, and its least and greatest value.
    #[must_use]
    pub fn new(method: impl Into<String>, file: impl Into<String>, range: [f32; 2]) -> Self {
        Self { method: method.into(), file: file.into(), range }
    }
}

impl CohortRisk {
    /// Percentiles of these risks by `time`; `None` without any.
    #[must_use]
    pub fn of(time: f64, mut risks: Vec<f64>) -> Option<Self> {
        risks.sort_unstable_by(f64::total_cmp);
        let last = risks.len().checked_sub(1)?;
        let at = |share: f64| risks[(share * last as f64).round() as usize];
        Some(Self { time, percentiles: [0.05, 0.25, 0.5, 0.75, 0.95].map(at) })
    }
}
