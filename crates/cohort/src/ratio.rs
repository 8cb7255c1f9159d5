//! Height ratios of the lumbar vertebrae on one lateral film.

use serde::{Deserialize, Serialize};
use std::fmt;
use vertebra_keypoints::{Level, VertebralHeights};

/// Heights of L1..L5 on one film, mm (ratios need no calibration); `None` = not measured.
pub type FilmHeights = [Option<VertebralHeights>; 5];

/// A ratio that falls when a vertebra collapses. Ha, Hm, Hp: anterior, middle, posterior height.
/// Closed: these are the ratios of the paper's rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum HeightRatio {
    /// Ha/Hp: wedge.
    #[serde(rename = "Ha/Hp")]
    AnteriorPosterior,
    /// Hm/Hp: biconcave.
    #[serde(rename = "Hm/Hp")]
    MiddlePosterior,
    /// Hp over Hp of the next vertebra above: crush.
    #[serde(rename = "Hp/Hp_above")]
    PosteriorAbove,
    /// Hp over Hp of the next vertebra below: crush.
    #[serde(rename = "Hp/Hp_below")]
    PosteriorBelow,
}

impl HeightRatio {
    /// All four, in the order of the paper's Methods.
    pub const ALL: [Self; 4] = [
        Self::AnteriorPosterior,
        Self::MiddlePosterior,
        Self::PosteriorAbove,
        Self::PosteriorBelow,
    ];

    /// As a reference table names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        ["Ha/Hp", "Hm/Hp", "Hp/Hp_above", "Hp/Hp_below"][self as usize]
    }

    /// Its value at a level; `None` when a height it needs was not measured, as for the vertebra
    /// above L1 and below L5.
    #[must_use]
    pub fn value(self, film: &FilmHeights, level: Level) -> Option<f64> {
        let own = film[level.index()]?;
        let neighbour =
            |offset: isize| film.get(level.index().checked_add_signed(offset)?)?.as_ref();
        let (top, bottom) = match self {
            Self::AnteriorPosterior => (own.anterior, own.posterior),
            Self::MiddlePosterior => (own.middle, own.posterior),
            Self::PosteriorAbove => (own.posterior, neighbour(-1)?.posterior),
            Self::PosteriorBelow => (own.posterior, neighbour(1)?.posterior),
        };
        let ratio = top / bottom;
        ratio.is_finite().then_some(ratio)
    }
}

impl fmt::Display for HeightRatio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
