//! Models: fetched once to this machine, kept by their digest.

use crate::{Error, Stores};
use burn::tensor::Device;
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Mutex;
use vertebra_hrnet::KeypointDetector;
use vertebra_run::Digest;
use vertebra_study::Predictor;

/// What the detector is called that comes with this project.
pub const SHIPPED: &str = "shipped";

/// Which model a film is scored by, as a plan carries it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelName {
    /// The folder of a study or of a detector, or [`SHIPPED`].
    pub url: String,
    /// A model of the folder in the place of its default.
    #[serde(default)]
    pub which: Option<String>,
    /// The digest it must have; `None`: whatever is there.
    #[serde(default)]
    pub digest: Option<String>,
}

impl ModelName {
    /// The default model of a folder.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), which: None, digest: None }
    }

    /// Another model of the folder.
    #[must_use]
    pub fn with_which(self, which: Option<String>) -> Self {
        Self { which, ..self }
    }

    /// From JSON, or from a URL alone.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        match text.starts_with('{') {
            false => Ok(Self::new(text)),
            true => serde_json::from_str(text)
                .map_err(|error| Error::malformed(text, "the name of a model", error)),
        }
    }
}

/// A model that is ready to score films.
#[derive(Debug)]
pub struct Model {
    /// What it says of films.
    pub predictor: Predictor,
    /// SHA-256 of its files and of which of them is used.
    pub digest: String,
}

/// The models of a process.
#[derive(Debug)]
pub struct Models {
    stores: Arc<Stores>,
    folder: PathBuf,
    loaded: Mutex<HashMap<ModelName, Arc<Model>>>,
}

impl Models {
    /// Models are kept in this folder, which is made when absent.
    #[must_use]
    pub fn new(stores: Arc<Stores>, folder: PathBuf) -> Self {
        Self { stores, folder, loaded: Mutex::default() }
    }

    /// The model of a name; read and checked when it is first asked for.
    ///
    /// # Errors
    /// There is no model, it cannot be read, it sees no films, or it has another digest.
    pub async fn get(&self, name: &ModelName) -> Result<Arc<Model>, Error> {
        let mut loaded = self.loaded.lock().await;
        if let Some(model) = loaded.get(name) {
            return Ok(Arc::clone(model));
        }
        let model = Arc::new(self.load(name).await?);
        loaded.insert(name.clone(), Arc::clone(&model));
        Ok(model)
    }

    async fn load(&self, name: &ModelName) -> Result<Model, Error> {
        let kept = name.digest.as_ref().map(|digest| self.folder.join(digest));
        let folder = match kept.filter(|folder| folder.is_dir()) {
            Some(folder) => folder,
            None => self.fetch(name).await?,
        };
        let digest = digest(&folder, name.which.as_deref())?;
        if let Some(expected) = name.digest.clone().filter(|expected| *expected != digest) {
            return Err(Error::OtherModel { name: name.url.clone(), expected, got: digest });
        }
        let device = Device::default();
        let predictor = match &name.which {
            Some(which) => Predictor::load_named(&folder, which, &device)?,
            None => Predictor::load(&folder, &device)?,
        };
        match predictor.needs_film() {
            true => Ok(Model { predictor, digest }),
            false => Err(Error::SeesNoFilms { name: name.url.clone() }),
        }
    }

    /// Copies a model to the folder of its digest, whole or not at all.
    async fn fetch(&self, name: &ModelName) -> Result<PathBuf, Error> {
        std::fs::create_dir_all(&self.folder).map_err(Error::io(&self.folder))?;
        let made = tempfile::tempdir_in(&self.folder).map_err(Error::io(&self.folder))?;
        match name.url.as_str() {
            SHIPPED => KeypointDetector::shipped(&Device::default())?.save(made.path())?,
            url => self.copy(url, made.path()).await?,
        }
        let folder = self.folder.join(digest(made.path(), name.which.as_deref())?);
        // Another process may have been faster; its copy is the same.
        match std::fs::rename(made.path(), &folder) {
            Err(error) if !folder.is_dir() => Err(Error::io(&folder)(error)),
            _ => Ok(folder),
        }
    }

    async fn copy(&self, url: &str, to: &Path) -> Result<(), Error> {
        let place = self.stores.place(url)?;
        let files: Vec<_> = place
            .store()
            .list(Some(place.path()))
            .try_collect()
            .await
            .map_err(|error| place.error(&error))?;
        let list = |name: &str| files.iter().any(|file| file.location == *place.child(name).path());
        if !list("models.json") && !list("keypoints.json") {
            let expected = "a model: models.json or keypoints.json";
            return Err(Error::NotFound { name: url.to_owned(), expected });
        }
        for file in files {
            let Some(parts) = file.location.prefix_match(place.path()) else { continue };
            let mut path = to.to_owned();
            parts.for_each(|part| path.push(part.as_ref()));
            let folder = path.parent().unwrap_or(to).to_owned();
            std::fs::create_dir_all(&folder).map_err(Error::io(folder))?;
            let bytes = self.stores.place(&place.name_of(&file.location))?.read().await?;
            std::fs::write(&path, bytes).map_err(Error::io(path))?;
        }
        Ok(())
    }
}

/// SHA-256 of the names and contents of all files of a folder, and of which model is used.
fn digest(folder: &Path, which: Option<&str>) -> Result<String, Error> {
    let mut files = BTreeMap::new();
    collect(folder, String::new(), &mut files)?;
    let lines = files.iter().map(|(name, digest)| format!("{digest} {name}\n"));
    let text: String = lines.chain(which.map(|which| format!("which {which}\n"))).collect();
    Ok(Digest::of(text.as_bytes()).to_string())
}

fn collect(
    folder: &Path,
    above: String,
    files: &mut BTreeMap<String, String>,
) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
        let entry = entry.map_err(Error::io(folder))?;
        let (path, name) =
            (entry.path(), format!("{above}{}", entry.file_name().to_string_lossy()));
        match path.is_dir() {
            true => collect(&path, format!("{name}/"), files)?,
            false => {
                let digest = Digest::of_file(&path).map_err(|error| {
                    let (path, source) = error.into_parts();
                    Error::Io { path, source }
                })?;
                files.insert(name, digest.to_string());
            }
        }
    }
    Ok(())
}
