//! The engine with our functions: a session of this process, of a scheduler, of an executor.

use crate::codec::{PlanCodec, TableCodec};
use crate::films::FilmsFunction;
use crate::score_function::score_function;
use crate::{Error, ModelName, ScoreOptions, Scorer, Stores};
use ballista::prelude::{SessionConfigExt, SessionContextExt};
use ballista_core::serde::{BallistaLogicalExtensionCodec, BallistaPhysicalExtensionCodec};
use datafusion::arrow::array::RecordBatch;
use datafusion::error::Result as EngineResult;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::execution::{SendableRecordBatchStream, SessionState};
use datafusion::logical_expr::ScalarUDF;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::{StreamExt, TryStreamExt};
use std::sync::Arc;

/// Name of the table function.
const FILMS: &str = "films";
/// Rows of a batch where a query scores: few, since a row takes a good part of a second.
const BATCH: usize = 256;
/// Partitions of a query on a cluster, where nobody says how many.
const PARTITIONS: usize = 32;
/// Most of them: each lists the films, and all of their plans stand in one message.
const MOST_PARTITIONS: usize = 10_000;

/// How a session cuts its rows: partitions, and rows of a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    pub(crate) partitions: usize,
    pub(crate) batch: usize,
}

/// An archive of films that is asked in SQL: `films('url')` lists it, `score(path)` scores it.
///
/// ```no_run
/// use vertebra_archive::{Archive, ModelName, ScoreOptions};
/// # async fn run() -> Result<(), vertebra_archive::Error> {
/// let archive = Archive::new(ModelName::new("shipped"), ScoreOptions::default())?;
/// let sql = "select path, score(path)['verdict'] from films('/data/films')";
/// for batch in archive.query(sql).await? {
///     println!("{} films", batch.num_rows());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Archive {
    pub(crate) scorer: Arc<Scorer>,
    pub(crate) model: ModelName,
    pub(crate) scheduler: Option<String>,
    partitions: Option<usize>,
}

impl Archive {
    /// With the model of calls that name none.
    ///
    /// # Errors
    /// As [`Scorer::new`].
    pub fn new(model: ModelName, options: ScoreOptions) -> Result<Self, Error> {
        Self::with_stores(Arc::default(), model, options)
    }

    /// With stores that are at hand.
    ///
    /// # Errors
    /// As [`Scorer::new`].
    pub fn with_stores(
        stores: Arc<Stores>,
        model: ModelName,
        options: ScoreOptions,
    ) -> Result<Self, Error> {
        let scorer = Arc::new(Scorer::new(stores, options)?);
        Ok(Self { scorer, model, scheduler: None, partitions: None })
    }

    /// On the cluster of a scheduler, `HOST:PORT`.
    #[must_use]
    pub fn with_scheduler(self, scheduler: Option<String>) -> Self {
        Self { scheduler, ..self }
    }

    /// With queries cut into so many partitions, each with its share of the films, for which it lists
    /// them itself. By default it is one, and 32 on a cluster, whose executors take one after the
    /// other.
    #[must_use]
    pub fn with_partitions(self, partitions: Option<usize>) -> Self {
        Self { partitions, ..self }
    }

    /// The rows of a query.
    ///
    /// # Errors
    /// [`Error::Engine`] for a query that is wrong; [`Error::InvalidSetting`] for no partitions or more
    /// than 10,000; what a film or a store gives.
    pub async fn query(&self, sql: &str) -> Result<Vec<RecordBatch>, Error> {
        self.rows(sql).await?.try_collect().await
    }

    /// The rows of a query as they come, so that memory does not grow with their number.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub async fn rows(
        &self,
        sql: &str,
    ) -> Result<futures::stream::BoxStream<'static, Result<RecordBatch, Error>>, Error> {
        let partitions = self.partitions.unwrap_or(match &self.scheduler {
            // One keeps all processors busy, as many films of a batch are scored at once.
            None => 1,
            Some(_) => PARTITIONS,
        });
        if !(1..=MOST_PARTITIONS).contains(&partitions) {
            let expected = format!("from 1 to {MOST_PARTITIONS}");
            return Err(Error::setting("partitions", expected, partitions));
        }
        let context = self.context(Cut { partitions, batch: BATCH }).await?;
        let rows = async { context.sql(sql).await?.execute_stream().await };
        let rows: SendableRecordBatchStream = rows.await.map_err(Error::engine)?;
        Ok(rows.map_err(Error::engine).boxed())
    }

    /// A session.
    pub(crate) async fn context(&self, cut: Cut) -> Result<SessionContext, Error> {
        let config = config(self.scorer.stores())
            .with_batch_size(cut.batch)
            .with_target_partitions(cut.partitions)
            // A part stays in one partition.
            .with_round_robin_repartition(false)
            .set_bool("datafusion.optimizer.repartition_file_scans", false);
        let state = self.state(config).map_err(Error::engine)?;
        let context = match &self.scheduler {
            None => SessionContext::new_with_state(state),
            Some(scheduler) => {
                let url = format!("df://{scheduler}");
                SessionContext::remote_with_state(&url, state).await.map_err(Error::engine)?
            }
        };
        // Going over to a cluster leaves only the engine's own functions.
        self.register(&context);
        // Tables by their names in quotes: `from 'covariates.parquet'`.
        Ok(context.enable_url_table())
    }

    /// The engine's state with our functions.
    pub(crate) fn state(&self, config: SessionConfig) -> EngineResult<SessionState> {
        let state = SessionStateBuilder::new()
            .with_default_features()
            .with_config(config)
            .with_runtime_env(runtime(self.scorer.stores())?)
            .build();
        let context = SessionContext::new_with_state(state);
        self.register(&context);
        Ok(context.state())
    }

    fn register(&self, context: &SessionContext) {
        let films = FilmsFunction { stores: Arc::clone(self.scorer.stores()) };
        context.register_udtf(FILMS, Arc::new(films));
        context.register_udf(self.function().as_ref().clone());
    }

    /// `score`.
    pub(crate) fn function(&self) -> Arc<ScalarUDF> {
        Arc::new(score_function(Arc::clone(&self.scorer), self.model.clone()))
    }
}

/// A configuration whose messages between processes carry our tables and plans.
pub(crate) fn config(stores: &Arc<Stores>) -> SessionConfig {
    let engine = BallistaLogicalExtensionCodec::default();
    let tables = TableCodec { stores: Arc::clone(stores), engine };
    SessionConfig::new_with_ballista()
        .with_information_schema(true)
        // A plan of one stage has nothing to adapt.
        .with_ballista_adaptive_query_planner(false)
        .with_ballista_logical_extension_codec(Arc::new(tables))
        .with_ballista_physical_extension_codec(Arc::new(plan_codec(stores)))
}

pub(crate) fn plan_codec(stores: &Arc<Stores>) -> PlanCodec {
    let engine = BallistaPhysicalExtensionCodec::default();
    PlanCodec { stores: Arc::clone(stores), engine }
}

/// The engine reads tables through our stores.
pub(crate) fn runtime(stores: &Arc<Stores>) -> EngineResult<Arc<RuntimeEnv>> {
    let stores: Arc<Stores> = Arc::clone(stores);
    RuntimeEnvBuilder::new().with_object_store_registry(stores).build_arc()
}
