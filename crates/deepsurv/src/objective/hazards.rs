//! The likelihood of the hazards of intervals, a logit for each per subject.

use super::{Loss, Objective};
use crate::{Error, PredictedCurves, ValidationScore};
use vertebra_survival::Outcomes;
use vertebra_survival::concordance::antolini_pairs;
use vertebra_survival::losses::{HazardLikelihood, TimeGrid};

#[derive(Debug)]
pub(crate) struct HazardObjective<'a> {
    pub(crate) grid: &'a TimeGrid,
    /// What the network's outputs are added to, `[intervals]`.
    pub(crate) common: &'a [f64],
    pub(crate) score: ValidationScore,
}

impl Objective for HazardObjective<'_> {
    fn purpose(&self) -> Option<String> {
        Some(format!("hazards of the intervals that end at {:?}", self.grid.ends()))
    }

    fn loss_of(&self, _: &[usize], outcomes: &Outcomes) -> Result<Option<Loss>, Error> {
        let likelihood = HazardLikelihood::new(outcomes, self.grid)?;
        let common = self.common.to_vec();
        Ok(Some(Box::new(move |outputs| Ok(likelihood.loss(&added(outputs, &common))?))))
    }

    fn score(&self, outcomes: &Outcomes, outputs: &[f64]) -> Result<f64, Error> {
        let logits = added(outputs, self.common);
        Ok(match self.score {
            ValidationScore::Concordance => {
                let curves = PredictedCurves::new(self.grid.clone(), logits);
                antolini_pairs(outcomes, |time| curves.risk_by(time))?.index()
            }
            ValidationScore::Likelihood => {
                -HazardLikelihood::new(outcomes, self.grid)?.loss(&logits)?.loss
            }
        })
    }
}

/// Logits, `[n, intervals]`, of a network's outputs and those that all subjects have in common.
pub(crate) fn added(outputs: &[f64], common: &[f64]) -> Vec<f64> {
    outputs.iter().zip(common.iter().cycle()).map(|(output, common)| output + common).collect()
}
