//! The scheduler and the executors of Ballista with our functions, tables and plans.

use crate::session::{config, plan_codec, runtime};
use crate::{Archive, Error};
use ballista_core::extension::SessionConfigExt;
use ballista_core::optimizer::ballista_default_optimizer_rules;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::start_server;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::prelude::SessionConfig;
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// Seconds between the signs of life of an executor.
const HEARTBEAT: u64 = 5;
/// Seconds for which an executor waits for its scheduler when it starts.
const CONNECT: u16 = 60;
/// Most bytes of a message: a plan names its parts.
const MESSAGE: u32 = 64 << 20;

/// Where a scheduler listens.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchedulerOptions {
    /// Address and port.
    pub listen: SocketAddr,
    /// Seconds without a sign of life after which an executor's work is given to others.
    pub lost_after: u64,
}

impl SchedulerOptions {
    /// With the default patience, 30 s.
    #[must_use]
    pub fn new(listen: SocketAddr) -> Self {
        Self { listen, lost_after: 30 }
    }

    /// With another patience.
    #[must_use]
    pub fn with_lost_after(self, lost_after: u64) -> Self {
        Self { lost_after, ..self }
    }
}

/// How an executor takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExecutorOptions {
    /// Host and port of the scheduler.
    pub scheduler: (String, u16),
    /// Address at which this executor listens.
    pub listen: String,
    /// Two ports of this executor: for results, for tasks.
    pub ports: (u16, u16),
    /// How others reach it, where that is not where it listens.
    pub host: Option<String>,
    /// Parts that are scored at once; two keep all processors busy while a part ends.
    pub tasks: usize,
    /// Folder of the engine's files.
    pub work: Option<PathBuf>,
}

impl ExecutorOptions {
    /// On this machine, for a scheduler.
    #[must_use]
    pub fn new(scheduler: (String, u16)) -> Self {
        let (listen, ports) = ("127.0.0.1".into(), (50051, 50052));
        Self { scheduler, listen, ports, host: None, tasks: 2, work: None }
    }

    /// With an address, two ports, and how others reach it.
    #[must_use]
    pub fn with_listen(self, listen: String, ports: (u16, u16), host: Option<String>) -> Self {
        Self { listen, ports, host, ..self }
    }

    /// With so many parts at once.
    #[must_use]
    pub fn with_tasks(self, tasks: usize) -> Self {
        Self { tasks, ..self }
    }

    /// With a folder of the engine's files.
    #[must_use]
    pub fn with_work(self, work: Option<PathBuf>) -> Self {
        Self { work, ..self }
    }
}

impl Archive {
    /// Runs a scheduler until it fails or the process is ended.
    ///
    /// # Errors
    /// [`Error::Engine`]: the address is taken, for example.
    pub async fn run_scheduler(&self, options: SchedulerOptions) -> Result<(), Error> {
        let stores = Arc::clone(self.scorer.stores());
        let (sessions, with) = (self.clone(), Arc::clone(&stores));
        let builder = move |config: SessionConfig| {
            let state = sessions.state(config)?;
            let rules = ballista_default_optimizer_rules();
            Ok(SessionStateBuilder::new_from_existing(state).with_optimizer_rules(rules).build())
        };
        let tables: Arc<dyn LogicalExtensionCodec> =
            config(&stores).ballista_logical_extension_codec();
        let scheduler = SchedulerConfig {
            bind_host: options.listen.ip().to_string(),
            bind_port: options.listen.port(),
            external_host: options.listen.ip().to_string(),
            executor_timeout_seconds: options.lost_after,
            no_executors_grace_period_seconds: options.lost_after.max(60),
            expire_dead_executor_interval_seconds: HEARTBEAT,
            grpc_server_max_decoding_message_size: MESSAGE,
            grpc_server_max_encoding_message_size: MESSAGE,
            grpc_client_max_message_size: MESSAGE,
            override_config_producer: Some(Arc::new(move || config(&with))),
            override_session_builder: Some(Arc::new(builder)),
            override_logical_codec: Some(tables),
            override_physical_codec: Some(Arc::new(plan_codec(&stores))),
            ..SchedulerConfig::default()
        };
        let run = async {
            let cluster = BallistaCluster::new_from_config(&scheduler).await?;
            start_server(cluster, options.listen, Arc::new(scheduler)).await
        };
        run.await.map_err(|error| said(&error))
    }

    /// Runs an executor until its scheduler or the system stops it.
    ///
    /// # Errors
    /// [`Error::Engine`]: there is no scheduler, for example.
    pub async fn run_executor(&self, options: ExecutorOptions) -> Result<(), Error> {
        let stores = Arc::clone(self.scorer.stores());
        let mut functions = BallistaFunctionRegistry::default();
        functions.scalar_functions.insert(self.function().name().to_owned(), self.function());
        let (scheduler_host, scheduler_port) = options.scheduler;
        let (port, grpc_port) = options.ports;
        let (with, environment) = (Arc::clone(&stores), Arc::clone(&stores));
        let executor = ExecutorProcessConfig {
            bind_host: options.listen.clone(),
            external_host: Some(options.host.unwrap_or(options.listen)),
            port,
            grpc_port,
            scheduler_host,
            scheduler_port,
            scheduler_connect_timeout_seconds: CONNECT,
            vcores: options.tasks,
            work_dir: options.work.map(|folder| folder.display().to_string()),
            executor_heartbeat_interval_seconds: HEARTBEAT,
            grpc_max_decoding_message_size: MESSAGE,
            grpc_max_encoding_message_size: MESSAGE,
            // Rows are few and small; films are bounded by the scorer.
            memory_pool_size: Some(0),
            override_function_registry: Some(Arc::new(functions)),
            override_config_producer: Some(Arc::new(move || config(&with))),
            override_runtime_producer: Some(Arc::new(move |_| runtime(&environment))),
            override_logical_codec: Some(config(&stores).ballista_logical_extension_codec()),
            override_physical_codec: Some(Arc::new(plan_codec(&stores))),
            ..ExecutorProcessConfig::default()
        };
        start_executor_process(Arc::new(executor)).await.map_err(|error| said(&error))
    }
}

fn said(error: &ballista_core::error::BallistaError) -> Error {
    Error::Engine { reason: error.to_string() }
}
