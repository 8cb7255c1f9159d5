//! From fitted models to results: every model on every group of subjects and at every horizon, and
//! the comparisons between them.

use crate::Error;
use crate::config::StudyConfig;
use crate::input::subgroups::{Member, groupings};
use crate::input::subjects::StudyData;
use crate::progress::{Observer, Tell};
use crate::stages::Context;
use crate::stages::calibration::banded;
use crate::stages::evaluation::{Evaluator, Group, Scored, comparisons, discrimination};
use crate::stages::horizons::{Horizons, TestScores, cuts_from_folds, threshold_from_folds};
use crate::stages::models::FittedModel;
use vertebra_cohort::Sex;
use vertebra_evaluation::OverFolds;
use vertebra_radiograph::Facing;
use vertebra_report::results::{
    Comparison, EvaluationSet, InSubgroup, Method, ModelResult, Recalibration, RiskGroups, Subgroup,
};

/// What the models are worth.
#[derive(Debug, Default)]
pub(crate) struct Evaluated {
    pub(crate) models: Vec<ModelResult>,
    pub(crate) comparisons: Vec<Comparison>,
    pub(crate) subgroups: Vec<InSubgroup>,
    pub(crate) risk_groups: Vec<RiskGroups>,
    /// What is undefined, and why.
    pub(crate) notes: Vec<String>,
}

/// Evaluates every model on every group of subjects and at every horizon, and compares them; what
/// is undefined becomes a note. `facing` is the side of each subject's front on the film.
pub(crate) fn evaluate(
    context: Context<'_>,
    models: &[FittedModel],
    facing: &[Option<Facing>],
    observer: &mut Observer<'_>,
) -> Result<Evaluated, Error> {
    let (data, config) = (context.data, context.config);
    let evaluation = Evaluation { data, config };
    let evaluator = Evaluator::of(context);
    let groups = evaluation.groups();
    observer.stage("evaluating", Some(groups.len() + models.len()));
    let scored = |m: &FittedModel| (m.name.clone(), m.scores.log_hazard.clone());
    let scored: Vec<Scored> = models.iter().map(scored).collect();
    let names = |(a, b): (&FittedModel, &FittedModel)| (a.name.clone(), b.name.clone());
    let pairs: Vec<_> = pairs_to_compare(models).into_iter().map(names).collect();
    let mut by_group = Vec::new();
    for group in &groups {
        by_group.push((group, evaluator.evaluate(group, &scored, pairs.clone())?));
        observer.done(by_group.len());
    }
    let mut evaluated = Evaluated::default();
    for model in models {
        let result = evaluation.model(model, &evaluator, &by_group, &mut evaluated.notes)?;
        evaluated.models.push(result);
        observer.done(groups.len() + evaluated.models.len());
    }
    by_group.iter().for_each(|(group, found)| evaluated.compare(group, found));
    evaluated.comparisons.sort_by_key(|c| (c.set, c.subgroup));
    evaluated.risk_groups = evaluation.risk_groups(models)?;
    evaluated.subgroups = evaluation.subgroups(&evaluator, &groups, &scored, facing)?;
    Ok(evaluated)
}

impl Evaluated {
    /// Adds the comparisons on one group.
    fn compare(&mut self, group: &Group, evaluation: &vertebra_evaluation::Evaluation) {
        let (found, missing) = comparisons(group, evaluation);
        self.comparisons.extend(found);
        let note = |(names, why)| format!("{names}, {}: no comparison: {why}.", describe(group));
        self.notes.extend(missing.into_iter().map(note));
    }
}

struct Evaluation<'a> {
    data: &'a StudyData,
    config: &'a StudyConfig,
}

impl Evaluation<'_> {
    fn groups(&self) -> Vec<Group> {
        let data = self.data;
        let woman = |i: &usize| data.subject(*i).sex == Sex::Female;
        let mut groups = Vec::new();
        for (set, members) in [
            (EvaluationSet::CrossValidation, data.development()),
            (EvaluationSet::Test, data.test()),
        ] {
            for subgroup in [Subgroup::All, Subgroup::Women] {
                let belongs = |i: &usize| subgroup == Subgroup::All || woman(i);
                let members: Vec<usize> = members.iter().copied().filter(belongs).collect();
                let strata = members.iter().map(|&i| data.fold_of(i).unwrap_or(0)).collect();
                groups.push(Group { set, subgroup, members, strata });
            }
        }
        groups
    }

    /// Every model in the groups of either set that the settings ask for.
    fn subgroups(
        &self,
        evaluator: &Evaluator<'_>,
        sets: &[Group],
        models: &[Scored],
        facing: &[Option<Facing>],
    ) -> Result<Vec<InSubgroup>, Error> {
        let mut found = Vec::new();
        for Group { set, members, strata, .. } in
            sets.iter().filter(|group| group.subgroup == Subgroup::All)
        {
            let of_member = |&i: &usize| -> Member<'_> { (self.data.subject(i), facing[i]) };
            let all: Vec<Member<'_>> = members.iter().map(of_member).collect();
            let groupings = groupings(&self.data.cohort, &all, self.config)?;
            let figures = evaluator.subgroups(members, Some(strata), models, groupings)?;
            found.extend(figures.into_iter().map(|figures| InSubgroup::new(*set, figures)));
        }
        Ok(found)
    }

    /// One model on every group, and at every horizon.
    fn model(
        &self,
        model: &FittedModel,
        evaluator: &Evaluator<'_>,
        groups: &[(&Group, vertebra_evaluation::Evaluation)],
        notes: &mut Vec<String>,
    ) -> Result<ModelResult, Error> {
        let mut result = ModelResult::new(&model.name, model.method);
        let scores = &model.scores;
        for (group, evaluation) in groups {
            let over_folds = match group.set {
                _ if scores.by_fold_model.is_empty() => OverFolds::of(Vec::new(), 0.95),
                EvaluationSet::CrossValidation => evaluator.by_fold(group, &scores.log_hazard),
                EvaluationSet::Test => evaluator.of_fold_models(group, &scores.by_fold_model),
            };
            let Some(score) = evaluation.score(&model.name) else { continue };
            match discrimination(group, &score.figures, over_folds) {
                Ok(found) => result.discrimination.push(found),
                Err(why) => {
                    notes.push(format!("{}, {}: no C index: {why}.", model.name, describe(group)))
                }
            }
        }
        let main = self.config.main_horizon;
        let horizons =
            Horizons { all: &self.config.horizons, main, last: self.config.last_horizon() };
        let threshold = threshold_from_folds(self.data, model, main);
        let scores_on_test = TestScores::new(self.data, model)?;
        let test = scores_on_test.evaluate(horizons, threshold)?;
        result.clinical = model.clinical;
        result.covariates = model.covariates.clone();
        result.horizons = test.horizons;
        result.integrated_brier = test.integrated_brier;
        result.calibration = test.calibration;
        if let Some(calibration) = result.calibration.take() {
            let risks = scores_on_test.risks_of_all(self.data.n(), calibration.horizon);
            let curve = banded(self.data, (calibration.horizon, &risks), self.config);
            result.calibration = Some(calibration.with_curve(curve));
        }
        result.decision = test.decision;
        result.coefficients = model.coefficients.clone();
        result.recalibration = model.network().and_then(|n| n.recalibration()).map(|learnt| {
            Recalibration::new(learnt.factor, learnt.slope, (learnt.n, learnt.events))
        });
        Ok(result)
    }

    fn risk_groups(&self, models: &[FittedModel]) -> Result<Vec<RiskGroups>, Error> {
        let largest = |method: Method| models.iter().rev().find(|m| m.method == method);
        let chosen = [largest(Method::DeepSurvImage), largest(Method::CoxPh)];
        let times: Vec<f64> =
            (0..=self.config.last_horizon().ceil() as u32).map(f64::from).collect();
        let mut groups = Vec::new();
        for model in chosen.into_iter().flatten() {
            if let Some(cuts) = cuts_from_folds(self.data, model) {
                groups.push(TestScores::new(self.data, model)?.risk_groups(cuts, &times)?);
            }
        }
        Ok(groups)
    }
}

fn describe(group: &Group) -> String {
    format!("{}, {}", group.set.label(), group.subgroup.label())
}

/// The comparisons the protocol asks for: within each clinical model, with images against without
/// and against Cox regression, DeepSurv against Cox regression; images alone against the largest
/// Cox model; the largest model with images against FRAX.
fn pairs_to_compare(models: &[FittedModel]) -> Vec<(&FittedModel, &FittedModel)> {
    let find = |method: Method, clinical: Option<usize>| {
        models.iter().find(|m| m.method == method && m.clinical == clinical)
    };
    let numbers: Vec<usize> =
        models.iter().filter(|m| m.method == Method::CoxPh).filter_map(|m| m.clinical).collect();
    let mut pairs = Vec::new();
    for &number in &numbers {
        let [image, deep, cox] = [Method::DeepSurvImage, Method::DeepSurv, Method::CoxPh]
            .map(|method| find(method, Some(number)));
        pairs.extend(image.zip(cox));
        pairs.extend(image.zip(deep));
        pairs.extend(deep.zip(cox));
    }
    let last = numbers.last().copied();
    pairs.extend(find(Method::ImageOnly, None).zip(find(Method::CoxPh, last)));
    let best = find(Method::DeepSurvImage, last);
    let frax = models.iter().filter(|m| matches!(m.method, Method::Frax | Method::FraxSurrogate));
    pairs.extend(frax.filter_map(|f| Some((best?, f))));
    pairs
}
