//! Several models of curves that speak as one.

use super::{
    averaging::Averaging,
    members::{HeldOut, mean},
};
use crate::{
    CurveModel, CurveRecalibration, EncoderConfig, EncoderSettings, Error, PredictedCurves,
    RiskInputs, objective::added,
};
use vertebra_survival::Outcomes;
use vertebra_survival::losses::{HazardLikelihood, TimeGrid};

/// Several models of curves, whose logits are averaged.
/// [`RiskTrainer::fit_curve_ensemble`](crate::RiskTrainer::fit_curve_ensemble) makes one.
#[derive(Debug, Clone)]
pub struct CurveEnsemble<E: EncoderSettings = EncoderConfig> {
    members: Vec<CurveModel<E>>,
    recalibration: Option<CurveRecalibration>,
}

impl<E: EncoderSettings> CurveEnsemble<E> {
    /// Of at least one member, all on one grid.
    pub(crate) fn from_parts(
        members: Vec<CurveModel<E>>,
        recalibration: Option<CurveRecalibration>,
    ) -> Self {
        Self { members, recalibration }
    }

    /// Recalibrated by what the members said of subjects they held out, the logits of all of their
    /// training subjects and what they add to them, and by how their mean goes with it.
    pub(crate) fn of_members(
        (members, snapshots): (Vec<CurveModel<E>>, usize),
        (inputs, outcomes): (&RiskInputs, &Outcomes),
        [common, beyond]: [&HeldOut; 2],
    ) -> Result<Self, Error> {
        let subjects = common.subjects();
        let Some(grid) = members.first().filter(|_| !subjects.is_empty()).map(CurveModel::grid)
        else {
            return Ok(Self::from_parts(members, None));
        };
        let (common, single) = (common.means(&subjects), beyond.means(&subjects));
        let of_single =
            CurveRecalibration::learn(&outcomes.subset(&subjects), grid, &common, &single)?;
        let all = mean(&beyond_common(&members, &inputs.subset(&subjects))?);
        let comparable = beyond.comparable(&subjects, None);
        // An interval counts for as much of it as a subject was at risk.
        let lived = |&i: &usize| {
            let weight = outcomes.weights().map_or(1.0, |weights| weights[i]);
            let entered = outcomes.entry().map(|entry| grid.shares(entry[i]));
            let until = grid.shares(outcomes.time()[i]).into_iter().enumerate();
            until.map(move |(k, until)| weight * (until - entered.as_ref().map_or(0.0, |e| e[k])))
        };
        let weight: Vec<f64> = subjects.iter().flat_map(lived).collect();
        let networks = members.len() / snapshots;
        let averaging = Averaging::new((&single, &all), &weight, &comparable, networks);
        let of_mean = averaging.at(of_single.factor);
        // A mean that lies a standard deviation above or below its line, with equal probability.
        let line = of_mean.line(&single);
        let side = |by: f64| common.iter().zip(&line).map(move |(common, h)| common + h + by);
        let scaled: Vec<f64> = side(of_mean.sd).chain(side(-of_mean.sd)).collect();
        let twice = outcomes.subset(&[&*subjects, &subjects].concat());
        let level = HazardLikelihood::new(&twice, grid)?.level(&scaled)?.value;
        let learnt = CurveRecalibration { level, ..of_single.divided_by(of_mean.slope) };
        Ok(Self::from_parts(members, Some(learnt)))
    }

    /// The models, in the order in which they were trained, as they were trained.
    #[must_use]
    pub fn members(&self) -> &[CurveModel<E>] {
        &self.members
    }

    /// How logits are changed, and what that rests on; `None` where no member held anything out.
    #[must_use]
    pub fn recalibration(&self) -> Option<&CurveRecalibration> {
        self.recalibration.as_ref()
    }

    /// The intervals whose hazards it gives.
    #[must_use]
    pub fn grid(&self) -> &TimeGrid {
        self.members[0].grid()
    }

    /// The curve of each subject: of the mean over the members of the logits, recalibrated.
    ///
    /// # Errors
    /// As [`CurveModel::curves`].
    pub fn curves(&self, inputs: &RiskInputs) -> Result<PredictedCurves, Error> {
        let common: Vec<Vec<f64>> =
            self.members.iter().map(|member| member.common_logits().to_vec()).collect();
        let beyond = beyond_common(&self.members, inputs)?;
        let (mut common, mut beyond) = (mean(&common), mean(&beyond));
        if let Some(CurveRecalibration { level, factor, .. }) = self.recalibration {
            common.iter_mut().for_each(|logit| *logit += level);
            beyond.iter_mut().for_each(|logit| *logit *= factor);
        }
        Ok(PredictedCurves::new(self.grid().clone(), added(&beyond, &common)))
    }
}

/// What each model adds to the logits of all, `[members][n, intervals]`.
fn beyond_common<E: EncoderSettings>(
    members: &[CurveModel<E>],
    inputs: &RiskInputs,
) -> Result<Vec<Vec<f64>>, Error> {
    members.iter().map(|member| member.beyond_common(inputs)).collect()
}
