//! The profile likelihood of one log hazard per subject, of outcomes known to an interval.

use super::{Loss, Objective};
use crate::{Error, ValidationScore};
use vertebra_survival::interval_censored::IntervalOutcomes;
use vertebra_survival::losses::ProfileLikelihood;
use vertebra_survival::{Outcomes, concordance};

/// What the training loop knows as outcomes are those at the visits that saw the events.
#[derive(Debug)]
pub(crate) struct IntervalObjective<'a> {
    pub(crate) train: &'a IntervalOutcomes,
    pub(crate) valid: Option<&'a IntervalOutcomes>,
    pub(crate) score: ValidationScore,
}

impl Objective for IntervalObjective<'_> {
    fn purpose(&self) -> Option<String> {
        Some("events known to an interval".to_owned())
    }

    fn loss_of(&self, subjects: &[usize], outcomes: &Outcomes) -> Result<Option<Loss>, Error> {
        use vertebra_survival::Error::{NoEvents, Undefined};
        let known = self.train.subset(subjects);
        // Of those who were drawn the weights, too.
        let known = match outcomes.weights() {
            Some(weights) => known.with_weights(weights.to_vec())?,
            None => known,
        };
        let likelihood = match ProfileLikelihood::new(&known) {
            // A mini-batch may say nothing: that all subjects do was seen before.
            Err(NoEvents { .. } | Undefined { .. }) => return Ok(None),
            likelihood => likelihood?,
        };
        Ok(Some(Box::new(move |log_hazard| Ok(likelihood.loss(log_hazard)?))))
    }

    fn score(&self, outcomes: &Outcomes, log_hazard: &[f64]) -> Result<f64, Error> {
        Ok(match (self.score, self.valid) {
            (ValidationScore::Likelihood, Some(valid)) => {
                -ProfileLikelihood::new(valid)?.loss(log_hazard)?.loss
            }
            _ => concordance(outcomes, log_hazard)?.index(),
        })
    }
}
