//! What is between a subject and the number a model gives: `model.json` of every model.

use crate::Error;
use crate::config::PictureConfig;
use crate::model::json::{read_json, read_version, write_json};
use crate::model::recalibration::ModelRecalibration;
use crate::stages::Context;
use serde::{Deserialize, Serialize};
use std::path::Path;
use vertebra_alignment::ImageVariant;
use vertebra_deepsurv::Outside;
use vertebra_keypoints::Doubt;

/// Version of the layout of a description.
pub(crate) const SCHEMA_VERSION: u32 = 1;
pub(crate) const FILE: &str = "model.json";

/// What is between a subject and the number a model gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelDescription {
    /// Version of this layout.
    pub schema_version: u32,
    /// Version of the software that wrote it.
    pub version: String,
    /// The model's name in the study.
    pub name: String,
    /// How a film becomes what the network sees; `None` for a model of covariates alone.
    #[serde(flatten)]
    pub film: Option<FilmDescription>,
    /// Covariates in order, with the value that stands in for a missing one.
    pub covariates: Vec<(String, f64)>,
    /// Horizons of the reported risks, years.
    pub horizons: Vec<f64>,
    /// Longest follow-up of the subjects it was fitted on, years; no risk is given beyond.
    pub last_follow_up: f64,
    /// Subjects and events it was fitted on.
    pub development: vertebra_report::results::SetSize,
    /// What it may be used for.
    pub intended_use: String,
    /// The cohorts that its risks were brought into line with since, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recalibrations: Vec<ModelRecalibration>,
}

/// How a film becomes what a network sees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FilmDescription {
    /// Height to which films are reduced before keypoints are found, px.
    pub film_height: usize,
    /// What the network sees.
    pub variant: ImageVariant,
    /// How it is rendered.
    pub picture: PictureConfig,
}

impl FilmDescription {
    /// Of a study's networks, which see this variant.
    pub(crate) fn of(context: Context<'_>, variant: ImageVariant) -> Self {
        let config = context.config;
        Self { film_height: config.film_height, variant, picture: config.picture.clone() }
    }
}

impl ModelDescription {
    /// Of a model of a study with these covariates, that sees no film.
    pub(crate) fn of(context: Context<'_>, name: &str, covariates: Vec<(String, f64)>) -> Self {
        let (data, config) = (context.data, context.config);
        let times = data.development().iter().map(|&i| data.outcomes.time()[i]);
        Self {
            schema_version: SCHEMA_VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            name: name.to_owned(),
            film: None,
            covariates,
            horizons: config.horizons.clone(),
            last_follow_up: times.fold(0.0, f64::max),
            development: data.size(data.development()),
            intended_use: "research only; not a medical device".to_owned(),
            recalibrations: Vec::new(),
        }
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), Error> {
        write_json(&folder.join(FILE), self)
    }

    pub(super) fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(FILE);
        read_version(&path, SCHEMA_VERSION, "a model description")?;
        read_json(&path, "a model description")
    }

    /// The risk by each horizon, as recalibrated last; none beyond the longest follow-up.
    pub(super) fn risks(&self, risk: impl Fn(f64) -> f64) -> Vec<(f64, Option<f64>)> {
        let known = |h: f64| h <= self.last_follow_up;
        let risks = self.horizons.iter().map(|&h| (h, known(h).then(|| risk(h)))).collect();
        self.recalibrations.iter().fold(risks, |risks: Vec<_>, step| step.apply(&risks))
    }

    /// The same with one more step of its lineage, which only has risks that the step has a map
    /// for, and a title that says so.
    pub(crate) fn recalibrated(mut self, step: ModelRecalibration) -> Self {
        self.horizons.retain(|horizon| step.maps.iter().any(|map| map.horizon == *horizon));
        self.name = format!("{}, {}", self.name, ModelRecalibration::words(step.how));
        self.recalibrations.push(step);
        self
    }

    /// The covariates with what stands in for missing ones, of which `warnings` learn.
    ///
    /// # Errors
    /// They are not as many as expected.
    pub(crate) fn imputed(
        &self,
        covariates: &[Option<f64>],
        warnings: &mut Vec<String>,
    ) -> Result<Vec<f64>, Error> {
        let expected = &self.covariates;
        if covariates.len() != expected.len() {
            let (expected, got) = (expected.len(), covariates.len());
            return Err(Error::LengthMismatch { name: "covariates", expected, got });
        }
        let value = |(given, (name, stand_in)): (&Option<f64>, &(String, f64))| {
            given.unwrap_or_else(|| {
                warnings.push(format!("{name} is not given; {stand_in} stands in"));
                *stand_in
            })
        };
        Ok(covariates.iter().zip(expected).map(value).collect())
    }
}

/// A number outside all that the model was fitted on, as a doubt.
pub(super) fn outside_training(outside: Outside) -> Doubt {
    let Outside { name, value, range: [least, most], .. } = outside;
    Doubt::OutsideTraining { name, value, least, most }
}
