//! Several risk models that speak as one.

use super::{
    averaging::Averaging,
    members::{HeldOut, mean},
};
use crate::{EncoderConfig, EncoderSettings, Error, Recalibration, RiskInputs, RiskModel};
use vertebra_survival::estimate::{Estimate, Interval, Pivot};
use vertebra_survival::{BaselineHazard, Outcomes, breslow_baseline};

/// Several risk models whose log hazards are averaged, with one baseline hazard for all.
/// [`RiskTrainer::fit_ensemble`](crate::RiskTrainer::fit_ensemble) makes one.
#[derive(Debug, Clone)]
pub struct RiskEnsemble<E: EncoderSettings = EncoderConfig> {
    members: Vec<RiskModel<E>>,
    /// Members that each network gave, which follow each other.
    snapshots: usize,
    baseline: BaselineHazard,
    recalibration: Option<Recalibration>,
}

impl<E: EncoderSettings> RiskEnsemble<E> {
    /// Of at least one member, none of them recalibrated.
    pub(crate) fn from_parts(
        (members, snapshots): (Vec<RiskModel<E>>, usize),
        baseline: BaselineHazard,
        recalibration: Option<Recalibration>,
    ) -> Self {
        Self { members, snapshots, baseline, recalibration }
    }

    /// Recalibrated by what the members said of subjects they held out, and by how their mean goes
    /// with it; where none did, with the baseline hazard of what they say of all. Subjects of one of
    /// the `strata` alone are compared.
    pub(crate) fn of_members(
        members: (Vec<RiskModel<E>>, usize),
        (inputs, outcomes): (&RiskInputs, &Outcomes),
        held_out: &HeldOut,
        strata: Option<&[usize]>,
    ) -> Result<Self, Error> {
        let subjects = held_out.subjects();
        if subjects.is_empty() {
            let said = said(&members.0, inputs)?;
            let baseline = breslow_baseline(outcomes, &mean(&said))?;
            return Ok(Self::from_parts(members, baseline, None));
        }
        let outcomes = outcomes.subset(&subjects);
        let single = held_out.means(&subjects);
        let comparable = held_out.comparable(&subjects, strata);
        let of_single = Recalibration::learn(&outcomes, &single, &comparable)?;
        let all = mean(&said(&members.0, &inputs.subset(&subjects))?);
        let networks = members.0.len() / members.1;
        let n = outcomes.n_subjects();
        let weight = outcomes.weights().map_or_else(|| vec![1.0; n], <[f64]>::to_vec);
        let averaging = Averaging::new((&single, &all), &weight, &comparable, networks);
        let of_mean = averaging.at(of_single.factor);
        // A mean that lies a standard deviation above or below its line, with equal probability, has
        // so much more of a hazard.
        let raise = of_mean.sd.cosh().ln();
        let expected: Vec<f64> = of_mean.line(&single).iter().map(|h| h + raise).collect();
        let baseline = breslow_baseline(&outcomes, &expected)?;
        Ok(Self::from_parts(members, baseline, Some(of_single.divided_by(of_mean.slope))))
    }

    /// The models, in the order in which they were trained, as they were trained.
    #[must_use]
    pub fn members(&self) -> &[RiskModel<E>] {
        &self.members
    }

    /// How many members each network gave, one after the other.
    #[must_use]
    pub fn snapshots(&self) -> usize {
        self.snapshots
    }

    /// By what log hazards are multiplied, and what that rests on; `None` where no member held
    /// anything out.
    ///
    /// It is learnt from what single networks say of the subjects they held out. Their mean varies
    /// less than each of them; by how much is learnt from the same subjects (regression
    /// calibration), so that slope and factor are those of the mean.
    #[must_use]
    pub fn recalibration(&self) -> Option<&Recalibration> {
        self.recalibration.as_ref()
    }

    /// Breslow's cumulative baseline hazard for log hazard 0: over the subjects held out, or over
    /// all where none were.
    #[must_use]
    pub fn baseline(&self) -> &BaselineHazard {
        &self.baseline
    }

    /// Log hazard of each subject, `[n]`: the mean over the members, recalibrated.
    ///
    /// # Errors
    /// As [`RiskModel::log_hazard`].
    pub fn log_hazard(&self, inputs: &RiskInputs) -> Result<Vec<f64>, Error> {
        Ok(mean(&self.member_log_hazards(inputs)?))
    }

    /// What each member says of each subject, `[members][n]`, recalibrated as their mean.
    ///
    /// # Errors
    /// As [`RiskModel::log_hazard`].
    pub fn member_log_hazards(&self, inputs: &RiskInputs) -> Result<Vec<Vec<f64>>, Error> {
        let factor = self.recalibration.map_or(1.0, |learnt| learnt.factor);
        let mut said = said(&self.members, inputs)?;
        said.iter_mut().flatten().for_each(|h| *h *= factor);
        Ok(said)
    }

    /// Probability of an event by `horizon` (years), for a subject of this log hazard.
    #[must_use]
    pub fn risk_at(&self, log_hazard: f64, horizon: f64) -> f64 {
        self.baseline.risk(log_hazard, horizon)
    }

    /// Probability of an event by `horizon` (years) of each subject, `[n]`, with the interval in which
    /// one more network of the same kind would see it at this `level`: `h +- t s sqrt(1 + 1 / M)` on
    /// the scale of the log hazard, with mean `h` and standard deviation `s` over the `M` networks,
    /// each with the mean of its snapshots, and Student's t on `M - 1` degrees of freedom. The
    /// standard error is `s` on the scale of the risk.
    ///
    /// The interval says how far networks differ, by their seeds and by the subjects they held out
    /// (Lakshminarayanan et al., NeurIPS 2017). It is no confidence interval: what all of them have
    /// from the same subjects, and the uncertainty of the baseline hazard, are not in it.
    ///
    /// # Errors
    /// As [`RiskModel::log_hazard`]; [`Error::InvalidSetting`] for a level outside of (0, 1), and of
    /// an ensemble of one network.
    ///
    /// # Examples
    /// See [`RiskTrainer::fit_ensemble`](crate::RiskTrainer::fit_ensemble).
    pub fn risks(
        &self,
        inputs: &RiskInputs,
        horizon: f64,
        level: f64,
    ) -> Result<Vec<Estimate>, Error> {
        if !(level > 0.0 && level < 1.0) {
            return Err(Error::invalid("level", "a number in (0, 1)", level));
        }
        let m = self.members.len() / self.snapshots;
        if m < 2 {
            return Err(Error::invalid("networks", "at least 2 to differ from each other", m));
        }
        let said = self.member_log_hazards(inputs)?;
        let said: Vec<Vec<f64>> = said.chunks(self.snapshots).map(mean).collect();
        let t = Pivot::Student((m - 1) as f64).two_sided(level);
        let of = |(subject, h): (usize, f64)| {
            let squares: f64 = said.iter().map(|network| (network[subject] - h).powi(2)).sum();
            let sd = (squares / (m - 1) as f64).sqrt();
            let reach = t * sd * (1.0 + 1.0 / m as f64).sqrt();
            let risk = |h: f64| self.risk_at(h, horizon);
            // The slope of the risk by the log hazard.
            let slope = self.baseline.cumulative(horizon) * h.exp() * (1.0 - risk(h));
            let interval = Interval::new(risk(h - reach), risk(h + reach), level);
            Estimate::new(risk(h), slope * sd, interval)
        };
        Ok(mean(&said).into_iter().enumerate().map(of).collect())
    }
}

/// What each model says of each subject, as it was trained.
fn said<E: EncoderSettings>(
    members: &[RiskModel<E>],
    inputs: &RiskInputs,
) -> Result<Vec<Vec<f64>>, Error> {
    members.iter().map(|member| member.log_hazard(inputs)).collect()
}
