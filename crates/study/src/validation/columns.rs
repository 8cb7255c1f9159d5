//! The predictions as columns of an evaluation: models, then scores that were given.

use super::Judged;
use crate::input::competing::FRACTURE;
use crate::input::subjects::StudyData;
use crate::model::model_folder::ModelFolder;
use crate::stages::calibration::banded;
use crate::stages::models::scores;
use crate::{Error, StudyConfig};
use vertebra_evaluation::{Evaluation, EvaluationOptions, Grouping, Sample};
use vertebra_report::results::{Method, SetSize, ValidatedModel};
use vertebra_survival::numeric::mean_and_sd;

/// Groups of the calibration plot.
const CALIBRATION_GROUPS: usize = 5;

/// One model or score.
pub(super) struct Column {
    /// Position among the candidates; `None` for a score that was given.
    pub(super) candidate: Option<usize>,
    pub(super) title: String,
    pub(super) method: Method,
    pub(super) score: Vec<Option<f64>>,
    /// Risks of all subjects by horizon, years.
    pub(super) risks: Vec<(f64, Vec<Option<f64>>)>,
}

/// All of them.
pub(super) struct Columns {
    pub(super) all: Vec<Column>,
    /// Every horizon of some model, increasing.
    pub(super) horizons: Vec<f64>,
    /// That of calibration and net benefit: the one nearest to what was asked for.
    pub(super) main_horizon: f64,
}

impl Columns {
    pub(super) fn of(judged: &Judged<'_>, asked_horizon: f64) -> Self {
        let models = judged.candidates.iter().zip(&judged.predictions.by_model).enumerate();
        let mut all: Vec<Column> = models
            .map(|(k, (candidate, said))| {
                let risk = |horizon: f64| -> Vec<Option<f64>> {
                    let at = |risks: &[(f64, Option<f64>)]| {
                        risks.iter().find(|(h, _)| *h == horizon).and_then(|(_, risk)| *risk)
                    };
                    said.iter().map(|said| at(&said.as_ref().ok()?.risk)).collect()
                };
                let risks = candidate.horizons().iter().map(|&h| (h, risk(h)));
                let known =
                    |(_, risks): &(f64, Vec<Option<f64>>)| risks.iter().any(Option::is_some);
                Column {
                    candidate: Some(k),
                    title: candidate.title.clone(),
                    method: candidate.method,
                    score: said.iter().map(|said| Some(said.as_ref().ok()?.log_hazard)).collect(),
                    risks: risks.filter(known).collect(),
                }
            })
            .collect();
        let given = scores::frax(judged.data).into_iter().chain(scores::oracle(judged.data));
        all.extend(given.map(|score| Column {
            candidate: None,
            title: score.name,
            method: score.method,
            score: score.scores.log_hazard,
            risks: Vec::new(),
        }));
        let of_models = judged.candidates.iter().flat_map(|candidate| candidate.horizons());
        let mut horizons: Vec<f64> = of_models.copied().collect();
        horizons.sort_unstable_by(f64::total_cmp);
        horizons.dedup();
        let far = |h: &f64| (h - asked_horizon).abs();
        let nearest = horizons.iter().copied().min_by(|a, b| far(a).total_cmp(&far(b)));
        Self { all, main_horizon: nearest.unwrap_or(asked_horizon), horizons }
    }

    /// Everything that can be said of them.
    pub(super) fn evaluate(
        &self,
        data: &StudyData,
        config: &StudyConfig,
        groupings: &[Grouping],
        models: &ModelFolder,
    ) -> Result<Evaluation, Error> {
        let sample = self.sample(data, &self.horizons)?;
        let sample = groupings.iter().cloned().fold(sample, Sample::with_grouping);
        let last = self.horizons.last().copied().unwrap_or(self.main_horizon);
        let options = EvaluationOptions::default()
            .with_horizons(self.horizons.clone())
            .with_bootstrap(config.bootstrap, config.seed_for("bootstrap of C"))
            .with_tau(last)
            .with_calibration_groups(CALIBRATION_GROUPS.min(data.n() / 10).max(2))
            .with_thresholds((1..=30).map(|k| 0.02 * f64::from(k)).collect())
            .with_pairs(self.pairs(models));
        Ok(Evaluation::of(&sample, &options)?)
    }

    /// The subjects with every score, and the risks by these horizons.
    pub(super) fn sample(&self, data: &StudyData, horizons: &[f64]) -> Result<Sample, Error> {
        let mut sample = observed(data)?;
        for column in &self.all {
            sample = sample.with_partial_score(&column.title, column.score.clone());
            if column.candidate.is_some() {
                sample = sample.as_log_hazard();
            }
            for (horizon, risks) in column.risks.iter().filter(|(h, _)| horizons.contains(h)) {
                sample = sample.with_partial_probability(&column.title, *horizon, risks.clone());
            }
        }
        Ok(sample)
    }

    /// The default model against every other, or the first where it is not among them.
    fn pairs(&self, models: &ModelFolder) -> Vec<(String, String)> {
        let default = models.find(None).ok().map(|model| model.title.as_str());
        let is_default = |column: &&Column| Some(column.title.as_str()) == default;
        let Some(first) = self.all.iter().find(is_default).or(self.all.first()) else {
            return Vec::new();
        };
        let others = self.all.iter().filter(|c| c.title != first.title);
        others.map(|other| (first.title.clone(), other.title.clone())).collect()
    }

    /// What is known of each besides its figures.
    pub(super) fn models(
        &self,
        judged: &Judged<'_>,
        config: &StudyConfig,
    ) -> Result<Vec<ValidatedModel>, Error> {
        let data = judged.data;
        let model = |column: &Column| {
            let candidate = column.candidate.map(|k| &judged.candidates[k]);
            let name = candidate.map_or("", |candidate| candidate.name.as_str());
            let mut model = ValidatedModel::new(name, &column.title, column.method);
            let (members, scores) = column.answered();
            let events = members.iter().filter(|&&i| data.outcomes.event()[i]).count();
            model.answered = SetSize { n: members.len(), events };
            let Some(candidate) = candidate else { return Ok(model) };
            model.covariates = candidate.covariates.iter().map(|c| c.name().to_owned()).collect();
            model.refused = judged.predictions.refused(data, column.candidate.unwrap_or_default());
            model.log_hazard = (scores.len() > 1).then(|| <[f64; 2]>::from(mean_and_sd(&scores)));
            if let Some((horizon, risks)) = column.at(self.main_horizon) {
                model.curve = banded(data, (*horizon, risks), config);
            }
            Ok(model)
        };
        self.all.iter().map(model).collect()
    }
}

impl Column {
    /// The subjects that have a score, and their scores.
    fn answered(&self) -> (Vec<usize>, Vec<f64>) {
        self.score.iter().enumerate().filter_map(|(i, score)| Some((i, (*score)?))).unzip()
    }

    /// The risks by a horizon.
    pub(super) fn at(&self, horizon: f64) -> Option<&(f64, Vec<Option<f64>>)> {
        self.risks.iter().find(|(h, _)| *h == horizon)
    }
}

/// The subjects with what happened to them.
pub(super) fn observed(data: &StudyData) -> Result<Sample, Error> {
    Ok(match &data.competing {
        Some(outcomes) => Sample::competing(outcomes.clone(), FRACTURE)?,
        None => Sample::new(data.outcomes.clone()),
    })
}
