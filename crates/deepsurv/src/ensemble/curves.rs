//! Several models of curves that speak as one.

use super::members::{HeldOut, mean};
use crate::{
    CurveModel, CurveRecalibration, EncoderConfig, EncoderSettings, Error, PredictedCurves,
    RiskInputs, objective::added,
};
use vertebra_survival::Outcomes;
use vertebra_survival::losses::TimeGrid;

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

    /// Recalibrated by what the members said of subjects they held out: the logits of all of their
    /// training subjects, then what they add to them.
    pub(crate) fn of_members(
        members: Vec<CurveModel<E>>,
        outcomes: &Outcomes,
        [common, beyond]: [&HeldOut; 2],
    ) -> Result<Self, Error> {
        let subjects = common.subjects();
        let recalibration = match (&*subjects, members.first()) {
            ([], _) | (_, None) => None,
            (_, Some(first)) => Some(CurveRecalibration::learn(
                &outcomes.subset(&subjects),
                first.grid(),
                &common.means(&subjects),
                &beyond.means(&subjects),
            )?),
        };
        Ok(Self::from_parts(members, recalibration))
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
        let beyond = self.members.iter().map(|member| member.beyond_common(inputs));
        let beyond = beyond.collect::<Result<Vec<_>, _>>()?;
        let (mut common, mut beyond) = (mean(&common), mean(&beyond));
        if let Some(CurveRecalibration { level, factor, .. }) = self.recalibration {
            common.iter_mut().for_each(|logit| *logit += level);
            beyond.iter_mut().for_each(|logit| *logit *= factor);
        }
        Ok(PredictedCurves::new(self.grid().clone(), added(&beyond, &common)))
    }
}
