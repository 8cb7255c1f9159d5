//! From a file in a store to a row: the answer that `predict` gives, within limits of memory and
//! time.

use crate::fetch::fetch;
use crate::row::FilmRow;
use crate::worker::{Ended, Workers};
use crate::{Error, Model, ModelName, Models, Stores};
use bytes::Bytes;
use object_store::ObjectMeta;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use vertebra_radiograph::{Error as ReadError, Limits, Provenance, ReadOptions};
use vertebra_run::Digest;
use vertebra_study::{Answer, AnswerOptions};

/// Films that wait in memory for each that is worked on.
const WAITING: usize = 2;
/// How often a file that changes while it is read is read again.
const TRIES: usize = 3;
/// How much longer than its time a film may take before it counts as one that hangs: decoders of
/// other crates are waited for.
const PATIENCE: u32 = 2;

/// What scoring may take of a machine.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ScoreOptions {
    /// Films that are scored at once.
    pub jobs: usize,
    /// Bytes of films in memory, those waiting included; a larger film goes alone.
    pub film_memory: u64,
    /// Bounds on one film.
    pub limits: Limits,
    /// Where fetched models are kept.
    pub models: PathBuf,
}

impl Default for ScoreOptions {
    /// All processors, 1 GiB of films, the reader's own limits, a folder of the system's for
    /// temporary files.
    fn default() -> Self {
        Self {
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            film_memory: 1 << 30,
            limits: Limits::default(),
            models: std::env::temp_dir().join("vertebra-models"),
        }
    }
}

impl ScoreOptions {
    /// With so many films scored at once.
    #[must_use]
    pub fn with_jobs(self, jobs: usize) -> Self {
        Self { jobs, ..self }
    }

    /// With so many bytes of films in memory.
    #[must_use]
    pub fn with_film_memory(self, film_memory: u64) -> Self {
        Self { film_memory, ..self }
    }

    /// With bounds on one film.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// With a folder in which fetched models are kept.
    #[must_use]
    pub fn with_models(self, models: PathBuf) -> Self {
        Self { models, ..self }
    }
}

/// Scores films.
#[derive(Debug)]
pub struct Scorer {
    stores: Arc<Stores>,
    models: Models,
    workers: Workers,
    memory: Semaphore,
    options: ScoreOptions,
}

/// The unit of the semaphore of memory.
const KIB: u64 = 1 << 10;

impl Scorer {
    /// Takes films from these stores.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`]; [`Error::Io`] where the system gives no thread.
    pub fn new(stores: Arc<Stores>, options: ScoreOptions) -> Result<Self, Error> {
        let ScoreOptions { jobs, film_memory, ref models, .. } = options;
        if jobs == 0 {
            return Err(Error::setting("jobs", "at least 1", jobs));
        }
        let kib = usize::try_from(film_memory / KIB).unwrap_or(0);
        if kib == 0 || kib > u32::MAX as usize {
            return Err(Error::setting("film-memory", "1 KiB to 4 TiB", film_memory));
        }
        Ok(Self {
            models: Models::new(Arc::clone(&stores), models.clone()),
            workers: Workers::new(jobs)?,
            memory: Semaphore::new(kib),
            stores,
            options,
        })
    }

    /// The stores it takes films from.
    #[must_use]
    pub fn stores(&self) -> &Arc<Stores> {
        &self.stores
    }

    /// The model of a name.
    ///
    /// # Errors
    /// As [`Models::get`].
    pub async fn model(&self, name: &ModelName) -> Result<Arc<Model>, Error> {
        self.models.get(name).await
    }

    /// Films that are worth having on the way at once.
    #[must_use]
    pub fn at_once(&self) -> usize {
        WAITING * self.options.jobs
    }

    /// The row of a film. A film that is not there any more, is none, breaks its limits or hangs
    /// has a row that says so.
    ///
    /// # Errors
    /// The store fails; the covariates do not fit the model; too many films hang.
    pub async fn score(
        &self,
        path: &str,
        model: &Arc<Model>,
        covariates: Vec<Option<f64>>,
    ) -> Result<FilmRow, Error> {
        let place = self.stores.place(path)?;
        for _ in 0..TRIES {
            let meta = match place.head().await {
                Ok(meta) => meta,
                Err(Error::NotFound { .. }) => {
                    let error = io::Error::new(io::ErrorKind::NotFound, "it is not there any more");
                    let scored = Scored::refused(error.into(), path, model, &covariates)?;
                    return Ok(scored.row(None, (path, model.as_ref(), covariates)));
                }
                Err(error) => return Err(error),
            };
            let _held = self.hold(meta.size).await;
            if let Some(bytes) = fetch(&place, &meta, self.options.limits).await? {
                let scored = self.work(bytes, path, model, &covariates).await?;
                return Ok(scored.row(Some(meta), (path, model.as_ref(), covariates)));
            }
        }
        Err(Error::Changing { name: place.name() })
    }

    /// Scores bytes on a worker.
    async fn work(
        &self,
        bytes: Result<Bytes, ReadError>,
        path: &str,
        model: &Arc<Model>,
        covariates: &[Option<f64>],
    ) -> Result<Scored, Error> {
        let time = self.options.limits.time * PATIENCE;
        let options = ReadOptions::default().with_limits(self.options.limits);
        let (name, with, values) = (path.to_owned(), Arc::clone(model), covariates.to_vec());
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => return Scored::refused(error, path, model, covariates),
        };
        let work = move || Scored::of(&bytes, &name, &options, &with, &values);
        match self.workers.run(time, work).await? {
            Ok(scored) => scored,
            Err(ended) => Scored::refused(why(ended, time), path, model, covariates),
        }
    }

    /// Waits until there is room for so many bytes; for more than there is ever room for, until
    /// nothing else is held.
    async fn hold(&self, bytes: u64) -> Option<tokio::sync::SemaphorePermit<'_>> {
        let all = self.options.film_memory / KIB;
        let kib = u32::try_from(bytes.div_ceil(KIB).clamp(1, all)).unwrap_or(u32::MAX);
        self.memory.acquire_many(kib).await.ok()
    }
}

/// What is said of the bytes of a film.
struct Scored {
    answer: Answer,
    grey: Option<Provenance>,
    content: Option<String>,
    seconds: f64,
}

impl Scored {
    fn of(
        bytes: &[u8],
        name: &str,
        options: &ReadOptions,
        model: &Model,
        covariates: &[Option<f64>],
    ) -> Result<Self, Error> {
        let began = Instant::now();
        let film = options.read_bytes(bytes);
        let grey = film.as_ref().ok().map(|film| film.provenance().clone());
        let answers = AnswerOptions::default();
        let answer = model.predictor.answer_to(name.as_ref(), film, covariates, &answers)?;
        let seconds = began.elapsed().as_secs_f64();
        Ok(Self { answer, grey, content: Some(Digest::of(bytes).to_string()), seconds })
    }

    /// Of a film that was not read.
    fn refused(
        error: ReadError,
        name: &str,
        model: &Model,
        covariates: &[Option<f64>],
    ) -> Result<Self, Error> {
        let answers = AnswerOptions::default();
        let answer = model.predictor.answer_to(name.as_ref(), Err(error), covariates, &answers)?;
        Ok(Self { answer, grey: None, content: None, seconds: 0.0 })
    }

    fn row(
        self,
        meta: Option<ObjectMeta>,
        (path, model, covariates): (&str, &Model, Vec<Option<f64>>),
    ) -> FilmRow {
        let Self { answer, grey, content, seconds } = self;
        let (path, model) = (path.to_owned(), model.digest.clone());
        let size = meta.as_ref().map_or(0, |meta| i64::try_from(meta.size).unwrap_or(i64::MAX));
        let etag = meta.and_then(|meta| meta.e_tag);
        FilmRow { path, size, etag, content, model, covariates, answer, grey, seconds }
    }
}

/// Why a film that did not end well cannot be taken.
fn why(ended: Ended, time: Duration) -> ReadError {
    match ended {
        Ended::Late => {
            let allowed = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            let name = "milliseconds for the film; it was left behind";
            ReadError::LimitExceeded { name, allowed, got: allowed }
        }
        Ended::Panicked(message) => {
            io::Error::other(format!("reading it ended in a panic: {message}")).into()
        }
    }
}
