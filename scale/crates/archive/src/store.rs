//! Where files are: a folder, or a bucket of an S3-compatible store, Google Cloud or Azure.
//!
//! A file is named as a user would: `/data/film.dcm`, `s3://bucket/film.dcm`, `gs://..`,
//! `az://container/..`. Credentials, regions and endpoints come from the environment
//! (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, `AWS_ALLOW_HTTP`, `GOOGLE_..`, `AZURE_..`), as
//! `object_store` documents them.

use crate::Error;
use datafusion::error::DataFusionError;
use datafusion::execution::object_store::ObjectStoreRegistry;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, RetryConfig,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::Url;

/// How often a request is made again, and for how long.
const RETRIES: usize = 5;
const RETRY_TIME: Duration = Duration::from_secs(30);

/// The stores of a process, each made when it is first asked for.
#[derive(Debug, Default)]
pub struct Stores {
    made: Mutex<HashMap<String, Arc<dyn ObjectStore>>>,
}

/// A file or folder in a store.
#[derive(Debug, Clone)]
pub struct Place {
    root: String,
    store: Arc<dyn ObjectStore>,
    path: Path,
}

impl Stores {
    /// The place of a path or URL.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a URL of an unknown kind, [`Error::Store`] where the
    /// environment does not say what its store needs.
    pub fn place(&self, name: &str) -> Result<Place, Error> {
        let (root, path) = split(name)?;
        let store = self.store(&root)?;
        let path = Path::parse(path.trim_matches('/'))
            .map_err(|error| Error::store(name, &error.into()))?;
        Ok(Place { root, store, path })
    }

    fn store(&self, root: &str) -> Result<Arc<dyn ObjectStore>, Error> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = made.get(root) {
            return Ok(Arc::clone(store));
        }
        let store = build(root).map_err(|error| Error::store(root, &error))?;
        made.insert(root.to_owned(), Arc::clone(&store));
        Ok(store)
    }
}

/// The store of `scheme://host/`, or of `/`.
fn build(root: &str) -> Result<Arc<dyn ObjectStore>, object_store::Error> {
    let retry =
        RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_TIME, ..RetryConfig::default() };
    let store: Arc<dyn ObjectStore> = match root.split("://").next() {
        Some("s3" | "s3a") => {
            Arc::new(AmazonS3Builder::from_env().with_url(root).with_retry(retry).build()?)
        }
        Some("gs") => Arc::new(
            GoogleCloudStorageBuilder::from_env().with_url(root).with_retry(retry).build()?,
        ),
        Some("az" | "abfs" | "abfss") => {
            Arc::new(MicrosoftAzureBuilder::from_env().with_url(root).with_retry(retry).build()?)
        }
        _ => Arc::new(LocalFileSystem::new()),
    };
    Ok(store)
}

/// `s3://bucket/a/b` as `s3://bucket/` and `a/b`; a path as `/` and the absolute path.
fn split(name: &str) -> Result<(String, String), Error> {
    let Some((scheme, rest)) = name.split_once("://") else {
        let path = std::path::absolute(name).map_err(Error::io(name))?;
        return Ok(("/".into(), path.to_string_lossy().into_owned()));
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    match (scheme, host) {
        ("file", "") => Ok(("/".into(), path.into())),
        ("s3" | "s3a" | "gs" | "az" | "abfs" | "abfss" | "memory", host) if !host.is_empty() => {
            Ok((format!("{scheme}://{host}/"), path.into()))
        }
        _ => {
            let expected = "a path, or s3://BUCKET/.., gs://BUCKET/.., az://CONTAINER/..";
            Err(Error::setting("URL", expected, name))
        }
    }
}

impl Place {
    /// Its name, as a user would write it.
    #[must_use]
    pub fn name(&self) -> String {
        self.name_of(&self.path)
    }

    /// The name of a file of the same store.
    #[must_use]
    pub fn name_of(&self, path: &Path) -> String {
        format!("{}{path}", self.root)
    }

    /// A file of this folder.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        let mut path = self.path.clone();
        name.split('/').for_each(|part| path = path.clone().join(part));
        Self { path, ..self.clone() }
    }

    /// A file of the same store, by its name.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for the name of a file in another store.
    pub fn sibling(&self, name: &str) -> Result<Self, Error> {
        let path = name.strip_prefix(&self.root).map(Path::parse);
        match path {
            Some(Ok(path)) => Ok(Self { path, ..self.clone() }),
            _ => Err(Error::setting("path", format!("a file below {}", self.root), name)),
        }
    }

    /// Whether this is the other place or lies below it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.root == other.root && self.path.prefix_matches(&other.path)
    }

    /// Its path in the store.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The store.
    pub(crate) fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// What the store says of a file.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Refused`], [`Error::Store`].
    pub async fn head(&self) -> Result<ObjectMeta, Error> {
        self.store.head(&self.path).await.map_err(|error| self.error(&error))
    }

    /// Whether the file exists.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Store`].
    pub async fn exists(&self) -> Result<bool, Error> {
        match self.head().await {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// All bytes of a file.
    ///
    /// # Errors
    /// As [`head`](Self::head).
    pub async fn read(&self) -> Result<bytes::Bytes, Error> {
        let read = async { self.store.get(&self.path).await?.bytes().await };
        read.await.map_err(|error| self.error(&error))
    }

    /// Writes a file, whole or not at all, in the place of one that was there.
    ///
    /// # Errors
    /// As [`head`](Self::head).
    pub async fn write(&self, bytes: Vec<u8>) -> Result<(), Error> {
        let put = self.store.put(&self.path, PutPayload::from(bytes)).await;
        put.map(|_| ()).map_err(|error| self.error(&error))
    }

    /// Writes a file unless there is one already; whether it was written.
    ///
    /// # Errors
    /// As [`head`](Self::head).
    pub async fn write_new(&self, bytes: Vec<u8>) -> Result<bool, Error> {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.store.put_opts(&self.path, PutPayload::from(bytes), options).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(self.error(&error)),
        }
    }

    /// What the store's error says of this place.
    pub(crate) fn error(&self, error: &object_store::Error) -> Error {
        Error::store(&self.name(), error)
    }
}

/// The engine reads tables through the same stores.
impl ObjectStoreRegistry for Stores {
    fn register_store(
        &self,
        url: &Url,
        store: Arc<dyn ObjectStore>,
    ) -> Option<Arc<dyn ObjectStore>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.insert(root_of(url), store)
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>, DataFusionError> {
        let root = root_of(url);
        let (root, _) = split(&root)?;
        Ok(self.store(&root)?)
    }
}

fn root_of(url: &Url) -> String {
    match url.scheme() {
        "file" => "/".into(),
        scheme => format!("{scheme}://{}/", url.host_str().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_as_they_were() {
        let stores = Stores::default();
        for name in ["/data/a b/100%.dcm", "/data/ä#1?.dcm"] {
            assert_eq!(stores.place(name).map(|p| p.name()).ok().as_deref(), Some(name));
        }
        assert!(matches!(stores.place("ftp://a/b"), Err(Error::InvalidSetting { .. })));
        assert!(matches!(stores.place("s3:///b"), Err(Error::InvalidSetting { .. })));
    }

    #[test]
    fn a_folder_lies_within_itself_and_not_within_its_neighbour() {
        let stores = Stores::default();
        let place = |name: &str| stores.place(name).unwrap_or_else(|e| panic!("{e}"));
        assert!(place("/data/films/out").is_within(&place("/data/films")));
        assert!(!place("/data/films2").is_within(&place("/data/films")));
    }
}
