//! Whether a finding may be trusted: three probabilities, the least that are accepted, and what
//! follows.
//!
//! The evidence of a film ([`FilmEvidence`]) becomes the probability that the film is a lateral
//! lumbar one, the probability that it is upright, and the probability that it is lumbar and all
//! points lie within [`WITHIN_MM`](Trust::WITHIN_MM) of the vertebrae they are named after. The
//! maps are logistic regressions on drawn films alone: varied phantom films, many of them cut,
//! faint, blurred or turned, and drawings of other parts, other views and other things. The
//! evidence does not depend on the network's scale, so that the maps that come with this crate
//! serve any detector; the program `train-verdict` fits them anew to one. docs/VERDICT.md has what
//! was measured.

use crate::{Error, FilmEvidence, SpineFinding};
use serde::{Deserialize, Serialize};
use vertebra_keypoints::{
    Doubt, Implausibility, Level, LogisticMap, PlausibilityLimits, Verdict, check_plausibility,
};

/// Written by `train-verdict`.
const SHIPPED: &str = include_str!("trust.json");
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
    /// To the probability that a lateral lumbar film is upright.
    pub upright: LogisticMap,
    /// The least probability of a lateral lumbar film that is accepted.
    pub view_limit: f64,
    /// The least probability of an upright film that is accepted.
    pub upright_limit: f64,
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
    /// Whether it is upright; `None` for one on which this is not to be learnt.
    pub upright: Option<bool>,
    /// Whether all points were right.
    pub right: bool,
}

impl JudgedFilm {
    /// A lateral lumbar film on which all points were right, or not.
    #[must_use]
    pub fn lumbar(evidence: FilmEvidence, right: bool) -> Self {
        Self { evidence, view: Some(true), upright: right.then_some(true), right }
    }

    /// A lateral lumbar film that does not show all five vertebrae.
    #[must_use]
    pub fn cut(evidence: FilmEvidence) -> Self {
        Self { evidence, view: None, upright: None, right: false }
    }

    /// A lateral lumbar film that is upside down.
    #[must_use]
    pub fn upside_down(evidence: FilmEvidence) -> Self {
        Self { upright: Some(false), ..Self::cut(evidence) }
    }

    /// Any other picture.
    #[must_use]
    pub fn other(evidence: FilmEvidence) -> Self {
        Self { evidence, view: Some(false), upright: None, right: false }
    }
}

impl Trust {
    /// The greatest error of a point that counts as right, mm.
    pub const WITHIN_MM: f64 = 8.0;
    /// The usual least probabilities: of a lateral lumbar film, of an upright one, of right points.
    pub const LIMITS: [f64; 3] = [0.3, 0.6, 0.55];

    /// The one that comes with this crate.
    ///
    /// # Errors
    /// None, unless the crate was changed: a test reads it.
    pub fn shipped() -> Result<Self, Error> {
        serde_json::from_str(SHIPPED)
            .map_err(|e| Error::invalid("trust.json", "what train-verdict writes", e))
    }

    /// Fits the maps: that of the view to films whose [`view`](JudgedFilm::view) is known, that of
    /// the way up to those whose [`upright`](JudgedFilm::upright) is, that of the points to all that
    /// are not upside down.
    ///
    /// # Errors
    /// [`Error::Keypoints`] unless there are lumbar films and others, with right points and wrong
    /// ones, and films that are upside down.
    pub fn fit(films: &[JudgedFilm]) -> Result<Self, Error> {
        let view = |film: &JudgedFilm| Some((film.evidence.of_view(), film.view?));
        let upright = |film: &JudgedFilm| Some((film.evidence.of_uprightness(), film.upright?));
        let points = |film: &JudgedFilm| {
            (film.upright != Some(false)).then_some((film.evidence.of_points(), film.right))
        };
        let [view_limit, upright_limit, points_limit] = Self::LIMITS;
        Ok(Self {
            view: fitted(films.iter().filter_map(view))?,
            points: fitted(films.iter().filter_map(points))?,
            upright: fitted(films.iter().filter_map(upright))?,
            view_limit,
            upright_limit,
            points_limit,
        })
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

    /// Probability that a lateral lumbar film is upright.
    #[must_use]
    pub fn is_upright(&self, evidence: &FilmEvidence) -> f64 {
        self.upright.probability(&evidence.of_uprightness())
    }

    /// Whether all three probabilities are high enough.
    #[must_use]
    pub fn accepts(&self, evidence: &FilmEvidence) -> bool {
        self.lateral_lumbar(evidence) >= self.view_limit
            && self.is_upright(evidence) >= self.upright_limit
            && self.points_right(evidence) >= self.points_limit
    }

    /// The verdict on a finding; `spacing_mm` is that of the film, `[row, col]`.
    #[must_use]
    pub fn verdict(&self, finding: &SpineFinding, spacing_mm: Option<[f64; 2]>) -> Verdict {
        let probability = self.lateral_lumbar(&finding.evidence);
        if probability < self.view_limit {
            let limit = self.view_limit;
            return Verdict::ok().with(Doubt::NotLateralLumbar { probability, limit });
        }
        let mut doubts: Vec<Doubt> = self.doubt_of_points(finding).into_iter().collect();
        let (probability, limit) = (self.is_upright(&finding.evidence), self.upright_limit);
        let upside_down = Doubt::UpsideDown { probability, limit };
        doubts.extend((probability < limit).then_some(upside_down));
        let limits = PlausibilityLimits::default();
        let odd = check_plausibility(&finding.keypoints, spacing_mm, &limits);
        let odd = odd.into_iter().filter(is_impossible);
        doubts.extend(odd.map(|what| Doubt::Implausible { what }));
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

fn fitted<const N: usize>(
    rows: impl Iterator<Item = ([f64; N], bool)>,
) -> Result<LogisticMap, Error> {
    let (rows, success): (Vec<[f64; N]>, Vec<bool>) = rows.unzip();
    Ok(LogisticMap::fit(&rows, &success, RIDGE)?)
}

#[cfg(test)]
#[path = "trust_tests.rs"]
mod tests;
