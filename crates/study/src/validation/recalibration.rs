//! The models brought into line with the cohort, as model folders whose lineage says so, and what
//! that mends: judged by folds of the cohort that take turns, as a model fitted on all subjects
//! agrees with the same subjects too well.

use super::columns::{Column, Columns, observed};
use super::{Judged, overlap};
use crate::model::model_folder::{AnyModel, ModelFolder};
use crate::model::recalibration::ModelRecalibration;
use crate::stages::calibration::{OnEndpoint, WithRisk};
use crate::{Error, StudyConfig};
use burn::tensor::Device;
use std::path::Path;
use vertebra_cohort::Folds;
use vertebra_evaluation::{Evaluation, EvaluationOptions, Prediction};
use vertebra_hrnet::KeypointDetector;
use vertebra_report::results::{RecalibratedModel, RunFile, SetSize, ValidationResults};
use vertebra_survival::Endpoint;
use vertebra_survival::calibration::{CalibrationOptions, Recalibrated, Recalibration};

const WAYS: [Recalibration; 3] =
    [Recalibration::InTheLarge, Recalibration::Line, Recalibration::Flexible];
/// Folds of the subjects that take turns.
const FOLDS: usize = 5;
const FOLDER: &str = "recalibrated";

/// What the models are recalibrated with.
#[derive(Clone, Copy)]
pub(super) struct Recalibrator<'a> {
    pub(super) judged: &'a Judged<'a>,
    pub(super) columns: &'a Columns,
    pub(super) config: &'a StudyConfig,
}

/// A map from risks to recalibrated ones by a horizon.
struct Map {
    horizon: f64,
    how: Recalibration,
}

impl OnEndpoint for Map {
    type Output = Recalibrated;

    fn run(
        &self,
        endpoint: &impl Endpoint,
        risk: &[f64],
    ) -> Result<Recalibrated, vertebra_survival::Error> {
        CalibrationOptions::default().recalibrate(endpoint, risk, self.horizon, self.how)
    }
}

impl Recalibrator<'_> {
    /// Recalibrates every model in every way, and writes a model folder for each way, which keeps
    /// the marks of these films too. What cannot be recalibrated becomes a note.
    pub(super) fn run(
        self,
        (models, marks): (&ModelFolder, &[String]),
        device: &Device,
        run_folder: &Path,
    ) -> Result<(Vec<RecalibratedModel>, Vec<String>), Error> {
        let detector = KeypointDetector::load(models.path(), device)?;
        let development = overlap::with_films(models.development()?, marks);
        let (mut found, mut notes) = (Vec::new(), Vec::new());
        for how in WAYS {
            let folder = format!("{FOLDER}/{}", ModelRecalibration::code(how));
            let mut kept: Vec<(String, AnyModel)> = Vec::new();
            for column in &self.columns.all {
                let Some(k) = column.candidate else { continue };
                let candidate = &self.judged.candidates[k];
                let maps = self.maps(column, how, &mut notes);
                if maps.is_empty() {
                    continue;
                }
                let on = self.judged.data.size(&members(column));
                let step = ModelRecalibration { how, on, of: candidate.digest.clone(), maps };
                kept.push((candidate.name.clone(), candidate.model.recalibrated(step)));
                let crossed = self.crossed(column, how, &mut notes)?;
                let names = (&candidate.name, &candidate.title);
                let code = ModelRecalibration::code(how);
                found.push(RecalibratedModel::new(names, code, &folder, crossed));
            }
            let Some((first, _)) = kept.first() else { continue };
            let default = models.find(None).ok().map(|model| model.name.clone());
            let default = default.filter(|name| kept.iter().any(|(kept, _)| kept == name));
            let default = default.unwrap_or_else(|| first.clone());
            let to = run_folder.join(&folder);
            ModelFolder::write(&to, &detector, (&kept, &default), development.as_ref())?;
        }
        Ok((found, notes))
    }

    /// A map for each horizon for which there is one.
    fn maps(
        self,
        column: &Column,
        how: Recalibration,
        notes: &mut Vec<String>,
    ) -> Vec<Recalibrated> {
        let mut maps = Vec::new();
        for (horizon, risks) in &column.risks {
            let map = Map { horizon: *horizon, how };
            match WithRisk::of(self.judged.data, risks).run(&map) {
                Ok(map) => maps.push(map),
                Err(why) => notes.push(format!(
                    "{}: not {} at {horizon} years: {why}.",
                    column.title,
                    ModelRecalibration::words(how)
                )),
            }
        }
        maps
    }

    /// The predictions at the main horizon of each fold's subjects by a recalibration on the
    /// others, judged on all.
    fn crossed(
        self,
        column: &Column,
        how: Recalibration,
        notes: &mut Vec<String>,
    ) -> Result<Option<Prediction>, Error> {
        let Some((horizon, risks)) = column.at(self.columns.main_horizon) else { return Ok(None) };
        let data = self.judged.data;
        let all = WithRisk::of(data, risks);
        let map = Map { horizon: *horizon, how };
        match self.take_turns(&all, &map) {
            Ok(risks) => {
                let mut column = vec![None; data.n()];
                all.members.iter().zip(risks).for_each(|(&i, risk)| column[i] = Some(risk));
                let sample = observed(data)?.with_partial_probability("crossed", *horizon, column);
                let n_groups = 5.min(all.members.len() / 10).max(2);
                let options = EvaluationOptions::default().with_calibration_groups(n_groups);
                let evaluation = Evaluation::of(&sample, &options)?;
                Ok(evaluation.predictions.into_iter().next())
            }
            Err(why) => {
                notes.push(format!(
                    "{}, {}: not judged on folds: {why}.",
                    column.title,
                    ModelRecalibration::words(how)
                ));
                Ok(None)
            }
        }
    }

    fn take_turns(self, all: &WithRisk, map: &Map) -> Result<Vec<f64>, Error> {
        let folds = Folds::stratified(all.event(), FOLDS, self.config.seed_for("recalibration"))?;
        let mut risks = vec![0.0; all.risk.len()];
        for fold in 0..folds.n_folds() {
            let fitted = all.subset(&folds.train(fold)).run(map)?;
            for k in folds.validation(fold) {
                risks[k] = fitted.risk(all.risk[k])?;
            }
        }
        Ok(risks)
    }
}

/// Subjects that a model answers.
fn members(column: &Column) -> Vec<usize> {
    (0..column.score.len()).filter(|&i| column.score[i].is_some()).collect()
}

/// What lies in the folders of recalibrated models.
pub(super) fn files(results: &ValidationResults) -> Vec<RunFile> {
    let mut folders: Vec<&str> = results.recalibrated.iter().map(|r| r.folder.as_str()).collect();
    folders.dedup();
    let SetSize { n, events } = results.size;
    let file = |folder: &str| {
        let about = format!(
            "A model folder, as predict and validate take it, whose risks were brought into line \
             with these {n} subjects ({events} events); model.json of each model has its lineage"
        );
        RunFile::new(format!("{folder}/models.json"), about)
    };
    folders.into_iter().map(file).collect()
}
