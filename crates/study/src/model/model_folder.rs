//! A folder of trained models: `models.json` lists them and names the default, `keypoints.json` and
//! `keypoints.safetensors` are the detector they share, and each model has a folder of its name
//! with `model.json` and its numbers: `cox.json`, or `risk.json` and `risk.safetensors`.
//! `development.json` is the cohort that they were made on, in numbers of the whole.

use crate::Error;
use crate::model::covariate_model::CovariateModel;
use crate::model::description::ModelDescription;
use crate::model::json::{malformed, read_json, read_version, write_json};
use crate::model::recalibration::ModelRecalibration;
use crate::model::trained_model::TrainedModel;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use vertebra_hrnet::KeypointDetector;
use vertebra_report::results::DevelopmentSummary;

/// Version of the layout of a model folder.
pub(crate) const SCHEMA_VERSION: u32 = 2;
const LIST: &str = "models.json";
const DEVELOPMENT: &str = "development.json";

/// What a model is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ModelKind {
    /// A Cox regression on covariates, `cox.json`.
    Cox,
    /// A network on covariates.
    Covariates,
    /// A network on pictures of a film, and on covariates where it has some.
    Film,
}

/// One model of a folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ListedModel {
    /// Its name, and that of its folder.
    pub name: String,
    /// What the report calls it.
    pub title: String,
    /// What it is made of.
    pub kind: ModelKind,
}

/// The models of a folder.
///
/// ```no_run
/// let folder = vertebra_study::ModelFolder::open("runs/mine/model")?;
/// for model in folder.models() {
///     println!("{} is {}", model.name, model.title);
/// }
/// # Ok::<(), vertebra_study::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ModelFolder {
    path: PathBuf,
    list: List,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct List {
    schema_version: u32,
    version: String,
    default: String,
    models: Vec<ListedModel>,
}

/// A model to be kept.
#[derive(Debug, Clone)]
pub(crate) enum AnyModel {
    Film(Box<TrainedModel>),
    Covariates(Box<CovariateModel>),
}

impl AnyModel {
    pub(crate) fn description(&self) -> &ModelDescription {
        match self {
            Self::Film(model) => model.description(),
            Self::Covariates(model) => model.description(),
        }
    }

    pub(crate) fn kind(&self) -> ModelKind {
        match self {
            Self::Film(_) => ModelKind::Film,
            Self::Covariates(model) => model.kind(),
        }
    }

    /// The same with one more step of its lineage.
    pub(crate) fn recalibrated(&self, step: ModelRecalibration) -> Self {
        match self {
            Self::Film(model) => Self::Film(Box::new(model.recalibrated(step))),
            Self::Covariates(model) => Self::Covariates(Box::new(model.recalibrated(step))),
        }
    }

    fn write(&self, folder: &Path) -> Result<(), Error> {
        match self {
            Self::Film(model) => model.write(folder),
            Self::Covariates(model) => model.save(folder),
        }
    }
}

impl ModelFolder {
    /// Reads the list of a folder that a study wrote.
    ///
    /// # Errors
    /// The list is missing, malformed, or of another schema version.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = folder.into();
        let file = path.join(LIST);
        read_version(&file, SCHEMA_VERSION, "a list of models")?;
        Ok(Self { list: read_json(&file, "a list of models")?, path })
    }

    /// All models.
    #[must_use]
    pub fn models(&self) -> &[ListedModel] {
        &self.list.models
    }

    /// The model of a name; the default one for `None`.
    ///
    /// # Errors
    /// [`Error::Malformed`], which lists the names that there are.
    pub fn find(&self, name: Option<&str>) -> Result<&ListedModel, Error> {
        let wanted = name.unwrap_or(&self.list.default);
        let found = self.list.models.iter().find(|model| model.name == wanted);
        let names = || self.list.models.iter().map(|m| m.name.as_str()).collect::<Vec<_>>();
        let one_of = || format!("one of {}", names().join(", "));
        found.ok_or_else(|| malformed(&self.path.join(LIST), &one_of(), wanted))
    }

    /// The cohort that the models were made on, in numbers of the whole; `None` of a folder that
    /// does not have it.
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::Io`].
    pub fn development(&self) -> Result<Option<DevelopmentSummary>, Error> {
        let path = self.path.join(DEVELOPMENT);
        path.exists().then(|| read_json(&path, "a summary of a development cohort")).transpose()
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the model of a name; the default one for `None`.
    pub(crate) fn load(&self, name: Option<&str>, device: &Device) -> Result<AnyModel, Error> {
        let ListedModel { name, kind, .. } = self.find(name)?;
        let folder = self.path.join(name);
        Ok(match kind {
            ModelKind::Film => {
                let detector = KeypointDetector::load(&self.path, device)?;
                AnyModel::Film(Box::new(TrainedModel::read(&folder, detector, device)?))
            }
            kind => {
                let cox = *kind == ModelKind::Cox;
                AnyModel::Covariates(Box::new(CovariateModel::load(&folder, cox, device)?))
            }
        })
    }

    /// Writes models with their names, and the cohort that they were made on, into a folder, which
    /// is made when absent; the list comes last.
    ///
    /// # Errors
    /// Writing one of the files failed.
    pub(crate) fn write(
        path: &Path,
        detector: &KeypointDetector,
        (models, default): (&[(String, AnyModel)], &str),
        development: Option<&DevelopmentSummary>,
    ) -> Result<(), Error> {
        std::fs::create_dir_all(path).map_err(Error::io(path))?;
        detector.save(path)?;
        let mut listed = Vec::new();
        for (name, model) in models {
            let folder = path.join(name);
            std::fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
            model.write(&folder)?;
            let (title, kind) = (model.description().name.clone(), model.kind());
            listed.push(ListedModel { name: name.clone(), title, kind });
        }
        if let Some(development) = development {
            write_json(&path.join(DEVELOPMENT), development)?;
        }
        let list = List {
            schema_version: SCHEMA_VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            default: default.to_owned(),
            models: listed,
        };
        write_json(&path.join(LIST), &list)
    }
}
