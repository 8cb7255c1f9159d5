//! The command line.

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use vertebra_archive::{ModelName, SHIPPED, ScoreOptions};
use vertebra_radiograph::Limits;

/// Scores an archive of lateral lumbar radiographs: one row of Parquet per film, each film once.
///
/// Films, results and models are paths, or URLs of stores: s3://BUCKET/.., gs://BUCKET/..,
/// az://CONTAINER/... Credentials, regions and endpoints come from the environment
/// (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, ..).
///
/// For research only; not a medical device.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Scores every film below a place that has no row yet; a run that was stopped goes on
    Score(Score),
    /// Answers a query in SQL: films('URL', 'StudyDate', ..) lists, score(path) scores
    Sql(Sql),
    /// Runs the scheduler of a cluster
    Scheduler(SchedulerArguments),
    /// Runs an executor of a cluster
    Executor(ExecutorArguments),
}

#[derive(Args)]
pub(crate) struct Score {
    #[command(flatten)]
    pub(crate) model: ModelArguments,
    #[command(flatten)]
    pub(crate) limiting: Limiting,
    /// Folder or bucket of films
    #[arg(long, value_name = "URL")]
    pub(crate) films: String,
    /// CSV with a column `file` and one column per covariate of the model
    #[arg(long, value_name = "TABLE")]
    pub(crate) covariates: Option<PathBuf>,
    /// Folder or bucket of results
    #[arg(long, value_name = "URL")]
    pub(crate) out: String,
    /// Films of one file of results, and of what is lost when a process ends
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub(crate) part_films: usize,
    /// Scheduler of a cluster, in the place of this process
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) scheduler: Option<String>,
    /// List and plan, and score nothing yet
    #[arg(long)]
    pub(crate) plan_only: bool,
}

#[derive(Args)]
pub(crate) struct Sql {
    #[command(flatten)]
    pub(crate) model: ModelArguments,
    #[command(flatten)]
    pub(crate) limiting: Limiting,
    /// The query
    pub(crate) query: String,
    /// Print one JSON object per row, as they come
    #[arg(long)]
    pub(crate) json: bool,
    /// Scheduler of a cluster, in the place of this process
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) scheduler: Option<String>,
    /// Partitions of the query, each with a share of the films; executors of a cluster take one after
    /// the other [default: 32 with a scheduler, or else 1]
    #[arg(long, value_name = "N")]
    pub(crate) partitions: Option<usize>,
}

#[derive(Args)]
pub(crate) struct SchedulerArguments {
    /// Address and port to listen at
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:50050")]
    pub(crate) listen: SocketAddr,
    /// Seconds without a sign of life after which the work of an executor is given to others
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(crate) lost_after: u64,
}

#[derive(Args)]
pub(crate) struct ExecutorArguments {
    #[command(flatten)]
    pub(crate) limiting: Limiting,
    /// The scheduler
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50050")]
    scheduler: String,
    /// Address to listen at
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) listen: String,
    /// Port of results
    #[arg(long, default_value_t = 50051)]
    pub(crate) port: u16,
    /// Port of tasks
    #[arg(long, default_value_t = 50052)]
    pub(crate) task_port: u16,
    /// How others reach this executor, where that is not the address
    #[arg(long)]
    pub(crate) host: Option<String>,
    /// Parts that are scored at once
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) tasks: usize,
    /// Folder of the engine's files; by default one for temporary files
    #[arg(long, value_name = "DIR")]
    pub(crate) work: Option<PathBuf>,
}

impl ExecutorArguments {
    pub(crate) fn scheduler(&self) -> anyhow::Result<(String, u16)> {
        let parts = self.scheduler.rsplit_once(':');
        let parts = parts.and_then(|(host, port)| Some((host.to_owned(), port.parse().ok()?)));
        parts.with_context(|| format!("--scheduler: expected HOST:PORT, got {}", self.scheduler))
    }
}

/// Which model.
#[derive(Args)]
pub(crate) struct ModelArguments {
    /// Folder of a trained model, as a study writes it, or of a keypoint detector; by default the
    /// detector that comes with this project, and no risk is predicted
    #[arg(long, value_name = "DIR|URL", default_value = SHIPPED)]
    model: String,
    /// Model of the folder, by its name in models.json, in the place of the default
    #[arg(long, value_name = "NAME")]
    which: Option<String>,
}

impl ModelArguments {
    pub(crate) fn name(self) -> ModelName {
        ModelName::new(self.model).with_which(self.which)
    }
}

/// What scoring may take of this machine.
#[derive(Args)]
pub(crate) struct Limiting {
    /// Films that are scored at once; by default as many as there are processors
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// MiB of films in memory, those waiting included
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    film_memory: u64,
    /// Seconds for reading one film; one that takes twice as long in all is left behind
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    film_seconds: u64,
    /// MiB of the largest film
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    film_size: u64,
    /// Folder in which fetched models are kept; by default one for temporary files
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
}

impl Limiting {
    pub(crate) fn options(&self) -> ScoreOptions {
        let mut limits = Limits::default();
        limits.time = Duration::from_secs(self.film_seconds);
        limits.bytes = self.film_size << 20;
        let options = ScoreOptions::default();
        let (jobs, models) = (self.jobs.unwrap_or(options.jobs), self.models.clone());
        let models = models.unwrap_or_else(|| options.models.clone());
        let options = options.with_jobs(jobs).with_models(models).with_limits(limits);
        options.with_film_memory(self.film_memory << 20)
    }
}
