//! What a model is worth at a horizon on the test set: AUC, accuracy, Brier score, calibration,
//! net benefit, and Kaplan-Meier curves of its risk groups.

use crate::Error;
use crate::input::competing::{Deaths, FRACTURE};
use crate::input::subjects::StudyData;
use crate::stages::models::FittedModel;
use crate::stages::variants::standardised_within_folds;
use vertebra_evaluation::predictions::BrierOverSpan;
use vertebra_evaluation::{
    Evaluation, EvaluationOptions, Figure, Grouping, Prediction, Reason, Sample, Undefined,
    curves_of_groups,
};
use vertebra_report::results::{Calibration, DecisionCurve, HorizonResult, RiskGroups};
use vertebra_survival::{CompetingOutcomes, Outcomes, horizon::youden_threshold};

/// Groups of the calibration plot.
const CALIBRATION_GROUPS: usize = 5;
/// Grid of the integrated Brier score.
const BRIER_STEPS: usize = 20;

/// A model's scores of the test set.
pub(crate) struct TestScores<'a> {
    model: &'a FittedModel,
    outcomes: Outcomes,
    /// The same with deaths as competing events, and how they thin out those at risk.
    competing: Option<(CompetingOutcomes, Option<Deaths>)>,
    members: Vec<usize>,
    log_hazard: Vec<f64>,
}

/// Which times an evaluation on the test set is about, years.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Horizons<'a> {
    pub(crate) all: &'a [f64],
    /// That of calibration and net benefit.
    pub(crate) main: f64,
    /// Up to which the Brier score is integrated.
    pub(crate) last: f64,
}

/// A model's figures on the test set.
pub(crate) struct AtHorizons {
    pub(crate) horizons: Vec<HorizonResult>,
    pub(crate) integrated_brier: Figure<BrierOverSpan>,
    pub(crate) calibration: Option<Calibration>,
    pub(crate) decision: Option<DecisionCurve>,
}

impl<'a> TestScores<'a> {
    /// Test subjects that the model scores.
    pub(crate) fn new(data: &StudyData, model: &'a FittedModel) -> Result<Self, Error> {
        let score = |&i: &usize| Some((i, model.scores.log_hazard[i]?));
        let (members, log_hazard): (Vec<usize>, Vec<f64>) =
            data.test().iter().filter_map(score).unzip();
        let deaths = Deaths::of(data)?;
        let competing = data.competing.as_ref().map(|all| (all.subset(&members), deaths));
        let outcomes = data.outcomes.subset(&members);
        Ok(Self { model, outcomes, competing, members, log_hazard })
    }

    /// Every figure at the horizons; subjects at or above `threshold` are flagged.
    ///
    /// # Errors
    /// [`Error::Evaluation`] for scores that are not finite.
    pub(crate) fn evaluate(
        &self,
        horizons: Horizons<'_>,
        threshold: Option<f64>,
    ) -> Result<AtHorizons, Error> {
        let n_groups = n_calibration_groups(self.log_hazard.len());
        let options = EvaluationOptions::default()
            .with_horizons(horizons.all.to_vec())
            .with_calibration_groups(n_groups)
            .with_thresholds((1..=30).map(|k| 0.02 * f64::from(k)).collect());
        let evaluation = Evaluation::of(&self.sample(horizons, threshold)?, &options)?;
        let at = |horizon: f64| evaluation.predictions.iter().find(|p| p.horizon == horizon);
        let main = at(horizons.main);
        Ok(AtHorizons {
            horizons: self.by_horizon(&evaluation, at),
            integrated_brier: match evaluation.integrated_brier.first() {
                Some(integrated) => integrated.brier.clone(),
                None => no_probability(),
            },
            calibration: main.and_then(|main| calibration(main, &evaluation)),
            decision: main.and_then(|main| {
                let points = main.net_benefit.iter().filter_map(|at| at.value().copied());
                let points: Vec<_> = points.collect();
                (!points.is_empty()).then(|| DecisionCurve::new(horizons.main, points))
            }),
        })
    }

    /// The subjects, as positions in the study's.
    pub(crate) fn members(&self) -> &[usize] {
        &self.members
    }

    /// Their outcomes by the day of the film, and their log hazards.
    pub(crate) fn by_film(&self) -> (&Outcomes, &[f64]) {
        (&self.outcomes, &self.log_hazard)
    }

    /// Predicted risk of an event by `horizon` if nobody died; `None` for a score without
    /// probabilities.
    pub(crate) fn risk_of_fracture(&self, horizon: f64) -> Option<Vec<f64>> {
        let baseline = self.model.baseline.as_ref()?;
        Some(self.log_hazard.iter().map(|&h| 1.0 - baseline.survival_prob(h, horizon)).collect())
    }

    /// Predicted risk of an event by `horizon` of `n` subjects, `None` for those who are not in the
    /// test set or have no probability.
    pub(crate) fn risks_of_all(&self, n: usize, horizon: f64) -> Vec<Option<f64>> {
        let mut all = vec![None; n];
        for (member, risk) in self.members.iter().zip(self.risk(horizon).into_iter().flatten()) {
            all[*member] = Some(risk);
        }
        all
    }

    /// The subjects with what happened to them.
    fn observed(&self) -> Result<Sample, Error> {
        Ok(match &self.competing {
            Some((outcomes, _)) => Sample::competing(outcomes.clone(), FRACTURE)?,
            None => Sample::new(self.outcomes.clone()),
        })
    }

    fn sample(&self, horizons: Horizons<'_>, threshold: Option<f64>) -> Result<Sample, Error> {
        let name = &self.model.name;
        let mut sample = self.observed()?.with_score(name, self.log_hazard.clone()).as_log_hazard();
        if let Some(threshold) = threshold {
            sample = sample.with_threshold(threshold);
        }
        let mut times = horizons.all.to_vec();
        times.extend((!times.contains(&horizons.main)).then_some(horizons.main));
        for horizon in times {
            if let Some(risk) = self.risk(horizon) {
                sample = sample.with_probability(name, horizon, risk);
            }
        }
        let column = |&t: &f64| Some((name.clone(), t, self.risk(t)?));
        Ok(match self.grid(horizons.last).iter().map(column).collect::<Option<Vec<_>>>() {
            Some(course) if !course.is_empty() => sample.with_course(course),
            _ => sample,
        })
    }

    /// From the first follow-up time to `last` years; empty where nobody is followed less long.
    fn grid(&self, last: f64) -> Vec<f64> {
        let first = self.outcomes.time().iter().copied().fold(f64::INFINITY, f64::min);
        let step = (last - first) / BRIER_STEPS as f64;
        match step > 0.0 && step.is_finite() {
            true => (1..=BRIER_STEPS).map(|k| first + step * k as f64).collect(),
            false => Vec::new(),
        }
    }

    /// Predicted risk of an event by `horizon`; `None` for a score without probabilities.
    fn risk(&self, horizon: f64) -> Option<Vec<f64>> {
        let Some((_, Some(deaths))) = &self.competing else {
            return self.risk_of_fracture(horizon);
        };
        let baseline = self.model.baseline.as_ref()?;
        let risk = |&h: &f64| deaths.incidence(baseline, h, horizon);
        Some(self.log_hazard.iter().map(risk).collect())
    }

    fn by_horizon<'b>(
        &self,
        evaluation: &'b Evaluation,
        prediction: impl Fn(f64) -> Option<&'b Prediction>,
    ) -> Vec<HorizonResult> {
        let scores = evaluation.scores.iter().flat_map(|score| &score.figures.auc);
        let one = |at: &vertebra_evaluation::discrimination::AucAtHorizon| {
            let auc = at.auc.clone().map(|auc| auc.estimate);
            let none = || {
                let why = "the validation folds have no threshold";
                Undefined::new(Reason::Undefined, why).into()
            };
            let accuracy = at.accuracy.clone().unwrap_or_else(none);
            let brier = prediction(at.horizon).map(|p| p.brier.clone());
            HorizonResult::new(at.horizon, auc, accuracy, brier.unwrap_or_else(no_probability))
        };
        scores.map(one).collect()
    }

    /// Kaplan-Meier curves of three groups, cut at `cuts` of the log hazard.
    pub(crate) fn risk_groups(&self, cuts: [f64; 2], times: &[f64]) -> Result<RiskGroups, Error> {
        let grouping = Grouping::cut_at(&self.model.name, &self.log_hazard, cuts);
        let sample = self.observed()?.with_grouping(grouping.clone());
        let curves = curves_of_groups(&sample, &grouping, times)?;
        let evaluation = Evaluation::of(&sample, &EvaluationOptions::default())?;
        let log_rank = evaluation.groups.into_iter().next().map(|groups| groups.log_rank);
        let log_rank = log_rank.unwrap_or_else(|| {
            Undefined::new(Reason::NoSubjects, "there are no groups to compare").into()
        });
        let groups = RiskGroups::new(self.model.name.clone(), curves, log_rank, times.to_vec());
        Ok(groups.with_cuts(cuts))
    }
}

/// Groups of the calibration of `n` subjects.
pub(crate) fn n_calibration_groups(n: usize) -> usize {
    CALIBRATION_GROUPS.min(n / 10).max(2)
}

fn no_probability<T>() -> Figure<T> {
    Undefined::new(Reason::NotDefined, "the score is no probability").into()
}

fn calibration(main: &Prediction, evaluation: &Evaluation) -> Option<Calibration> {
    let groups = main.groups.value()?.clone();
    let slope = evaluation.scores.first()?.figures.slope.clone()?;
    Some(Calibration::new(main.horizon, groups, main.observed_expected.clone(), slope))
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
    let (mean, sd) = vertebra_survival::numeric::mean_and_sd(&raw);
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
