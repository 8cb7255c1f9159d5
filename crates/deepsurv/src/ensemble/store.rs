//! An ensemble as a folder: `ensemble.json`, and a folder `member-1`, `member-2`, .. of each model.

use super::{CurveEnsemble, RiskEnsemble};
use crate::{
    CurveModel, CurveRecalibration, EncoderSettings, Error, Recalibration, RiskModel,
    RiskModelConfig,
    store::{description_in, write_description},
};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use vertebra_survival::BaselineHazard;

/// Goes up when a reader of the old layout would misread the new one.
const SCHEMA_VERSION: u32 = 1;
const FILE: &str = "ensemble.json";

#[derive(Serialize, Deserialize)]
struct Description<S> {
    schema_version: u32,
    crate_version: String,
    members: usize,
    #[serde(flatten)]
    shared: S,
}

/// What the members of a [`RiskEnsemble`] share.
#[derive(Serialize, Deserialize)]
struct OfRisks {
    snapshots: usize,
    recalibration: Option<Recalibration>,
    baseline: BaselineHazard,
}

/// What the members of a [`CurveEnsemble`] share.
#[derive(Serialize, Deserialize)]
struct OfCurves {
    curve_recalibration: Option<CurveRecalibration>,
}

impl<E: EncoderSettings> RiskEnsemble<E> {
    /// Writes the ensemble into `folder`, which is made if need be.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Malformed`], naming the file.
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        let (recalibration, baseline) = (self.recalibration().copied(), self.baseline().clone());
        let shared = OfRisks { snapshots: self.snapshots(), recalibration, baseline };
        save(folder, self.members(), RiskModel::save, shared)
    }

    /// Reads an ensemble that [`save`](Self::save) wrote, with an encoder of one's own.
    ///
    /// # Errors
    /// As [`RiskEnsemble::load`].
    pub fn load_own(folder: &Path, device: &Device) -> Result<Self, Error> {
        let (members, OfRisks { snapshots, recalibration, baseline }) =
            load(folder, "an ensemble of risk models", |member| {
                RiskModel::load_own(member, device)
            })?;
        check_factor(folder, recalibration.map(|learnt| learnt.factor))?;
        if let Some(k) = members.iter().position(|member| member.recalibration().is_some()) {
            let expected = "members that are not recalibrated by themselves";
            return Err(Error::malformed(
                &folder.join(FILE),
                expected,
                format!("member-{}", k + 1),
            ));
        }
        if snapshots == 0 || !members.len().is_multiple_of(snapshots) {
            let expected = "as many snapshots of each network";
            return Err(Error::malformed(&folder.join(FILE), expected, snapshots));
        }
        check_inputs(folder, members.iter().map(RiskModel::config))?;
        Ok(Self::from_parts((members, snapshots), baseline, recalibration))
    }
}

impl RiskEnsemble {
    /// Reads an ensemble that [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Malformed`], naming the file; settings out of their domain.
    pub fn load(folder: &Path, device: &Device) -> Result<Self, Error> {
        Self::load_own(folder, device)
    }
}

impl<E: EncoderSettings> CurveEnsemble<E> {
    /// Writes the ensemble into `folder`, which is made if need be.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Malformed`], naming the file.
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        let shared = OfCurves { curve_recalibration: self.recalibration().copied() };
        save(folder, self.members(), CurveModel::save, shared)
    }

    /// Reads an ensemble that [`save`](Self::save) wrote, with an encoder of one's own.
    ///
    /// # Errors
    /// As [`CurveEnsemble::load`].
    pub fn load_own(folder: &Path, device: &Device) -> Result<Self, Error> {
        let (members, OfCurves { curve_recalibration }) =
            load(folder, "an ensemble of models of curves", |member| {
                CurveModel::load_own(member, device)
            })?;
        check_factor(folder, curve_recalibration.map(|learnt| learnt.factor))?;
        if let [first, others @ ..] = &*members
            && let Some(k) = others.iter().position(|member| member.grid() != first.grid())
        {
            let expected = "members on one grid of intervals";
            return Err(Error::malformed(
                &folder.join(FILE),
                expected,
                format!("member-{}", k + 2),
            ));
        }
        check_inputs(folder, members.iter().map(CurveModel::config))?;
        Ok(Self::from_parts(members, curve_recalibration))
    }
}

impl CurveEnsemble {
    /// Reads an ensemble that [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Malformed`], naming the file; settings out of their domain.
    pub fn load(folder: &Path, device: &Device) -> Result<Self, Error> {
        Self::load_own(folder, device)
    }
}

fn member(folder: &Path, k: usize) -> PathBuf {
    folder.join(format!("member-{}", k + 1))
}

fn save<M>(
    folder: &Path,
    members: &[M],
    save: impl Fn(&M, &Path) -> Result<(), Error>,
    shared: impl Serialize,
) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    // Without it no mixture of an older ensemble's members and new ones is read.
    let path = folder.join(FILE);
    if path.exists() {
        std::fs::remove_file(&path).map_err(Error::io(&path))?;
    }
    for (k, model) in members.iter().enumerate() {
        save(model, &member(folder, k))?;
    }
    let description = Description {
        schema_version: SCHEMA_VERSION,
        crate_version: env!("CARGO_PKG_VERSION").to_owned(),
        members: members.len(),
        shared,
    };
    write_description(&path, &description)
}

fn load<M, S: serde::de::DeserializeOwned>(
    folder: &Path,
    what: &'static str,
    load: impl Fn(&Path) -> Result<M, Error>,
) -> Result<(Vec<M>, S), Error> {
    let path = folder.join(FILE);
    let Description { members, shared, .. } = description_in(&path, what, SCHEMA_VERSION)?;
    if members == 0 {
        return Err(Error::malformed(&path, "at least one member", members));
    }
    let members = (0..members).map(|k| load(&member(folder, k))).collect::<Result<_, _>>()?;
    Ok((members, shared))
}

/// That all members read the same.
fn check_inputs<'a, E: EncoderSettings>(
    folder: &Path,
    configs: impl Iterator<Item = &'a RiskModelConfig<E>>,
) -> Result<(), Error> {
    let read = |config: &'a RiskModelConfig<E>| {
        (&config.covariates, config.image.as_ref().map(|image| (image.shape, image.missing_images)))
    };
    let mut read = configs.map(read);
    let first = read.next();
    match read.position(|other| Some(other) != first) {
        Some(k) => {
            let (expected, got) = ("members that read the same", format!("member-{}", k + 2));
            Err(Error::malformed(&folder.join(FILE), expected, got))
        }
        None => Ok(()),
    }
}

fn check_factor(folder: &Path, factor: Option<f64>) -> Result<(), Error> {
    match factor.filter(|factor| !(factor.is_finite() && *factor > 0.0)) {
        Some(factor) => {
            let expected = "a positive factor of recalibration";
            Err(Error::malformed(&folder.join(FILE), expected, factor))
        }
        None => Ok(()),
    }
}
