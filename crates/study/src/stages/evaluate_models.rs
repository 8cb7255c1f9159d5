//! From fitted models to results: every model on every group of subjects and at every horizon, and
//! the comparisons between them.

use crate::Error;
use crate::config::StudyConfig;
use crate::input::subjects::StudyData;
use crate::progress::{Observer, Tell};
use crate::stages::Context;
use crate::stages::evaluation::{Evaluator, Group, adjust};
use crate::stages::horizons::{TestScores, cuts_from_folds, threshold_from_folds};
use crate::stages::models::FittedModel;
use vertebra_cohort::Sex;
use vertebra_report::results::{
    Comparison, EvaluationSet, Method, ModelResult, RiskGroups, Subgroup,
};

/// What the models are worth.
pub(crate) struct Evaluated {
    pub(crate) models: Vec<ModelResult>,
    pub(crate) comparisons: Vec<Comparison>,
    pub(crate) risk_groups: Vec<RiskGroups>,
    /// What is undefined, and why.
    pub(crate) notes: Vec<String>,
}

/// Evaluates every model on every group of subjects and at every horizon.
pub(crate) fn evaluate(
    context: Context<'_>,
    models: &[FittedModel],
    observer: &mut Observer<'_>,
) -> Result<Evaluated, Error> {
    observer.stage("evaluating", Some(models.len()));
    let (data, config) = (context.data, context.config);
    let evaluation = Evaluation { data, config };
    let evaluator = Evaluator {
        outcomes: &data.outcomes,
        bootstrap: config.bootstrap,
        seed: config.seed_for("bootstrap of C"),
        uno_horizon: config.last_horizon(),
    };
    let groups = evaluation.groups();
    let mut notes = Vec::new();
    let mut results = Vec::new();
    for (k, model) in models.iter().enumerate() {
        results.push(evaluation.evaluate(model, &evaluator, &groups, &mut notes));
        observer.done(k + 1);
    }
    let comparisons = evaluation.compare_models(models, &evaluator, &groups, &mut notes)?;
    let risk_groups = evaluation.risk_groups(models)?;
    Ok(Evaluated { models: results, comparisons, risk_groups, notes })
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

    /// One model on every group, and at every horizon; what is undefined becomes a note.
    fn evaluate(
        &self,
        model: &FittedModel,
        evaluator: &Evaluator<'_>,
        groups: &[Group],
        notes: &mut Vec<String>,
    ) -> ModelResult {
        let scores = &model.scores;
        let mut discrimination = Vec::new();
        for group in groups {
            let folds = match group.set {
                EvaluationSet::CrossValidation if scores.by_fold_model.is_empty() => Vec::new(),
                EvaluationSet::CrossValidation => evaluator.by_stratum(group, &scores.log_hazard),
                EvaluationSet::Test => {
                    let of = |scores: &Vec<f64>| evaluator.index(group, scores);
                    scores.by_fold_model.iter().filter_map(of).collect()
                }
            };
            match evaluator.discrimination(group, &scores.log_hazard, folds) {
                Ok(found) => discrimination.push(found),
                Err(error) => {
                    notes.push(format!("{}, {}: no C index: {error}.", model.name, describe(group)))
                }
            }
        }
        let test = TestScores::new(self.data, model);
        let main = self.config.main_horizon;
        let threshold = threshold_from_folds(self.data, model, main);
        let horizons = &self.config.horizons;
        let mut result = ModelResult::new(&model.name, model.method);
        result.clinical = model.clinical;
        result.covariates = model.covariates.clone();
        result.discrimination = discrimination;
        result.horizons = horizons.iter().map(|&h| test.at(h, threshold)).collect();
        result.integrated_brier = test.integrated_brier(self.config.last_horizon());
        result.calibration = test.calibration(main);
        result.decision = test.decision(main);
        result.coefficients = model.coefficients.clone();
        result
    }

    /// The comparisons the protocol asks for: within each clinical model, with images against
    /// without and against Cox regression, DeepSurv against Cox regression; images alone against
    /// the largest Cox model; the largest model with images against FRAX.
    fn compare_models(
        &self,
        models: &[FittedModel],
        evaluator: &Evaluator<'_>,
        groups: &[Group],
        notes: &mut Vec<String>,
    ) -> Result<Vec<Comparison>, Error> {
        let mut comparisons = Vec::new();
        for (first, second) in pairs_to_compare(models) {
            for group in groups {
                let named = |m: &FittedModel| (m.name.clone(), m.scores.log_hazard.clone());
                let (a, b) = (named(first), named(second));
                match evaluator.compare(group, (&a.0, &a.1), (&b.0, &b.1)) {
                    Ok(comparison) => comparisons.push(comparison),
                    Err(error) => notes.push(format!(
                        "{} against {}, {}: no comparison: {error}.",
                        a.0,
                        b.0,
                        describe(group)
                    )),
                }
            }
        }
        adjust(&mut comparisons)?;
        Ok(comparisons)
    }

    fn risk_groups(&self, models: &[FittedModel]) -> Result<Vec<RiskGroups>, Error> {
        let largest = |method: Method| models.iter().rev().find(|m| m.method == method);
        let chosen = [largest(Method::DeepSurvImage), largest(Method::CoxPh)];
        let times: Vec<f64> =
            (0..=self.config.last_horizon().ceil() as u32).map(f64::from).collect();
        let mut groups = Vec::new();
        for model in chosen.into_iter().flatten() {
            if let Some(cuts) = cuts_from_folds(self.data, model) {
                groups.push(TestScores::new(self.data, model).risk_groups(cuts, &times)?);
            }
        }
        Ok(groups)
    }
}

fn describe(group: &Group) -> String {
    let set = match group.set {
        EvaluationSet::CrossValidation => "validation folds",
        EvaluationSet::Test => "test set",
    };
    let who = match group.subgroup {
        Subgroup::All => "all",
        Subgroup::Women => "women",
    };
    format!("{set}, {who}")
}

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
    pairs.extend(
        models.iter().filter(|m| m.method == Method::Frax).filter_map(|f| Some((best?, f))),
    );
    pairs
}
