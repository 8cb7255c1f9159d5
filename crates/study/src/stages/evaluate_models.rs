//! From fitted models to results: every model on every group of subjects and at every horizon, and
//! the comparisons between them.

use crate::config::StudyConfig;
use crate::input::data::StudyData;
use crate::stages::evaluation::{Evaluator, Group, adjust};
use crate::stages::horizons::{TestScores, cuts_from_folds, threshold_from_folds};
use crate::stages::models::FittedModel;
use crate::{Error, Observer, Progress};
use burn::tensor::Device;
use std::collections::BTreeMap;
use std::path::Path;
use vertebra_cohort::{Covariate, Sex};
use vertebra_report::results::{
    Comparison, EvaluationSet, KeypointResults, Method, ModelResult, RiskGroups, RunRecord,
    SCHEMA_VERSION, StudyResults, Subgroup, VariantResult,
};

/// What an evaluation reads.
pub(crate) struct Evaluation<'a> {
    pub(crate) data: &'a StudyData,
    pub(crate) config: &'a StudyConfig,
    pub(crate) device: &'a Device,
    pub(crate) run_folder: &'a Path,
}

impl Evaluation<'_> {
    fn groups(&self) -> Vec<Group> {
        let data = self.data;
        let woman = |i: &usize| data.subject(*i).sex == Sex::Female;
        let mut groups = Vec::new();
        for (set, members) in [
            (EvaluationSet::CrossValidation, data.split.train()),
            (EvaluationSet::Test, data.split.test()),
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

    /// Everything but the heat maps, the inputs' digests and the times.
    pub(crate) fn results(
        &self,
        keypoints: KeypointResults,
        variants: &[VariantResult],
        models: &[FittedModel],
        observer: &mut Observer<'_>,
    ) -> Result<StudyResults, Error> {
        let data = self.data;
        let total = models.len() as u64;
        observer(Progress::Stage { name: "evaluating".to_owned(), total: Some(total) });
        let evaluator = Evaluator {
            outcomes: &data.outcomes,
            bootstrap: self.config.bootstrap,
            seed: self.config.seed_for("bootstrap of C"),
            uno_horizon: self.last_horizon(),
        };
        let groups = self.groups();
        let mut notes = data.notes.clone();
        let mut results = Vec::new();
        for (k, model) in models.iter().enumerate() {
            results.push(self.evaluate(model, &evaluator, &groups, &mut notes));
            observer(Progress::Step(k as u64 + 1));
        }
        let comparisons = self.compare_models(models, &evaluator, &groups, &mut notes)?;
        Ok(StudyResults {
            schema_version: SCHEMA_VERSION,
            run: self.record()?,
            flow: data.flow.clone(),
            split: data.split_summary(),
            table_one: data.table_one()?,
            missing: data.missing(&self.all_covariates())?,
            outcome: data.outcome_summary.clone(),
            keypoints,
            variants: variants.to_vec(),
            models: results,
            comparisons,
            risk_groups: self.risk_groups(models)?,
            saliency: None,
            notes,
        })
    }

    fn all_covariates(&self) -> Vec<Covariate> {
        let mut all: Vec<Covariate> = Vec::new();
        for covariate in self.config.clinical_models.iter().flatten() {
            if !all.contains(covariate) {
                all.push(*covariate);
            }
        }
        all
    }

    fn last_horizon(&self) -> f64 {
        self.config.horizons.iter().copied().fold(0.0, f64::max)
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
        ModelResult {
            name: model.name.clone(),
            method: model.method,
            clinical: model.clinical,
            covariates: model.covariates.clone(),
            discrimination,
            horizons: horizons.iter().map(|&h| test.at(h, threshold)).collect(),
            integrated_brier: test.integrated_brier(self.last_horizon()),
            calibration: test.calibration(main),
            decision: test.decision(main),
            coefficients: model.coefficients.clone(),
        }
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
        let times: Vec<f64> = (0..=self.last_horizon().ceil() as u32).map(f64::from).collect();
        let mut groups = Vec::new();
        for model in chosen.into_iter().flatten() {
            if let Some(cuts) = cuts_from_folds(self.data, model) {
                groups.push(TestScores::new(self.data, model).risk_groups(cuts, &times)?);
            }
        }
        Ok(groups)
    }

    fn record(&self) -> Result<RunRecord, Error> {
        let name = self.run_folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(RunRecord {
            name,
            preset: self.config.preset.clone(),
            phantom: self.data.truth.is_some(),
            seed: self.config.seed,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            revision: option_env!("VERTEBRA_REVISION").map(str::to_owned),
            device: format!("{:?}", self.device),
            config: self.config.to_toml()?,
            inputs: BTreeMap::new(),
            seconds: Vec::new(),
        })
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
