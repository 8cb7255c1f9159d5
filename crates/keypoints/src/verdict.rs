//! One verdict per film: whether what is said of it may be used, and if not, why.
//!
//! A wrong number about a patient is worse than none. Whoever finds points or predicts a risk
//! therefore collects every [`Doubt`] about a film in one [`Verdict`]; where that is not ok, no
//! risk is given unless the user insists.

use crate::{Implausibility, Level};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is wrong with a film, or with what was found on it; `Display` says it in words, and in
/// JSON `code` names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Doubt {
    /// The file cannot be read as a film, or the film cannot be taken.
    Unreadable {
        /// What the reader said; it names the file.
        message: String,
    },
    /// It is probably no lateral film of the lumbar spine. Points found on it mean nothing.
    NotLateralLumbar {
        /// Probability that it is one.
        probability: f64,
        /// The least probability that is accepted.
        limit: f64,
    },
    /// It is probably upside down, or mirrored upside down.
    UpsideDown {
        /// Probability that it is upright.
        probability: f64,
        /// The least probability that is accepted.
        limit: f64,
    },
    /// The points are probably not those of L1 to L5.
    PointsNotTrusted {
        /// Probability that all five lie in the vertebrae they are named after.
        probability: f64,
        /// The least probability that is accepted.
        limit: f64,
        /// The level found with the least confidence.
        weakest: Level,
        /// That confidence.
        confidence: f64,
        /// Where the labels lie if they are off by one.
        likelier: Shift,
        /// By how much the chain fits better than the chain one vertebra further that way, on the
        /// scale of log likelihoods; near 0 the levels are a guess. See
        /// [`LevelMargins`](crate::LevelMargins).
        margin: f64,
    },
    /// The points contradict each other.
    Implausible {
        /// How.
        what: Implausibility,
    },
    /// The points cannot be used to align the film.
    NotAlignable {
        /// What the alignment said.
        message: String,
    },
    /// A number lies outside all that the risk model was trained on.
    OutsideTraining {
        /// Which.
        name: String,
        /// What it is here.
        value: f64,
        /// The least that is accepted.
        least: f64,
        /// The most that is accepted.
        most: f64,
    },
}

/// One vertebra up or down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shift {
    /// The vertebra above.
    Higher,
    /// The vertebra below.
    Lower,
}

/// Whether what is said of one film may be used: ok, or the doubts about it.
///
/// # Examples
/// ```
/// use vertebra_keypoints::{Doubt, Verdict};
/// let verdict = Verdict::from(vec![Doubt::NotLateralLumbar { probability: 0.02, limit: 0.5 }]);
/// assert!(!verdict.is_ok() && !verdict.has_points());
/// assert_eq!(
///     verdict.to_string(),
///     "not a lateral lumbar film (probability 0.02 that it is one, 0.5 needed)"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Verdict {
    doubts: Vec<Doubt>,
}

impl Verdict {
    /// Nothing is in doubt.
    #[must_use]
    pub fn ok() -> Self {
        Self::default()
    }

    /// Whether nothing is in doubt.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.doubts.is_empty()
    }

    /// What is in doubt, the gravest first.
    #[must_use]
    pub fn doubts(&self) -> &[Doubt] {
        &self.doubts
    }

    /// With one more doubt.
    #[must_use]
    pub fn with(mut self, doubt: Doubt) -> Self {
        self.doubts.push(doubt);
        self.doubts.sort_by_key(Doubt::rank);
        self
    }

    /// Whether points were found that mean something, even if they are in doubt: the film could be
    /// read, and it is a lateral lumbar film.
    #[must_use]
    pub fn has_points(&self) -> bool {
        self.is_readable()
            && !self.doubts.iter().any(|doubt| matches!(doubt, Doubt::NotLateralLumbar { .. }))
    }

    /// Whether the film could be read.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        !self.doubts.iter().any(|doubt| matches!(doubt, Doubt::Unreadable { .. }))
    }
}

impl From<Vec<Doubt>> for Verdict {
    fn from(mut doubts: Vec<Doubt>) -> Self {
        doubts.sort_by_key(Doubt::rank);
        Self { doubts }
    }
}

impl Doubt {
    /// The name of the reason, as in JSON.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "unreadable",
            Self::NotLateralLumbar { .. } => "not_lateral_lumbar",
            Self::UpsideDown { .. } => "upside_down",
            Self::PointsNotTrusted { .. } => "points_not_trusted",
            Self::Implausible { .. } => "implausible",
            Self::NotAlignable { .. } => "not_alignable",
            Self::OutsideTraining { .. } => "outside_training",
        }
    }

    /// Gravest first.
    fn rank(&self) -> u8 {
        match self {
            Self::Unreadable { .. } => 0,
            Self::NotLateralLumbar { .. } => 1,
            Self::UpsideDown { .. } => 2,
            Self::PointsNotTrusted { .. } => 3,
            Self::NotAlignable { .. } => 4,
            Self::Implausible { .. } => 5,
            Self::OutsideTraining { .. } => 6,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((first, others)) = self.doubts.split_first() else { return f.write_str("ok") };
        write!(f, "{first}")?;
        others.iter().try_for_each(|doubt| write!(f, "; {doubt}"))
    }
}

impl fmt::Display for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Higher => "higher",
            Self::Lower => "lower",
        })
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { message } => write!(f, "cannot be read: {message}"),
            Self::NotLateralLumbar { probability, limit } => write!(
                f,
                "not a lateral lumbar film (probability {probability:.2} that it is one, {limit} \
                 needed)"
            ),
            Self::PointsNotTrusted {
                probability,
                limit,
                weakest,
                confidence,
                likelier,
                margin,
            } => {
                write!(
                    f,
                    "points not trusted (probability {probability:.2} that all are right, {limit} \
                     needed; {weakest} was found with confidence {confidence:.2}; the chain one \
                     vertebra {likelier} fits worse by {margin:.1})"
                )
            }
            Self::UpsideDown { probability, limit } => write!(
                f,
                "probably upside down (probability {probability:.2} that it is upright, {limit} \
                 needed)"
            ),
            Self::Implausible { what } => write!(f, "points not plausible: {what}"),
            Self::NotAlignable { message } => write!(f, "points of no use: {message}"),
            Self::OutsideTraining { name, value, least, most } => write!(
                f,
                "outside what the model was trained on: {name} is {value:.3}, expected \
                 {least:.3} to {most:.3}"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn untrusted() -> Doubt {
        Doubt::PointsNotTrusted {
            probability: 0.213,
            limit: 0.5,
            weakest: Level::L5,
            confidence: 0.08,
            likelier: Shift::Higher,
            margin: 0.41,
        }
    }

    #[test]
    fn no_doubt_is_ok() {
        assert!(Verdict::ok().is_ok() && Verdict::ok().has_points());
        assert_eq!(Verdict::ok().to_string(), "ok");
        assert_eq!(serde_json::to_value(Verdict::ok()).unwrap(), json!([]));
    }

    #[test]
    fn the_gravest_doubt_comes_first_and_codes_name_all() {
        let what = Implausibility::Length { mm: 400.0 };
        let verdict = Verdict::ok().with(Doubt::Implausible { what }).with(untrusted());
        assert!(!verdict.is_ok() && verdict.has_points());
        let codes: Vec<&str> = verdict.doubts().iter().map(Doubt::code).collect();
        assert_eq!(codes, ["points_not_trusted", "implausible"]);
        assert_eq!(
            verdict.to_string(),
            "points not trusted (probability 0.21 that all are right, 0.5 needed; L5 was found \
             with confidence 0.08; the chain one vertebra higher fits worse by 0.4); points not \
             plausible: L1-L5 is 400 mm long"
        );
    }

    #[test]
    fn json_has_the_code_and_comes_back() {
        let what = Implausibility::Length { mm: 400.0 };
        let doubts = vec![
            Doubt::Unreadable { message: "a.dcm: no pixels".to_owned() },
            Doubt::NotLateralLumbar { probability: 0.1, limit: 0.5 },
            Doubt::UpsideDown { probability: 0.02, limit: 0.5 },
            untrusted(),
            Doubt::NotAlignable { message: "L5 above L1".to_owned() },
            Doubt::Implausible { what },
            Doubt::OutsideTraining { name: "age".to_owned(), value: 7.0, least: 50.0, most: 90.0 },
        ];
        let verdict = Verdict::from(doubts);
        let value = serde_json::to_value(&verdict).unwrap();
        for (doubt, value) in verdict.doubts().iter().zip(value.as_array().unwrap()) {
            assert_eq!(value["code"], doubt.code());
        }
        assert_eq!(serde_json::from_value::<Verdict>(value).unwrap(), verdict);
        assert!(!verdict.is_readable() && !verdict.has_points());
    }
}
