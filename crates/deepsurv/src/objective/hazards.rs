//! The likelihood of the hazards of intervals, a logit for each per subject.

use super::{Exact, Loss, Objective};
use crate::{Error, PredictedCurves, ValidationScore};
use vertebra_survival::Outcomes;
use vertebra_survival::concordance::antolini_c;
use vertebra_survival::losses::{HazardLikelihood, TimeGrid};

#[derive(Debug)]
pub(crate) struct HazardObjective<'a> {
    pub(crate) grid: &'a TimeGrid,
    pub(crate) score: ValidationScore,
}

impl Objective for HazardObjective<'_> {
    fn loss_of(&self, _: &[usize], outcomes: &Outcomes) -> Result<Option<Loss>, Error> {
        let likelihood = HazardLikelihood::new(outcomes, self.grid)?;
        Ok(Some(Box::new(move |logits| {
            let exact = likelihood.loss(logits)?;
            Ok(Exact { loss: exact.loss, gradient: exact.gradient })
        })))
    }

    fn score(&self, outcomes: &Outcomes, logits: &[f64]) -> Result<f64, Error> {
        Ok(match self.score {
            ValidationScore::Concordance => {
                let curves = PredictedCurves::new(self.grid.clone(), logits.to_vec());
                antolini_c(outcomes, |time| curves.risk_by(time))?.estimate.value
            }
            ValidationScore::PartialLikelihood => {
                -HazardLikelihood::new(outcomes, self.grid)?.loss(logits)?.loss
            }
        })
    }
}
