//! The models of a folder that can be asked about a cohort.

use super::Judged;
use crate::Error;
use crate::input::subjects::StudyData;
use crate::model::description;
use crate::model::model_folder::{AnyModel, ListedModel, ModelFolder, ModelKind};
use burn::tensor::Device;
use std::collections::BTreeMap;
use vertebra_cohort::Covariate;
use vertebra_report::results::{Method, MissingInput};
use vertebra_run::Digest;

/// A model to be validated.
pub(super) struct Candidate {
    /// Its name in the model folder.
    pub(super) name: String,
    pub(super) title: String,
    pub(super) method: Method,
    pub(super) model: AnyModel,
    /// Its covariates, as the cohort knows them.
    pub(super) covariates: Vec<Covariate>,
    /// SHA-256 of its description.
    pub(super) digest: String,
}

/// The models that fit, and why others do not.
pub(super) struct Chosen {
    pub(super) candidates: Vec<Candidate>,
    pub(super) notes: Vec<String>,
}

/// Reads the models of these names, or all; a model that does not fit is an error where it was
/// named, and a note where others fit.
///
/// # Errors
/// [`Error::UnfitModel`]; those of reading.
pub(super) fn choose(
    folder: &ModelFolder,
    names: Option<&[String]>,
    data: &StudyData,
    device: &Device,
) -> Result<Chosen, Error> {
    let all = || folder.models().iter().map(|model| model.name.clone()).collect();
    let wanted: Vec<String> = names.map_or_else(all, <[String]>::to_vec);
    let (mut candidates, mut unfit) = (Vec::new(), Vec::new());
    for name in &wanted {
        match Candidate::read(folder, folder.find(Some(name))?, data, device) {
            Ok(candidate) => candidates.push(candidate),
            Err(error @ Error::UnfitModel { .. }) if names.is_none() => unfit.push(error),
            Err(error) => return Err(error),
        }
    }
    if candidates.is_empty() {
        return Err(Error::all(unfit));
    }
    Ok(Chosen { candidates, notes: unfit.iter().map(|why| format!("Left out: {why}.")).collect() })
}

impl Candidate {
    fn read(
        folder: &ModelFolder,
        listed: &ListedModel,
        data: &StudyData,
        device: &Device,
    ) -> Result<Self, Error> {
        let ListedModel { name, title, kind } = listed.clone();
        let model = folder.load(Some(&name), device)?;
        let unfit = |expected, got| Error::UnfitModel { model: name.clone(), expected, got };
        let film = model.description().film.as_ref();
        if film.is_some_and(|film| film.variant.is_masked()) {
            let expected = "a model of pictures that a film and its points give".to_owned();
            return Err(unfit(
                expected,
                "one of masked pictures, which take masks drawn by hand".to_owned(),
            ));
        }
        let names: Vec<&str> =
            model.description().covariates.iter().map(|(name, _)| name.as_str()).collect();
        let absent: Vec<&str> =
            names.iter().copied().filter(|name| !is_recorded(name, data)).collect();
        if !absent.is_empty() {
            let got = format!("nobody with {}", absent.join(", "));
            return Err(unfit(format!("the covariates {}", names.join(", ")), got));
        }
        let covariates = names.iter().map(|name| name.parse()).collect::<Result<Vec<_>, _>>()?;
        let digest = Digest::of_file(&folder.path().join(&name).join(description::FILE))?;
        let method = match (kind, covariates.is_empty()) {
            (ModelKind::Cox, _) => Method::CoxPh,
            (ModelKind::Covariates, _) => Method::DeepSurv,
            (ModelKind::Film, true) => Method::ImageOnly,
            (ModelKind::Film, false) => Method::DeepSurvImage,
        };
        let digest = digest.to_string();
        Ok(Self { name, title, method, model, covariates, digest })
    }

    /// The covariates of a subject, in order.
    pub(super) fn values(&self, data: &StudyData, subject: usize) -> Vec<Option<f64>> {
        self.covariates.iter().map(|covariate| covariate.value(data.subject(subject))).collect()
    }

    /// Horizons of its risks, years.
    pub(super) fn horizons(&self) -> &[f64] {
        &self.model.description().horizons
    }
}

/// Whether somebody's value is known.
fn is_recorded(name: &str, data: &StudyData) -> bool {
    let Ok(covariate) = name.parse::<Covariate>() else { return false };
    (0..data.n()).any(|i| covariate.value(data.subject(i)).is_some())
}

/// Covariates that some lack, with what stands in for them.
pub(super) fn missing(judged: &Judged<'_>) -> Vec<MissingInput> {
    let data = judged.data;
    let mut found: BTreeMap<&str, MissingInput> = BTreeMap::new();
    for candidate in judged.candidates {
        let inputs = candidate.model.description().covariates.iter().zip(&candidate.covariates);
        for ((name, stand_in), covariate) in inputs {
            let lacks = |i: &usize| covariate.value(data.subject(*i)).is_none();
            let n = (0..data.n()).filter(lacks).count();
            if n > 0 {
                found.entry(name).or_insert_with(|| MissingInput::new(name, n, *stand_in));
            }
        }
    }
    found.into_values().collect()
}
