//! What is said of one film, as one serialisable answer that displays as lines of text.

use super::covariate_model::CovariatePrediction;
use super::found_points::{FoundPoints, KeypointCertainty};
use super::trained_model::Prediction;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::fmt;
use std::path::{Path, PathBuf};
use vertebra_deepsurv::SaliencyMethod;
use vertebra_hrnet::{FilmEvidence, Trust};
use vertebra_keypoints::{DecidedFacing, Doubt, Facing, Level, Verdict, VertebraKeypoints};

/// Why a risk is not given.
const BEYOND: &str = "beyond the longest follow-up of the subjects the model was fitted on";
const NO_RISK: &str = "the model folder holds a keypoint detector alone";
const NOT_OK: &str = "the verdict is not ok";
/// Why no probability that the points are right is given.
const NOT_CALIBRATED: &str = "the model's detector was not calibrated";
const LESS_THAN_ANY: &str = "less certain than every film the detector was calibrated on";

/// How a film is answered.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct AnswerOptions {
    /// A PNG to write: the film with its points, and a saliency map of what the network saw. None is
    /// written where no points are given.
    pub overlay: Option<PathBuf>,
    /// How the map is made.
    pub map: SaliencyMethod,
    /// Gives points and risks whatever the verdict; the answer says so.
    pub force: bool,
}

impl AnswerOptions {
    /// With a PNG to write.
    #[must_use]
    pub fn with_overlay(self, overlay: Option<PathBuf>) -> Self {
        Self { overlay, ..self }
    }

    /// With maps made so.
    #[must_use]
    pub fn with_map(self, map: SaliencyMethod) -> Self {
        Self { map, ..self }
    }

    /// With points and risks whatever the verdict.
    #[must_use]
    pub fn with_force(self, force: bool) -> Self {
        Self { force, ..self }
    }

    /// The PNG to write for a film of this verdict.
    pub(super) fn overlay_of(&self, verdict: &Verdict) -> Option<&Path> {
        self.overlay.as_deref().filter(|_| self.force || verdict.has_points())
    }
}

/// What is said of one film. It displays as lines of text; what is not known comes with the reason.
///
/// In JSON the verdict is `"ok": true`, or `"ok": false` with the reason as a sentence in
/// `"verdict"`, the codes of all reasons in `"reasons"`, and the reasons with their numbers in
/// `"doubts"`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Answer {
    /// The film.
    pub file: String,
    /// Whether the rest may be used.
    #[serde(flatten, serialize_with = "said")]
    pub verdict: Verdict,
    /// Whether points and risks are given against the verdict.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub forced: bool,
    /// Whether the detector multiplied 8-bit integers, which moves points a little.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub int8: bool,
    /// Centres of L1..L5, px of the film, where the film shows them.
    pub keypoints: Option<[AnsweredPoint; 5]>,
    /// How probable it is that these are the centres.
    pub keypoints_found: Option<KeypointsFound>,
    /// Which way the subject faces.
    pub facing: Option<DecidedFacing>,
    /// What the verdict rests on; `None` for a film that cannot be read.
    pub trust: Option<AnsweredTrust>,
    /// Log hazard; 0 is the mean over the subjects the model was fitted on.
    pub log_hazard: Option<f64>,
    /// Risk of an event by each horizon.
    pub risk: Vec<AnsweredRisk>,
    /// What is suspicious.
    pub warnings: Vec<String>,
    /// Why there is no log hazard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
}

/// The verdict as an answer has it in JSON.
fn said<S: Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry("ok", &verdict.is_ok())?;
    if !verdict.is_ok() {
        let codes: Vec<&str> = verdict.doubts().iter().map(Doubt::code).collect();
        map.serialize_entry("verdict", &verdict.to_string())?;
        map.serialize_entry("reasons", &codes)?;
        map.serialize_entry("doubts", verdict)?;
    }
    map.end()
}

/// The centre of one vertebra.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AnsweredPoint {
    /// The detector's confidence.
    pub confidence: f64,
    /// `L1` .. `L5`.
    pub level: Level,
    /// Column, px.
    pub x: f64,
    /// Row, px.
    pub y: f64,
}

/// How probable it is that all points are found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct KeypointsFound {
    /// The probability, where it is known.
    pub probability: Option<f64>,
    /// Why it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
    /// Greatest error of a point that counts as found, mm.
    pub within_mm: Option<f64>,
}

/// What the verdict on the points rests on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AnsweredTrust {
    /// Probability that the film is a lateral lumbar one.
    pub lateral_lumbar: f64,
    /// Probability that it is upright.
    pub upright: f64,
    /// Probability that it is a lateral lumbar one and all points are within `within_mm` of their vertebrae.
    pub points_right: f64,
    /// Greatest error of a point that counts as right, mm.
    pub within_mm: f64,
    /// What they are made from.
    pub evidence: FilmEvidence,
}

/// The risk of an event by one horizon.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AnsweredRisk {
    /// Years.
    pub horizon: f64,
    /// The risk, where it is known.
    pub probability: Option<f64>,
    /// Why it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
}

impl Answer {
    /// Of a film with a risk, which is left out where the verdict is not ok unless `force`.
    pub(super) fn of_prediction(film: &Path, prediction: Prediction, force: bool) -> Self {
        let Prediction { found, verdict, log_hazard, risk, warnings, .. } = prediction;
        let mut answer = Self::of_points(film, FoundPoints { verdict, warnings, ..found }, force);
        if !answer.verdict.is_ok() && !force {
            answer.why = Some(NOT_OK);
            return answer;
        }
        (answer.log_hazard, answer.risk, answer.why) = (Some(log_hazard), risks(risk), None);
        answer
    }

    /// Of a subject without a film, by a model of covariates alone; no risk where the verdict is
    /// not ok unless `force`.
    pub(super) fn of_covariates(
        subject: &Path,
        prediction: CovariatePrediction,
        force: bool,
    ) -> Self {
        let CovariatePrediction { verdict, log_hazard, risk, warnings, .. } = prediction;
        let shown = force || verdict.is_ok();
        Self {
            forced: force && !verdict.is_ok(),
            log_hazard: shown.then_some(log_hazard),
            risk: if shown { risks(risk) } else { Vec::new() },
            warnings,
            why: (!shown).then_some(NOT_OK),
            ..Self::without_points(subject, verdict)
        }
    }

    /// Of a film without a risk; points are left out where it is no lateral lumbar film unless
    /// `force`.
    pub(super) fn of_points(film: &Path, found: FoundPoints, force: bool) -> Self {
        let (shown, ok) = (force || found.verdict.has_points(), found.verdict.is_ok());
        Self {
            file: film.display().to_string(),
            forced: force && !ok,
            int8: found.int8,
            keypoints: shown.then(|| points(&found.keypoints)),
            keypoints_found: shown.then(|| KeypointsFound::of(found.certainty)),
            facing: found.facing.filter(|_| shown),
            trust: Some(AnsweredTrust {
                lateral_lumbar: found.lateral_lumbar,
                upright: found.upright,
                points_right: found.points_right,
                within_mm: Trust::WITHIN_MM,
                evidence: found.evidence,
            }),
            verdict: found.verdict,
            log_hazard: None,
            risk: Vec::new(),
            warnings: if shown { found.warnings } else { Vec::new() },
            why: Some(if ok { NO_RISK } else { NOT_OK }),
        }
    }

    /// Of a film that cannot be read or taken.
    pub(super) fn unreadable(film: &Path, error: &dyn fmt::Display) -> Self {
        let verdict = Verdict::ok().with(Doubt::Unreadable { message: error.to_string() });
        Self::without_points(film, verdict)
    }

    /// A verdict, and nothing else.
    fn without_points(name: &Path, verdict: Verdict) -> Self {
        Self {
            file: name.display().to_string(),
            verdict,
            forced: false,
            int8: false,
            keypoints: None,
            keypoints_found: None,
            facing: None,
            trust: None,
            log_hazard: None,
            risk: Vec::new(),
            warnings: Vec::new(),
            why: Some(NOT_OK),
        }
    }
}

fn risks(risk: Vec<(f64, Option<f64>)>) -> Vec<AnsweredRisk> {
    let answered = |(horizon, probability): (f64, Option<f64>)| {
        let why = probability.is_none().then_some(BEYOND);
        AnsweredRisk { horizon, probability, why }
    };
    risk.into_iter().map(answered).collect()
}

fn points(keypoints: &VertebraKeypoints) -> [AnsweredPoint; 5] {
    Level::ALL.map(|level| {
        let p = keypoints.get(level);
        AnsweredPoint { confidence: p.confidence, level, x: p.x, y: p.y }
    })
}

impl KeypointsFound {
    fn of(certainty: Option<KeypointCertainty>) -> Self {
        let why = match certainty {
            None => Some(NOT_CALIBRATED),
            Some(certainty) => certainty.probability.is_none().then_some(LESS_THAN_ANY),
        };
        let probability = certainty.and_then(|certainty| certainty.probability);
        Self { probability, why, within_mm: certainty.map(|certainty| certainty.within_mm) }
    }
}

impl fmt::Display for KeypointsFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(mm) = self.within_mm else { return Ok(()) };
        write!(f, "  all points within {mm} mm")?;
        match (self.probability, self.why) {
            (Some(probability), _) => writeln!(f, " with probability {probability:.2}"),
            (None, why) => writeln!(f, ": not known, {}", why.unwrap_or_default()),
        }
    }
}

impl fmt::Display for AnsweredRisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { horizon, probability, why } = self;
        let years = if *horizon == 1.0 { "year" } else { "years" };
        write!(f, "risk by {horizon} {years}")?;
        match probability {
            Some(p) => write!(f, " {:5.1} %", 100.0 * p),
            None => write!(f, ": {}", why.unwrap_or_default()),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.file)?;
        match self.verdict.is_ok() {
            true => writeln!(f, "  verdict: ok")?,
            false => writeln!(f, "  verdict: not ok, {}", self.verdict)?,
        }
        if self.forced {
            writeln!(f, "  FORCED: what follows is given against the verdict")?;
        }
        for AnsweredPoint { confidence, level, x, y } in self.keypoints.iter().flatten() {
            writeln!(f, "  {level}  x {x:7.1}  y {y:7.1}  confidence {confidence:.2}")?;
        }
        if let Some(found) = self.keypoints_found {
            write!(f, "{found}")?;
        }
        if self.int8 {
            writeln!(f, "  found with products of 8-bit integers")?;
        }
        if let Some(DecidedFacing { facing, probability, by, .. }) = self.facing {
            let side = if facing == Facing::Right { "right" } else { "left" };
            writeln!(f, "  faces {side} {by}, probability {probability:.2}")?;
        }
        if let Some(log_hazard) = self.log_hazard {
            writeln!(f, "  log hazard {log_hazard:+.3}")?;
        }
        self.risk.iter().try_for_each(|risk| writeln!(f, "  {risk}"))?;
        self.warnings.iter().try_for_each(|warning| writeln!(f, "  warning: {warning}"))
    }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
