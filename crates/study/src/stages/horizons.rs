//! What a model is worth at a horizon on the test set: AUC, accuracy, Brier score, calibration,
//! net benefit, and Kaplan-Meier curves of its risk groups.

use crate::Error;
use crate::input::subjects::StudyData;
use crate::stages::models::FittedModel;
use crate::stages::variants::standardised_within_folds;
use vertebra_report::results::{
    Calibration, CalibrationGroup, DecisionCurve, Estimate, HorizonResult, RiskGroup, RiskGroups,
    SetSize,
};
use vertebra_survival::{
    Outcomes, accuracy_at, auc_at, brier_score, calibration_groups, calibration_slope,
    decision_curve, integrated_brier, kaplan_meier, log_rank, observed_expected, youden_threshold,
};

/// Groups of the calibration plot.
const CALIBRATION_GROUPS: usize = 5;
/// Grid of the integrated Brier score.
const BRIER_STEPS: usize = 20;

/// A model's scores of the test set.
pub(crate) struct TestScores<'a> {
    model: &'a FittedModel,
    outcomes: Outcomes,
    log_hazard: Vec<f64>,
}

impl<'a> TestScores<'a> {
    /// Test subjects that the model scores.
    pub(crate) fn new(data: &StudyData, model: &'a FittedModel) -> Self {
        let score = |&i: &usize| Some((i, model.scores.log_hazard[i]?));
        let (members, log_hazard): (Vec<usize>, Vec<f64>) =
            data.test().iter().filter_map(score).unzip();
        Self { model, outcomes: data.outcomes.subset(&members), log_hazard }
    }

    /// Predicted risk of an event by `horizon`; `None` for a score without probabilities.
    fn risk(&self, horizon: f64) -> Option<Vec<f64>> {
        let baseline = self.model.baseline.as_ref()?;
        Some(self.log_hazard.iter().map(|&h| 1.0 - baseline.survival_prob(h, horizon)).collect())
    }

    /// AUC, accuracy and Brier score; what is undefined at this horizon is `None`.
    pub(crate) fn at(&self, horizon: f64, threshold: Option<f64>) -> HorizonResult {
        let auc = auc_at(&self.outcomes, &self.log_hazard, horizon).ok();
        let accuracy =
            threshold.and_then(|t| accuracy_at(&self.outcomes, &self.log_hazard, horizon, t).ok());
        let survival: Option<Vec<f64>> =
            self.risk(horizon).map(|risk| risk.iter().map(|r| 1.0 - r).collect());
        let brier = survival.and_then(|s| brier_score(&self.outcomes, &s, horizon).ok());
        HorizonResult {
            horizon,
            auc: auc.map(|a| Estimate { value: a.auc, lower: a.lower, upper: a.upper }),
            sensitivity: accuracy.as_ref().map(|a| a.sensitivity),
            specificity: accuracy.as_ref().map(|a| a.specificity),
            brier: brier.as_ref().map(|b| b.brier),
            scaled_brier: brier.as_ref().map(|b| b.scaled),
        }
    }

    /// Integrated Brier score from the first follow-up time to `last` years.
    pub(crate) fn integrated_brier(&self, last: f64) -> Option<f64> {
        let first = self.outcomes.time().iter().copied().fold(f64::INFINITY, f64::min);
        let step = (last - first) / BRIER_STEPS as f64;
        let grid: Vec<f64> = (1..=BRIER_STEPS).map(|k| first + step * k as f64).collect();
        let survival =
            |&t: &f64| self.risk(t).map(|risk| risk.iter().map(|r| 1.0 - r).collect::<Vec<_>>());
        let survival: Vec<Vec<f64>> = grid.iter().map(survival).collect::<Option<_>>()?;
        let slices: Vec<&[f64]> = survival.iter().map(Vec::as_slice).collect();
        integrated_brier(&self.outcomes, &slices, &grid).ok().map(|score| score.brier)
    }

    /// Predicted against observed risk.
    pub(crate) fn calibration(&self, horizon: f64) -> Option<Calibration> {
        let risk = self.risk(horizon)?;
        let n_groups = CALIBRATION_GROUPS.min(self.log_hazard.len() / 10).max(2);
        let groups = calibration_groups(&self.outcomes, &risk, horizon, n_groups).ok()?;
        let group = |g: &vertebra_survival::CalibrationGroup| CalibrationGroup {
            n: g.n_subjects,
            predicted: g.predicted,
            observed: Estimate { value: g.observed, lower: g.lower, upper: g.upper },
        };
        Some(Calibration {
            horizon,
            groups: groups.iter().map(group).collect(),
            observed_expected: observed_expected(&self.outcomes, &risk, horizon)
                .ok()
                .map(|o| o.ratio),
            slope: calibration_slope(&self.outcomes, &self.log_hazard).ok().map(|s| s.slope),
        })
    }

    /// Net benefit over threshold probabilities of 2 % to 60 %.
    pub(crate) fn decision(&self, horizon: f64) -> Option<DecisionCurve> {
        let risk = self.risk(horizon)?;
        let thresholds: Vec<f64> = (1..=30).map(|k| 0.02 * f64::from(k)).collect();
        let curve = decision_curve(&self.outcomes, &risk, horizon, &thresholds).ok()?;
        Some(DecisionCurve {
            horizon,
            model: curve.iter().map(|b| b.model).collect(),
            treat_all: curve.iter().map(|b| b.treat_all).collect(),
            thresholds,
        })
    }

    /// Kaplan-Meier curves of three groups, cut at `cuts` of the log hazard.
    pub(crate) fn risk_groups(&self, cuts: [f64; 2], times: &[f64]) -> Result<RiskGroups, Error> {
        let group_of = |h: &f64| usize::from(*h >= cuts[0]) + usize::from(*h >= cuts[1]);
        let labels: Vec<usize> = self.log_hazard.iter().map(group_of).collect();
        let present: Vec<usize> = (0..3).filter(|g| labels.contains(g)).collect();
        let groups = present.iter().map(|&g| self.risk_group(&labels, g, times));
        Ok(RiskGroups {
            model: self.model.name.clone(),
            groups: groups.collect::<Result<_, _>>()?,
            log_rank_p: log_rank(&self.outcomes, &labels).ok().map(|test| test.p),
            at_risk_times: times.to_vec(),
        })
    }

    fn risk_group(
        &self,
        labels: &[usize],
        group: usize,
        times: &[f64],
    ) -> Result<RiskGroup, Error> {
        let members: Vec<usize> = (0..labels.len()).filter(|&i| labels[i] == group).collect();
        let outcomes = self.outcomes.subset(&members);
        let curve = kaplan_meier(&outcomes)?;
        let finite = |bounds: &[f64]| bounds.iter().map(|b| b.is_finite().then_some(*b)).collect();
        Ok(RiskGroup {
            label: ["low", "middle", "high"][group].to_owned(),
            size: SetSize { n: members.len(), events: outcomes.n_events() },
            times: curve.times.clone(),
            survival: curve.survival.clone(),
            lower: finite(&curve.lower),
            upper: finite(&curve.upper),
            at_risk: times.iter().map(|t| curve.n_risk_at(*t).round() as usize).collect(),
        })
    }
}

/// The threshold with the highest Youden index over the out-of-fold scores of the development set,
/// on the scale of the model: the fold scores' standardised threshold, times their SD, plus their
/// mean.
pub(crate) fn threshold_from_folds(
    data: &StudyData,
    model: &FittedModel,
    horizon: f64,
) -> Option<f64> {
    let development = data.development();
    let raw: Vec<f64> =
        development.iter().map(|&i| model.scores.log_hazard[i]).collect::<Option<_>>()?;
    let standardised = standardised_within_folds(data, &model.scores);
    let outcomes = data.outcomes.subset(development);
    let threshold = youden_threshold(&outcomes, &standardised, horizon).ok()?;
    let n = raw.len() as f64;
    let mean = raw.iter().sum::<f64>() / n;
    let sd = (raw.iter().map(|h| (h - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    Some(mean + threshold * sd)
}

/// Thirds of the out-of-fold log hazards of the development set.
pub(crate) fn cuts_from_folds(data: &StudyData, model: &FittedModel) -> Option<[f64; 2]> {
    let mut scores: Vec<f64> =
        data.development().iter().map(|&i| model.scores.log_hazard[i]).collect::<Option<_>>()?;
    scores.sort_by(f64::total_cmp);
    let n = scores.len();
    (n >= 3).then(|| [scores[n / 3], scores[2 * n / 3]])
}
