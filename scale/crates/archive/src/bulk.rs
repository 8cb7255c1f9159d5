//! Scoring a whole archive into a folder of Parquet files, each film once, whatever happens on the
//! way.

use crate::covariates::Covariates;
use crate::kept::{Kept, KeptTable};
use crate::out_folder::{OutFolder, PartId};
use crate::pending::{PendingParts, PendingTable};
use crate::planner::{Planned, Planner};
use crate::session::Cut;
use crate::{Archive, Error, ModelName};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Partitions of a plan on one machine: while the last films of one end, the other goes on.
const PARTITIONS: usize = 2;
/// Most tasks of a plan on a cluster.
const TASKS: usize = 4096;
/// How often the parts that are written are counted.
const LOOK: Duration = Duration::from_secs(20);

/// What is scored, and to where.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BulkOptions {
    /// The folder or bucket of films.
    pub films: String,
    /// The folder or bucket of results.
    pub out: String,
    /// A table of covariates with a column `file`.
    pub covariates: Option<PathBuf>,
    /// Films of a part: of one file of results, and of what is lost when a process ends.
    pub part_films: usize,
}

impl BulkOptions {
    /// From films to results.
    #[must_use]
    pub fn new(films: impl Into<String>, out: impl Into<String>) -> Self {
        Self { films: films.into(), out: out.into(), covariates: None, part_films: 256 }
    }

    /// With a table of covariates.
    #[must_use]
    pub fn with_covariates(self, covariates: Option<PathBuf>) -> Self {
        Self { covariates, ..self }
    }

    /// With so many films in a part.
    #[must_use]
    pub fn with_part_films(self, part_films: usize) -> Self {
        Self { part_films, ..self }
    }
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BulkProgress {
    /// Films were listed and planned.
    Planned {
        /// Files that were listed.
        listed: usize,
        /// Those of them that no run had planned before.
        new: usize,
        /// Those of the new that the table of covariates has no row for: the model's typical values
        /// stand in, and the film's warnings say so.
        without_covariates: usize,
        /// Parts to be scored, those that earlier runs left included.
        parts: usize,
    },
    /// Parts were written.
    Written {
        /// How many.
        parts: usize,
        /// Of how many.
        of: usize,
    },
}

impl Archive {
    /// Lists and plans the films of an archive, without scoring any: what a run would do.
    ///
    /// # Errors
    /// As [`score_all`](Self::score_all).
    pub async fn plan_all(&self, options: &BulkOptions) -> Result<BulkProgress, Error> {
        let (planned, ..) = self.planned(options).await?;
        Ok(planned.progress())
    }

    /// Scores all films of an archive that have no row yet. `observe` is told how far it is.
    ///
    /// # Errors
    /// A store or the cluster fails; the model cannot be read; a film has no covariates. What is
    /// written stays, and the same call goes on from there.
    pub async fn score_all(
        &self,
        options: &BulkOptions,
        observe: impl Fn(BulkProgress),
    ) -> Result<(), Error> {
        let (planned, out, model) = self.planned(options).await?;
        observe(planned.progress());
        let parts = planned.pending;
        if parts.is_empty() {
            return Ok(());
        }
        let look = async {
            loop {
                tokio::time::sleep(LOOK).await;
                if let Ok(absent) = absent(&out, &parts).await {
                    let (parts, of) = (parts.len() - absent, parts.len());
                    observe(BulkProgress::Written { parts, of });
                }
            }
        };
        tokio::select! {
            ran = self.run(options, &model, &parts) => ran?,
            _ = look => {}
        }
        match absent(&out, &parts).await? {
            0 => observe(BulkProgress::Written { parts: parts.len(), of: parts.len() }),
            absent => return Err(Error::Unfinished { parts: absent, planned: parts.len() }),
        }
        Ok(())
    }

    async fn planned(
        &self,
        options: &BulkOptions,
    ) -> Result<(Planned, OutFolder, ModelName), Error> {
        if options.part_films == 0 {
            return Err(Error::setting("part-films", "at least 1", 0));
        }
        let stores = self.scorer.stores();
        let films = stores.place(&options.films)?;
        let out = OutFolder::new(stores.place(&options.out)?);
        if out.place().is_within(&films) {
            let expected = "a folder outside of that of the films";
            return Err(Error::setting("out", expected, &options.out));
        }
        let model = self.scorer.model(&self.model).await?;
        let names = model.predictor.covariates();
        let covariates = Covariates::read(options.covariates.as_deref(), &names)?;
        out.check().await?;
        let planner = Planner {
            out: &out,
            films: &films,
            model: &model.digest,
            covariates: &covariates,
            part_films: options.part_films,
        };
        let planned = planner.plan().await?;
        let digest = Some(model.digest.clone());
        Ok((planned, out, ModelName { digest, ..self.model.clone() }))
    }

    /// Runs the plan of these parts, here or on the cluster.
    async fn run(
        &self,
        options: &BulkOptions,
        model: &ModelName,
        parts: &[PartId],
    ) -> Result<(), Error> {
        let partitions = parts.len().min(match self.scheduler {
            None => PARTITIONS,
            Some(_) => TASKS,
        });
        let stores = self.scorer.stores();
        let out = stores.place(&options.out)?.name();
        let of = PendingParts { out: out.clone(), parts: parts.to_vec(), partitions };
        let pending = PendingTable { of, stores: Arc::clone(stores) };
        let kept = KeptTable { of: Kept { out }, stores: Arc::clone(stores) };
        let context = self.context(Cut { partitions, batch: options.part_films }).await?;
        let model = serde_json::to_string(model).unwrap_or_default().replace('\'', "''");
        let sql = format!(
            "insert into kept select part, films, score(path, '{model}', covariates) from pending"
        );
        let run = async {
            context.register_table("pending", Arc::new(pending))?;
            context.register_table("kept", Arc::new(kept))?;
            context.sql(&sql).await?.collect().await
        };
        run.await.map(|_| ()).map_err(Error::engine)
    }
}

impl Planned {
    fn progress(&self) -> BulkProgress {
        let &Self { listed, new, without_covariates, ref pending } = self;
        BulkProgress::Planned { listed, new, without_covariates, parts: pending.len() }
    }
}

/// How many of the parts are not written.
async fn absent(out: &OutFolder, parts: &[PartId]) -> Result<usize, Error> {
    let written = out.written().await?;
    Ok(parts.iter().filter(|part| !written.contains(part)).count())
}
