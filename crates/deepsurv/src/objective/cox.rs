//! The Cox partial likelihood of one log hazard per subject.

use super::{Loss, Objective};
use crate::{Error, ValidationScore};
use vertebra_survival::{Outcomes, RiskSets, Ties, concordance, cox_partial_likelihood};

#[derive(Debug)]
pub(crate) struct CoxObjective<'a> {
    pub(crate) ties: Ties,
    /// Of the training subjects; those of a stratum are compared with each other alone.
    pub(crate) strata: Option<&'a [usize]>,
    pub(crate) score: ValidationScore,
}

impl Objective for CoxObjective<'_> {
    fn loss_of(&self, subjects: &[usize], outcomes: &Outcomes) -> Result<Option<Loss>, Error> {
        let risk_sets = match (outcomes.n_events(), self.strata) {
            // The partial likelihood of a mini-batch without events is an empty product.
            (0, _) => return Ok(None),
            (_, None) => RiskSets::new(outcomes)?,
            (_, Some(strata)) => {
                let labels: Vec<usize> = subjects.iter().map(|&i| strata[i]).collect();
                RiskSets::stratified(outcomes, &labels)?
            }
        };
        let ties = self.ties;
        Ok(Some(Box::new(move |log_hazard| {
            Ok(risk_sets.partial_likelihood(log_hazard, ties)?.into())
        })))
    }

    fn score(&self, outcomes: &Outcomes, log_hazard: &[f64]) -> Result<f64, Error> {
        Ok(match self.score {
            ValidationScore::Concordance => concordance(outcomes, log_hazard)?.index(),
            ValidationScore::Likelihood => {
                -cox_partial_likelihood(outcomes, log_hazard, self.ties)?.loss
            }
        })
    }
}
