//! Whether a finding may be trusted: two probabilities, the least that are accepted, and what
//! follows.
//!
//! The evidence of a film ([`FilmEvidence`]) becomes the probability that the film is a lateral
//! lumbar one, and the probability that it is one and all points lie within
//! [`WITHIN_MM`](Trust::WITHIN_MM) of the vertebrae they are named after. Both maps are logistic
//! regressions on drawn films alone: varied phantom films, many of them cut, blurred or turned, and
//! drawings of other parts, other views and other things. The evidence does not depend on the
//! network's scale, so that the maps that come with this crate serve any detector; the program
//! `train-verdict` fits them anew to one. docs/VERDICT.md has what was measured.

use crate::{DetectorCalibration, Error, FilmEvidence, SpineFinding};
use serde::{Deserialize, Serialize};
use vertebra_keypoints::{
    Doubt, Implausibility, Level, LogisticMap, PlausibilityLimits, Verdict, check_plausibility,
};

/// Written by `train-verdict`.
const SHIPPED: &str = include_str!("trust.json");
/// The greatest rise of the mean log heat of a film turned upside down that is accepted.
const TURNED_LIMIT: f64 = 0.05;
/// Of the weights of the logistic regressions.
const RIDGE: f64 = 1.0;

/// From the evidence of a film to probabilities, and the least that are accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Trust {
    /// To the probability that the film is a lateral lumbar one.
    pub view: LogisticMap,
    /// To the probability that all points are right, on such a film.
    pub points: LogisticMap,
    /// The least probability of a lateral lumbar film that is accepted.
    pub view_limit: f64,
    /// The least probability of right points that is accepted.
    pub points_limit: f64,
}

/// One film whose truth is known, to fit a [`Trust`] to.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct JudgedFilm {
    /// What the detector's finding has to show.
    pub evidence: FilmEvidence,
    /// Whether it is a lateral lumbar film; `None` for one on which this is not to be learnt.
    pub view: Option<bool>,
    /// Whether all points were right.
    pub right: bool,
}

impl JudgedFilm {
    /// A lateral lumbar film on which all points were right, or not.
    #[must_use]
    pub fn lumbar(evidence: FilmEvidence, right: bool) -> Self {
        Self { evidence, view: Some(true), right }
    }

    /// A lateral lumbar film that does not show all five vertebrae, or is upside down.
    #[must_use]
    pub fn cut(evidence: FilmEvidence) -> Self {
        Self { evidence, view: None, right: false }
    }

    /// Any other picture.
    #[must_use]
    pub fn other(evidence: FilmEvidence) -> Self {
        Self { evidence, view: Some(false), right: false }
    }
}

impl Trust {
    /// The greatest error of a point that counts as right, mm.
    pub const WITHIN_MM: f64 = 8.0;
    /// The usual least probabilities: of a lateral lumbar film, of right points.
    pub const LIMITS: [f64; 2] = [0.3, 0.5];

    /// The one that comes with this crate.
    ///
    /// # Errors
    /// None, unless the crate was changed: a test reads it.
    pub fn shipped() -> Result<Self, Error> {
        serde_json::from_str(SHIPPED)
            .map_err(|e| Error::invalid("trust.json", "what train-verdict writes", e))
    }

    /// Fits both maps. Lumbar films that do not show all five vertebrae, or are upside down,
    /// belong to the second one alone: give them as [`JudgedFilm::cut`].
    ///
    /// # Errors
    /// [`Error::Keypoints`] unless there are lumbar films and others, with right points and wrong
    /// ones.
    pub fn fit(films: &[JudgedFilm]) -> Result<Self, Error> {
        let with_view: Vec<_> = films.iter().filter_map(|film| Some((film, film.view?))).collect();
        let rows: Vec<_> = with_view.iter().map(|(film, _)| film.evidence.of_view()).collect();
        let lumbar: Vec<bool> = with_view.iter().map(|(_, lumbar)| *lumbar).collect();
        let view = LogisticMap::fit(&rows, &lumbar, RIDGE)?;
        let rows: Vec<_> = films.iter().map(|film| film.evidence.of_points()).collect();
        let right: Vec<bool> = films.iter().map(|film| film.right).collect();
        let points = LogisticMap::fit(&rows, &right, RIDGE)?;
        let [view_limit, points_limit] = Self::LIMITS;
        Ok(Self { view, points, view_limit, points_limit })
    }

    /// Probability that the film is a lateral lumbar one.
    #[must_use]
    pub fn lateral_lumbar(&self, evidence: &FilmEvidence) -> f64 {
        self.view.probability(&evidence.of_view())
    }

    /// Probability that it is one and all points are right.
    #[must_use]
    pub fn points_right(&self, evidence: &FilmEvidence) -> f64 {
        self.points.probability(&evidence.of_points())
    }

    /// Whether both probabilities are high enough, and the film is not upside down.
    #[must_use]
    pub fn accepts(&self, evidence: &FilmEvidence) -> bool {
        self.lateral_lumbar(evidence) >= self.view_limit
            && self.points_right(evidence) >= self.points_limit
            && evidence.turned <= TURNED_LIMIT
    }

    /// The verdict on a finding of a detector with this calibration, if it has one; `spacing_mm` is
    /// that of the film, `[row, col]`.
    #[must_use]
    pub fn verdict(
        &self,
        finding: &SpineFinding,
        calibration: Option<&DetectorCalibration>,
        spacing_mm: Option<[f64; 2]>,
    ) -> Verdict {
        let probability = self.lateral_lumbar(&finding.evidence);
        if probability < self.view_limit {
            let limit = self.view_limit;
            return Verdict::ok().with(Doubt::NotLateralLumbar { probability, limit });
        }
        let mut doubts: Vec<Doubt> = self.doubt_of_points(finding).into_iter().collect();
        let (gain, limit) = (finding.evidence.turned, TURNED_LIMIT);
        doubts.extend((gain > limit).then_some(Doubt::UpsideDown { gain, limit }));
        let limits = PlausibilityLimits::default();
        let odd = check_plausibility(&finding.keypoints, spacing_mm, &limits);
        let odd = odd.into_iter().filter(is_impossible);
        doubts.extend(odd.map(|what| Doubt::Implausible { what }));
        doubts.extend(calibration.and_then(|calibration| outside(finding, calibration)));
        Verdict::from(doubts)
    }

    fn doubt_of_points(&self, finding: &SpineFinding) -> Option<Doubt> {
        let probability = self.points_right(&finding.evidence);
        let points = finding.keypoints.points();
        let weaker = |a: &Level, b: &Level| {
            let confidence = |level: &Level| points[level.index()].confidence;
            confidence(a).total_cmp(&confidence(b))
        };
        let weakest = Level::ALL.into_iter().min_by(weaker)?;
        let (likelier, margin) = finding.evidence.margins.least();
        (probability < self.points_limit).then(|| Doubt::PointsNotTrusted {
            probability,
            limit: self.points_limit,
            weakest,
            confidence: points[weakest.index()].confidence,
            likelier,
            margin,
        })
    }
}

/// What no lateral lumbar film shows, however worn the spine: the rest is evidence, not proof.
fn is_impossible(what: &Implausibility) -> bool {
    matches!(what, Implausibility::Order { .. } | Implausibility::Length { .. })
}

fn outside(finding: &SpineFinding, calibration: &DetectorCalibration) -> Option<Doubt> {
    let (confidence, least_seen) = (finding.confidence(), calibration.map.least_seen());
    (confidence < least_seen).then_some(Doubt::OutsideCalibration { confidence, least_seen })
}

#[cfg(test)]
#[path = "trust_tests.rs"]
mod tests;
