//! Curves on their right level and scale, learnt from predictions for subjects that a network never
//! saw.
//!
//! Of logits `x = common + beyond`, `common` those of the hazards that all training subjects have
//! together, `beyond` what the network adds for a subject, the recalibrated ones are
//!
//! `common + level + factor beyond`.
//!
//! The factor is the calibration slope out of fold, shrunk by its own uncertainty and kept positive
//! as a [`Recalibration`](crate::Recalibration)'s; the level then is that at which outcomes are most
//! likely ([`HazardLikelihood::level`]). Within each interval hazards keep their order; risks by a
//! time, which are sums over intervals, may change theirs where curves cross. Case weights count as
//! copies, and clusters are not regarded. An ensemble's is that of its mean, as
//! [`Recalibration`](crate::Recalibration) says; an interval counts for as much as a subject lived of it.

use crate::{
    Error,
    recalibration::{divided, shrunk},
};
use serde::{Deserialize, Serialize};
use vertebra_survival::Outcomes;
use vertebra_survival::estimate::Estimate;
use vertebra_survival::losses::{HazardLikelihood, TimeGrid};

/// How the logits of predicted hazards are changed, and what that rests on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CurveRecalibration {
    /// What is added to every logit.
    pub level: f64,
    /// What a subject's differences from the logits of all are multiplied by, at least 0.01.
    pub factor: f64,
    /// Calibration slope out of fold, before: below 1 curves were too far apart. Of an ensemble that of
    /// its mean. `None` where it does
    /// not exist: they do not vary, or no finite slope fits best.
    pub slope: Option<Estimate>,
    /// Subjects that it was learnt on.
    pub n: usize,
    /// Their events.
    pub events: usize,
}

impl CurveRecalibration {
    /// Learnt from logits of subjects by networks that never saw them.
    ///
    /// # Shapes
    /// - `common`, `beyond`: `[n, intervals]`, row-major
    ///
    /// # Errors
    /// [`Error::Survival`] for lengths that differ, a logit that is not finite, and outcomes without
    /// events.
    pub fn learn(
        outcomes: &Outcomes,
        grid: &TimeGrid,
        common: &[f64],
        beyond: &[f64],
    ) -> Result<Self, Error> {
        let likelihood = HazardLikelihood::new(outcomes, grid)?;
        let slope = match likelihood.calibration(common, beyond) {
            Ok(found) => Some(found.slope),
            Err(vertebra_survival::Error::Undefined { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let factor = shrunk(slope);
        let pairs = common.iter().zip(beyond);
        let scaled: Vec<f64> = pairs.map(|(common, beyond)| common + factor * beyond).collect();
        let level = likelihood.level(&scaled)?.value;
        let (n, events) = (outcomes.n_subjects(), outcomes.n_events());
        Ok(Self { level, factor, slope, n, events })
    }

    /// That of differences on which those it was learnt on have slope `1 / g` in expectation.
    pub(crate) fn divided_by(self, g: f64) -> Self {
        Self { factor: self.factor / g, slope: self.slope.map(|slope| divided(slope, g)), ..self }
    }
}
